"""Deliveries of keys that only look like withdrawn ones: they bring nobody back as somebody new."""

from collections.abc import Mapping, Sequence

from tests.cases import withdrawn_samples as assay
from tests.cases.withdrawn_rows import DATA, FILES, LEFT, LOAD, ONE, VISITS, WITHDRAW
from tests.support.cases import Case

NEW = "patient_id,sex,passport,site_id\n"
PEOPLE = "extract fields study --fields patient.patient_id,patient.sex"
SEEN = ["patient.patient_id,patient.sex", "P1,F", "P2,M"]
TEXT_LABS = FILES["d.csv"].replace("visit,visit_id,integer", "visit,visit_id,string").replace(
    "lab,visit_id,integer", "lab,visit_id,string"
)  # fmt: skip


def _extend(
    name: str,
    given: str,
    content: str,
    *more: str,
    says: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]] | None = None,
    code: int = 0,
    dictionary: str = FILES["d.csv"],
    on_spark: bool = False,
) -> Case:
    option, _, entity = given.rpartition(" ")
    return Case(
        name=name,
        files={**FILES, "d.csv": dictionary, "more.csv": content},
        before=(LOAD, WITHDRAW),
        command=("extend", "study", option or "--data", f"{entity}=more.csv", *more, "--json"),
        code=code,
        says=says,
        hides=("P3", "key_lookalike"),
        stored=stored or {},
        on_spark=on_spark,
    )


def _load(name: str, files: Mapping[str, str], count: int, *, on_spark: bool = False) -> Case:
    rows = "row" if count == 1 else "rows"
    return Case(
        name=name,
        files={**FILES, **{f"new/{key}": text for key, text in {**FILES, **files}.items()}},
        before=(LOAD, WITHDRAW),
        command=("load", "clinical", "study", "--dictionary", "new/d.csv",
                 *(each.replace("=", "=new/") for each in DATA)),
        says=(f"{count} {rows} of withdrawn people left out",),
        hides=("key_lookalike", "P3"),
        stored={PEOPLE: SEEN, VISITS: LEFT},
        on_spark=on_spark,
    )  # fmt: skip


def _matrix(*samples: str) -> str:
    rows = ["gene_id\t" + "\t".join(samples)]
    rows += [
        "\t".join([gene, *(str(number + 10 * each) for each in range(len(samples)))])
        for number, gene in enumerate(assay.G)
    ]
    return "\n".join(rows) + "\n"


def _samples(
    name: str,
    command: Sequence[str],
    files: Mapping[str, str],
    says: Sequence[str],
    ids: Sequence[str],
    *,
    on_spark: bool = False,
) -> Case:
    return Case(
        name=name,
        files={"m.tsv": assay.OLD, "gone.csv": "sample_id\nHID3\n", **files},
        before=(assay.LOAD, assay.WITHDRAW),
        command=(*command, "--json"),
        says=says,
        hides=("HID", "key_lookalike"),
        stored={"extract fields rna --fields sample.sample_id": ["sample.sample_id", *ids]},
        on_spark=on_spark,
    )


MORE = ("extend", "rna", "--assay", "a", "--source", "n.tsv")
AGAIN = ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", "n.tsv")
SAMPLE_FIELDS = "entity,name,type,primary_key_type\nsample,sample_id,string,global\n"
WITH_FIELDS = (*AGAIN, "--dictionary", "f.csv", "--data", "sample=s.csv")
FIELDS = {"n.tsv": _matrix("S1", "S2"), "f.csv": SAMPLE_FIELDS + "sample,batch,string,\n"}

CASES = (
    _samples("more samples, one with a blank behind", MORE, {"n.tsv": _matrix("N1", "HID3\u00a0")},
             ('"samples": 1', '"withdrawn_left_out": 1', assay.ONE), ["N1", "S1", "S2"],
             on_spark=True),
    _samples("nothing but a sample that looks like a withdrawn one", MORE,
             {"n.tsv": _matrix("HID3\u200b")}, ('"published": []', assay.ONE), ["S1", "S2"]),
    _samples("a load again with a character of no width", AGAIN,
             {"n.tsv": _matrix("S1", "HID3\u200b", "S2")},
             ('"samples": 2', '"withdrawn_left_out": 1', assay.ONE), ["S1", "S2"], on_spark=True),
    _samples("a load again with rows of a withdrawn sample and of its look", WITH_FIELDS,
             {**FIELDS, "s.csv": "sample_id,batch\nS1,x\nHID3,y\nHID3\u200b,z\nS2,w\n"},
             ('"withdrawn_left_out": 2', "2 rows of withdrawn people left out"), ["S1", "S2"]),
    _extend("a blank behind", "patient", NEW + "P3 ,F,Z,1\n",
            says=('"published": []', '"withdrawn_left_out": 1', ONE), stored={PEOPLE: SEEN}),
    _extend("a character of no width, beside others", "patient", NEW + "P3\u200b,F,Z,1\nP4,M,Y,2\n",
            says=('"rows_added": 1', '"withdrawn_left_out": 1', ONE),
            stored={PEOPLE: [*SEEN, "P4,M"]}, on_spark=True),
    _extend("a dry run", "patient", NEW + "P3\u00a0,F,Z,1\n", "--dry-run",
            says=('"rows_added": 0', '"withdrawn_left_out": 1', ONE)),
    _extend("letters of full width", "patient", NEW + "\uff303,F,Z,1\n",
            says=('"published": []', ONE), stored={PEOPLE: SEEN}),
    _extend("the key itself and two that look like it", "patient",
            NEW + "P3,F,Z,1\nP3 ,F,Z,1\n\u2060P3,F,Z,1\n",
            says=('"published": []', '"withdrawn_left_out": 3'), stored={PEOPLE: SEEN}),
    _extend("visits that refer to what looks like a withdrawn person", "visit",
            "visit_id,patient_id,note\n5,P1,new\n6,P3 ,x\n",
            says=('"rows_added": 1', '"withdrawn_left_out": 1', ONE),
            stored={VISITS: ["visit.visit_id,visit.note", "1,a", "5,new", "2,b"]}),
    _extend("keys to delete", "--delete patient", "patient_id\nP3\u200b\n",
            says=('"rows_deleted": 0', '"withdrawn_left_out": 1', ONE)),
    _extend("new fields", "patient", "patient_id,risk\nP1,1\nP3 ,2\n", "--mode", "fields",
            says=('"rows_matched": 1', '"withdrawn_left_out": 1', ONE)),
    _extend("a new entity", "scan", "scan_id,patient_id\nA,P1\nB,P3\u200b\n", "--mode", "entity",
            says=('"rows_matched": 1', '"withdrawn_left_out": 1', ONE), on_spark=True),
    _extend("labs of what looks like a hidden visit", "lab",
            "lab_id,visit_id,value\n8,3 ,1\n9,1,2\n", dictionary=TEXT_LABS,
            says=('"rows_added": 1', '"withdrawn_left_out": 1', ONE)),
    _extend("a visit whose key looks like that of a hidden one", "visit",
            "visit_id,patient_id,note\n3\u200b,P1,x\n5,P1,y\n", dictionary=TEXT_LABS,
            says=('"rows_added": 1', '"withdrawn_left_out": 1', ONE)),
    Case(
        name="what looks like somebody who is shown is told as ever",
        files={**FILES, "more.csv": NEW + "P1 ,F,Z,1\n"},
        before=(LOAD, WITHDRAW),
        command=("extend", "study", "--data", "patient=more.csv"),
        code=12,
        says=("key_lookalike",),
    ),
    _load("a load that brings the person under another look",
          {"patient.csv": NEW + "P1,F,A,1\nP2,M,B,2\nP3 ,F,C,3\n"}, 5, on_spark=True),
    _load("a load that brings both",
          {"patient.csv": NEW + "P1,F,A,1\nP2,M,B,2\nP3,F,C,3\nP3\u200b,F,D,3\n"}, 6),
    _load("a load whose visits refer to another look",
          {"visit.csv": "visit_id,patient_id,note\n1,P1,a\n2,P2,b\n3,P3\u00a0,c\n"}, 4),
    _load("a load of the person and their visits under another look",
          {"patient.csv": NEW + "P1,F,A,1\nP2,M,B,2\nP3\u200b,F,C,3\n",
           "card.csv": "card_id,holder\nX1,P1\nX3,P3\u200b\n",
           "visit.csv": "visit_id,patient_id,note\n1,P1,a\n2,P2,b\n3,P3\u200b,c\n"}, 4),
)  # fmt: skip
