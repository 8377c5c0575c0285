"""An entity that is joined to nothing: a policy loads it, and it is asked by itself alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.cases import Case

HEAD = "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
PATIENT = "patient,patient_id,string,global,,\npatient,age,integer,,,\n"
VISIT = "visit,visit_id,string,local,,\nvisit,pid,string,,patient:patient_id,many_to_one\n"
SITE = "site,site_id,string,local,,\nsite,city,string,,,\n"
NOKEY = "nokey,k1,string,,,\n"
WARD = "ward,ward_id,string,local,,\nward,site_ref,string,,site:site_id,many_to_one\n"
STUDY = HEAD + PATIENT + VISIT + SITE + NOKEY
OPTIONAL = {"dictionary_optional_columns": 1}

FILES: Mapping[str, str] = {
    "dict.csv": STUDY,
    "patient.csv": "patient_id,age\nP1,50\nP2,60\n",
    "visit.csv": "visit_id,pid\nV1,P1\nV2,P2\n",
    "site.csv": "site_id,city\nS2,Bonn\nS1,Rome\n",
    "nokey.csv": "k1\nb\na\n",
    "warn.yaml": "rules: {entity_unreachable: warn}\n",
}
WARN = ("--policy", "warn.yaml")


def load(*entities: str, name: str = "s", dictionary: str = "dict.csv") -> tuple[str, ...]:
    data = [word for each in entities for word in ("--data", f"{each}={each}.csv")]
    return ("load", "clinical", name, "--dictionary", dictionary, *data)


LOAD = load("patient", "visit", "site", "nokey")
LOADED = (*LOAD, *WARN)
SITES = "extract fields s --fields site.site_id,site.city"
ROWS = ("site.site_id,site.city", "S1,Rome", "S2,Bonn")
NO_RULE = "(entity_unreachable)"


def on_loaded(
    name: str,
    command: Sequence[str],
    code: int = 0,
    *,
    says: Sequence[str] = (),
    hides: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, str] | None = None,
    before: Sequence[Sequence[str]] = (),
) -> Case:
    """Return a case on a study that has two entities that are joined to nothing."""
    return Case(
        name=name,
        files={**FILES, **(files or {})},
        before=(LOADED, *before),
        command=command,
        code=code,
        says=says,
        hides=hides,
        stored=stored or {},
    )


def refused(name: str, dictionary: str, *entities: str, says: str, policy: str) -> Case:
    return Case(
        name=name,
        files={**FILES, "dict.csv": HEAD + PATIENT + dictionary, "policy.yaml": policy,
               "ward.csv": "ward_id,site_ref\nW1,S1\n"},
        command=(*load("patient", *entities), "--policy", "policy.yaml", "--report", "report"),
        code=11,
        rules={"entity_unreachable": 1, **OPTIONAL},
        says=(says, NO_RULE),
    )  # fmt: skip


ALLOWED = FILES["warn.yaml"]

LOADS = (
    Case(
        name="without a policy",
        files=FILES,
        command=(*LOAD, "--report", "report"),
        code=11,
        rules={"entity_unreachable": 2, **OPTIONAL},
        says=("joins entity 'nokey'", "a policy that warns of this rule loads it"),
    ),
    Case(
        name="with a policy that warns",
        files=FILES,
        command=(*LOADED, "--report", "report"),
        rules={"entity_unreachable": 2, **OPTIONAL},
        says=("it can be asked by itself", "(entity_unreachable, warning)"),
        stored={
            SITES: ROWS,
            "extract fields s --fields nokey.k1": ("nokey.k1", "a", "b"),
            "extract fields s --fields patient.age,visit.visit_id": (
                "patient.age,visit.visit_id", "50,V1", "60,V2",
            ),
        },
        on_spark=True,
    ),
    Case(
        name="a policy cannot set it aside",
        files={**FILES, "warn.yaml": "rules: {entity_unreachable: quarantine}\n"},
        command=LOADED,
        code=11,
        says=("only rules about values of rows can quarantine",),
    ),
    Case(
        name="a policy softens no other rule of dictionaries",
        files={**FILES, "warn.yaml": "rules: {entity_cycle: warn}\n"},
        command=LOADED,
        code=11,
        says=("it always refuses",),
    ),
    Case(
        name="a policy that refuses what only warns is heeded in dictionaries",
        files={**FILES, "warn.yaml": "rules: {entity_unreachable: warn, "
                                     "dictionary_optional_columns: refuse}\n"},
        command=LOADED,
        code=11,
        says=("(dictionary_optional_columns)",),
    ),
    refused("two that are joined to each other alone", SITE + WARD, "site", "ward",
            says="a policy may load only what has no references at all", policy=ALLOWED),
    refused("two that are joined to each other, by a policy that says nothing", SITE + WARD,
            "site", "ward", says="from it hang 'ward'", policy="rules: {}\n"),
    refused("one, by a policy that says nothing", SITE, "site",
            says="joins entity 'site'", policy="rules: {}\n"),
    Case(
        name="a field of it that refers to itself",
        files={**FILES, "dict.csv": HEAD + PATIENT
               + "site,site_id,string,local,site:site_id,one_to_one\nsite,city,string,,,\n"},
        command=(*load("patient", "site"), *WARN),
        stored={SITES: ROWS},
    ),
    Case(
        name="faults in its rows are found",
        files={**FILES, "site.csv": "site_id,city\nS1,Rome\nS1,Bonn\n"},
        command=(*LOADED, "--report", "report"),
        code=12,
        rules={"key_unique": 2, "entity_unreachable": 2, **OPTIONAL},
    ),
)  # fmt: skip

QUESTIONS = (
    on_loaded("asked with the main entity", ("extract", "fields", "s", "--fields",
              "patient.age,site.city"), 2,
              says=("These entities are joined to nothing: site", "--per-entity")),
    on_loaded("asked with an entity below the main one", ("extract", "fields", "s", "--fields",
              "nokey.k1,visit.visit_id"), 2, says=("joined to nothing: nokey",)),
    on_loaded("two of them asked together", ("extract", "fields", "s", "--fields",
              "nokey.k1,site.city"), 2, says=("joined to nothing: nokey, site",)),
    on_loaded("asked with others, a file for each", ("extract", "fields", "s", "--fields",
              "nokey.k1,patient.age", "--per-entity", "-o", "x.csv"),
              says=("wrote 2 rows to x.nokey.csv", "wrote 2 rows to x.patient.csv")),
    on_loaded("a statement for it alone", ("extract", "fields", "s", "--fields", "site.city",
              "--sql"), says=("`site`.`city`",), hides=("JOIN",)),
    on_loaded("shown", ("show", "s"), says=("site (joined to nothing)", "patient (main)")),
    on_loaded("checked against its files", ("verify", "s", "--sources"),
              says=("4 tables equal their 4 source files",)),
    on_loaded("in a sealed copy", ("extract", "sealed", "s", "-o", "copy"),
              stored={"--lake copy " + SITES: ROWS}),
)  # fmt: skip


def filtered(name: str, rule: str, entity: str) -> Case:
    return on_loaded(name, ("view", "s", "--as", "v", "--rows", rule), 2,
                     says=(f"'{entity}' is joined to nothing",))  # fmt: skip


VIEWS = (
    filtered("filtered by a field of it", 'site.city = "Bonn"', "site"),
    filtered("filtered by whether it has rows", 'exists(site: site.city = "Bonn")', "site"),
    filtered("filtered by how many rows it has", 'count(nokey: nokey.k1 = "a") >= 1', "nokey"),
    filtered("filtered from another entity", 'exists(visit: nokey.k1 = "a")', "nokey"),
    on_loaded("a view of some people leaves it out", ("view", "s", "--as", "v", "--rows",
              "patient.age > 55"), says=("no rule on rows reaches them: nokey, site",),
              stored={"fields v": ("field               type", "patient.patient_id  string",
                                   "patient.age         integer", "visit.visit_id      string",
                                   "visit.pid           string")}),
    on_loaded("a view of some people that names it", ("view", "s", "--as", "v", "--rows",
              "patient.age > 55", "--entities", "patient,site"), 2,
              says=("rows of site cannot be limited",)),
    on_loaded("a view of some people that names a field of it", ("view", "s", "--as", "v",
              "--rows", "patient.age > 55", "--fields", "patient.age,nokey.k1"), 2,
              says=("rows of nokey cannot be limited",)),
    on_loaded("a view of it alone", ("view", "s", "--as", "v", "--entities", "site"),
              stored={"extract fields v --fields site.city": ("site.city", "Rome", "Bonn")}),
    on_loaded("a view of some people of a view of it", ("view", "v", "--as", "w", "--rows",
              "patient.age > 55"), before=(("view", "s", "--as", "v", "--entities",
              "patient,site"),), says=("no rule on rows reaches them: site",),
              stored={"fields w": ("field               type", "patient.patient_id  string",
                                   "patient.age         integer")}),
)  # fmt: skip

BEDS = {"beds.csv": "site_id,beds\nS1,10\nS2,20\n"}
LAB = {"lab.csv": "lab_id,name\nL1,Alpha\nL2,Beta\n"}
LINK = {"link.csv": "link_id,pid,sid\nX1,P1,S1\n",
        "link_dict.csv": HEAD + "link,link_id,string,local,,\n"
        "link,pid,string,,patient:patient_id,many_to_one\n"
        "link,sid,string,,site:site_id,many_to_one\n"}  # fmt: skip
REFER = {"refer.csv": "patient_id,sid\nP1,S1\n",
         "refer_dict.csv": HEAD + "patient,sid,string,,site:site_id,many_to_one\n"}  # fmt: skip
WARDS = {"ward.csv": "ward_id,site_id\nW1,S1\n"}

EXTENSIONS = (
    on_loaded("it gets fields", ("extend", "s", "--data", "site=beds.csv"), files=BEDS,
              stored={"extract fields s --fields site.city,site.beds":
                      ("site.city,site.beds", "Rome,10", "Bonn,20")}),
    on_loaded("it gets and loses rows", ("extend", "s", "--data", "site=more.csv", "--delete",
              "site=gone.csv", "--mode", "rows"),
              files={"more.csv": "site_id,city\nS1,Roma\nS3,Oslo\n", "gone.csv": "site_id\nS2\n"},
              stored={SITES: ("site.site_id,site.city", "S1,Roma", "S3,Oslo")}),
    on_loaded("the others get rows", ("extend", "s", "--data", "patient=more.csv", "--mode",
              "rows"), files={"more.csv": "patient_id,age\nP3,70\n"}, stored={SITES: ROWS}),
    on_loaded("another one is added", ("extend", "s", "--data", "lab=lab.csv"), 11, files=LAB,
              says=("no column of 'lab' is called like the key", NO_RULE)),
    on_loaded("another one is added by a policy", ("extend", "s", "--data", "lab=lab.csv", *WARN),
              files=LAB, says=("(entity_unreachable, warning)",),
              stored={"extract fields s --fields lab.name": ("lab.name", "Alpha", "Beta")}),
    on_loaded("an added one with its key does not refer to it", ("extend", "s", "--data",
              "ward=ward.csv"), 11, files=WARDS, says=(NO_RULE,)),
    on_loaded("an added one refers to it and to people", ("extend", "s", "--data",
              "link=link.csv", "--dictionary", "link_dict.csv", *WARN), 11, files=LINK,
              says=("it would join entity 'site'", NO_RULE)),
    on_loaded("a field of people that refers to it is added", ("extend", "s", "--data",
              "patient=refer.csv", "--dictionary", "refer_dict.csv", *WARN), 11, files=REFER,
              says=("it would join entity 'site'", NO_RULE)),
)  # fmt: skip

OTHER = {"other.csv": HEAD + "t,t_id,string,global,,\nt,x,integer,,,\nsite,code,string,local,,\n",
         "t.csv": "t_id,x\nP1,1\nP2,2\n", "tsite.csv": "code\nC1\n",
         "keys.csv": "patient_id\nP1\n", "sites.csv": "site_id\nS1\n"}  # fmt: skip
LOAD_OTHER = ("load", "clinical", "t", "--dictionary", "other.csv", "--data", "t=t.csv", "--data",
              "site=tsite.csv", *WARN)  # fmt: skip
MERGE = ("merge", "clinical", "t", "s", "--as", "m", "--on-clash", "prefix:t_")
CODES = ("t_site.code", "C1")
EXPRESSION = {"rna.tsv": "gene_id\tS1\tS2\nENSG00000000003\t1\t2\n"}


def merged(name: str, command: Sequence[str], code: int = 0, **rest: Any) -> Case:
    return on_loaded(name, command, code, files=OTHER, before=(LOAD_OTHER,), **rest)


OTHERS = (
    merged("names that clash in a merge", MERGE[:6], 14, says=("entity site: add --on-clash",)),
    merged("it comes along in a merge", MERGE, stored={
        "extract fields m --fields t_site.code": CODES,
        "extract fields m --fields site.city": ("site.city", "Rome", "Bonn"),
        "extract fields m --fields t.x,patient.patient_id":
            ("t.x,patient.patient_id", "1,P1", "2,P2")}),
    merged("a merge through it", (*MERGE, "--link", "t.t_id=site.site_id"), 11,
           says=("Entity 'site' is joined to nothing",)),
    merged("a merge through that of the source", (*MERGE, "--link", "site.code=patient.patient_id"),
           11, says=("Entity 'site' is joined to nothing",)),
    merged("people are withdrawn", ("withdraw", "keys.csv", "--of", "s.patient", "--apply"),
           says=("no row goes with these: nokey, site",), stored={
               SITES: ROWS, "extract fields s --fields patient.age": ("patient.age", "60")}),
    merged("its own rows are withdrawn", ("withdraw", "sites.csv", "--of", "s.site", "--apply"),
           stored={SITES: ("site.site_id,site.city", "S2,Bonn"),
                   "extract fields s --fields patient.age": ("patient.age", "50", "60")}),
    on_loaded("samples linked to it", ("merge", "assay", "e", "s", "--as", "m", "--assay", "rna",
              "--link", "site.site_id"), 11, files=EXPRESSION,
              before=(("load", "expression", "e", "--assay", "rna", "--unit", "count", "--source",
                       "rna.tsv"),), says=("Entity 'site' is joined to nothing",)),
)  # fmt: skip

JOINED = STUDY.replace("site,city,string,,,", "site,city,string,,patient:patient_id,many_to_one")
MOVES = {"joined.csv": JOINED, "beds.csv": "bed_id,site_id\nB1,S1\n",
         "site.csv": "site_id,city\nS1,P1\nS2,P2\n"}  # fmt: skip


def moved(
    name: str,
    view: Sequence[str],
    command: Sequence[str],
    *more: Sequence[str],
    says: Sequence[str],
    stored: Mapping[str, Sequence[str]] | None = None,
) -> Case:
    """Return a case of a view of a version in which the entity was joined, to be moved."""
    loads = load("patient", "visit", "site", "nokey", dictionary="joined.csv")
    return Case(
        name=name,
        files={**FILES, **MOVES},
        before=((*loads, *WARN), ("view", "s", "--as", "v", *view), *more, LOADED),
        command=command,
        says=says,
        stored=stored or {},
    )


REBASE = ("rebase", "v", "--onto", "s@2", "--apply")
REBASES = (
    moved("a view whose rule read it does not move", ("--rows", 'exists(site: site.city = "P1")'),
          REBASE[:-1], says=("cannot be moved",)),
    moved("a view of some people loses it when it is joined no more",
          ("--rows", "patient.age > 55"), REBASE, says=("entities lost: site",)),
    moved("what was added below it is lost when it is joined no more",
          ("--entities", "patient,site"), REBASE, ("extend", "v", "--data", "bed=beds.csv"),
          says=("entities lost: bed",),
          stored={"extract fields v --fields site.city": ("site.city", "P1", "P2")}),
    moved("a version before keeps its joins", (), ("diff", "s@1", "s@2"),
          says=("relations removed: site.city -> patient.patient_id",),
          stored={"extract fields s@1 --fields patient.age,site.site_id":
                  ("patient.age,site.site_id", "50,S1", "60,S2")}),
)  # fmt: skip

CASES = (*LOADS, *QUESTIONS, *VIEWS, *EXTENSIONS, *OTHERS, *REBASES)
