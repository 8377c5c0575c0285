"""Codings that a dictionary says are open: they take new values, in loads, merges and rebases."""

from collections.abc import Mapping, Sequence

from tests.cases import inferred_codings as inferred
from tests.support.cases import Case

HEADER = "entity,name,type,primary_key_type,coding_name,is_open_coding"
DICTIONARY = f"{HEADER}\npatient,patient_id,string,global,,\npatient,arm,string,,arm,yes\n"
CODES = "coding_name,code,meaning\narm,a,Active\narm,p,Placebo\n"
FILES = {
    "d.csv": DICTIONARY,
    "c.csv": CODES,
    "p.csv": "patient_id,arm\nP1,a\nP2,p\n",
    "wide.csv": "patient_id,arm\nP1,a\nP2,p\nP3,c\n",
    "other.csv": f"{HEADER}\nperson,person_id,string,global,,\nperson,arm,string,,arm,yes\n",
    "o.csv": "person_id,arm\nP1,p\nP2,x\n",
    "more.csv": "patient_id,arm\nP4,d\n",
}
OUT = "out/study.data_dictionary.csv", "out/study.codings.csv"


def _load(name: str, data: str, dictionary: str = "d.csv", codings: str = "c.csv") -> list[str]:
    entity = "person" if dictionary == "other.csv" else "patient"
    return ["load", "clinical", name, "--dictionary", dictionary, "--codings", codings,
            "--data", f"{entity}={data}"]  # fmt: skip


LOAD = _load("study", "p.csv")
MERGE = ("merge", "clinical", "other", "study", "--as", "both", "--link",
         "person.person_id=patient.patient_id", "--relationship", "one_to_one")  # fmt: skip
BOTH = (LOAD, _load("other", "o.csv", "other.csv"), MERGE)
MORE = ("extend", "study", "--data", "patient=more.csv")


def _field(name: str) -> dict[str, list[str]]:
    return {
        f"fields {name} arm": ["field        type    coding", "patient.arm  string  arm (open)"]
    }


def _codings(name: str, *rows: str) -> Mapping[str, Sequence[str]]:
    """Return the codes of a dataset as `show` counts them, and its arms with their meanings."""
    words = f"extract fields {name} --fields patient.patient_id,patient.arm --values decoded"
    return {words: ["patient.patient_id,patient.arm", *rows]}


def _case(
    name: str,
    command: Sequence[str],
    *,
    before: Sequence[Sequence[str]] = (),
    files: Mapping[str, str] | None = None,
    says: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]] | None = None,
    code: int = 0,
    on_spark: bool = False,
) -> Case:
    return Case(
        name=name, files={**FILES, **(files or {})}, before=before, command=command, code=code,
        says=says, hides=() if code else ("dictionary_extra_columns",), stored=stored or {},
        on_spark=on_spark,
    )  # fmt: skip


def _wrong(name: str, fields: str, *says: str) -> Case:
    return _case(
        name,
        _load("study", "p.csv"),
        files={"d.csv": f"{HEADER},is_multi_select,is_sparse_coding\n"
               f"patient,patient_id,string,global,,,,\n{fields}"},
        says=("coding_open", *says),
        code=11,
    )  # fmt: skip


CASES = (
    _case(
        "a load with a value that has no code yet",
        _load("study", "wide.csv"),
        says=("patient.arm: 1 new code was added to the coding 'arm', which is open",),
        stored={
            **_field("study"),
            **_codings("study", "P1,Active", "P2,Placebo", "P3,c"),
        },
        on_spark=True,
    ),
    _case(
        "a dictionary that is written and loaded again",
        _load("again", "wide.csv", *OUT),
        before=(_load("study", "wide.csv"), ("extract", "dictionary", "study", "-o", "out")),
        stored={**_field("again"), **_codings("again", "P1,Active", "P2,Placebo", "P3,c")},
    ),
    _case(
        "an inferred coding is open after it is written and loaded again",
        ("load", "clinical", "again", "--dictionary", OUT[0], "--codings", OUT[1],
         "--data", "patient=pat.csv", "--data", "visit=v.csv"),
        before=(
            tuple(each.replace("p.csv", "pat.csv").replace("d.csv", "d0.csv")
                  for each in inferred.LOAD),
            inferred.EXTEND,
            ("extract", "dictionary", "study", "-o", "out"),
        ),
        files={"d0.csv": inferred.DICTIONARY, "pat.csv": inferred.PATIENTS,
               "v.csv": inferred.VISITS},
        stored={"fields again level": inferred.LEVEL_FIELD},
    ),
    _case(
        "an extension that brings an open coding",
        ("extend", "study", "--data", "patient=e.csv", "--dictionary", "e_d.csv", "--codings",
         "e_c.csv"),
        before=(LOAD,),
        files={
            "e_d.csv": f"{HEADER}\npatient,stage,integer,,stage,yes\n",
            "e_c.csv": "coding_name,code,meaning\nstage,1,first\n",
            "e.csv": "patient_id,stage\nP1,1\nP2,2\n",
        },
        says=("patient.stage: 1 new code was added",),
        stored={
            "extract fields study --fields patient.stage --values decoded":
            ["patient.stage", "first", "2"]
        },
    ),
    _case(
        "fields of samples with an open coding",
        ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", "m.csv",
         "--dictionary", "s_d.csv", "--codings", "c.csv", "--data", "sample=s.csv"),
        files={
            "m.csv": "feature_id,S1,S2\nENSG00000000001,1,2\n",
            "s_d.csv": f"{HEADER}\nsample,sample_id,string,global,,\nsample,arm,string,,arm,yes\n",
            "s.csv": "sample_id,arm\nS1,a\nS2,z\n",
        },
        says=("sample.arm: 1 new code was added",),
        stored={
            "extract fields rna --fields sample.arm --values decoded": ["sample.arm", "Active", "z"]
        },
    ),
    _case(
        "a merge has the codes of both",
        MERGE,
        before=BOTH[:2],
        stored={
            "extract fields both --fields patient.arm,person.arm --values decoded": [
                "patient.arm,person.arm",
                "Active,Placebo",
                "Placebo,x",
            ],
            "fields both arm": [
                "field        type    coding",
                "patient.arm  string  arm (open)",
                "person.arm   string  arm (open)",
            ],
        },
    ),
    _case(
        "a merge of codes that mean something else",
        MERGE,
        before=(LOAD, _load("other", "o.csv", "other.csv", "c2.csv")),
        files={"c2.csv": CODES.replace("Placebo", "Phase two")},
        code=14,
        says=("their codes differ", "1 of another meaning"),
    ),
    _case(
        "a merge of an open coding and a closed one",
        MERGE,
        before=(LOAD, _load("other", "o.csv", "other.csv", "c2.csv")),
        files={"c2.csv": f"{CODES}arm,x,X\n",
               "other.csv": FILES["other.csv"].replace("arm,yes", "arm,")},
        code=14,
        says=("their codes differ",),
    ),
    _case(
        "a rebase of a merge after one of both grew",
        ("rebase", "both", "--onto", "study@2", "--apply"),
        before=(*BOTH, MORE),
        says=("codings changed: arm",),
        stored=_codings("both", "P1,Active", "P2,Placebo", "P4,d"),
    ),
    _case(
        "a rebase of a view",
        ("rebase", "part", "--onto", "study@2", "--apply"),
        before=(LOAD, ("view", "study", "--as", "part", "--rows", 'patient.arm != "p"'), MORE),
        says=("part@2",),
        stored={**_field("part"), **_codings("part", "P1,Active", "P4,d")},
    ),
    _wrong("sparse and open", "patient,arm,string,,arm,yes,,yes\n", "the field is sparse"),
    _wrong("of several values", "patient,arm,string,,arm,yes,yes,\n", "holds several values"),
    _wrong("of decimals", "patient,arm,float,,arm,yes,,\n", "only texts and whole numbers"),
    _wrong("without a coding", "patient,arm,string,,,yes,,\n", "it is open, and there is none"),
    _wrong(
        "open here and not there",
        "patient,arm,string,,arm,yes,,\npatient,was,string,,arm,,,\n",
        "it is open for one field and not for 'patient.arm'",
    ),
)  # fmt: skip
