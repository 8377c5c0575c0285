"""What merges, views, rebases and more samples decide unasked: links, names, losses, storage."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

HEADER = "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
FILES = {
    "d.csv": f"{HEADER}patient,patient_id,string,global,,\npatient,sex,string,,,\n"
    "patient,weight,float,,,\n",
    "p.csv": "patient_id,sex,weight\nP1,F,61\nP2,M,70\n",
    "d2.csv": f"{HEADER}patient,patient_id,string,global,,\npatient,sex,string,,,\n",
    "p2.csv": "patient_id,sex\nP1,F\nP2,M\nP3,F\n",
    "b.csv": f"{HEADER}patient,patient_id,string,global,,\npatient,bmi,float,,,\n",
    "bp.csv": "patient_id,bmi\nP2,22\nP9,30\n",
    "f.csv": "patient_id,risk\nP1,1\nP2,0\n",
    "tpm.csv": "feature_id,S1,S2\nENSG00000000001,1.5,2.5\n",
    "more.csv": "feature_id,S3\nENSG00000000001,1.25\n",
    "worse.csv": "feature_id,S3\nENSG00000000001,0.1234567890123\n",
}


def _load(name: str, dictionary: str, data: str) -> tuple[str, ...]:
    return ("load", "clinical", name, "--dictionary", dictionary, "--data", f"patient={data}")


STUDY, AGAIN = _load("study", "d.csv", "p.csv"), _load("study", "d2.csv", "p2.csv")
BODIES = _load("bodies", "b.csv", "bp.csv")
MERGE = ("merge", "clinical", "bodies", "study", "--as", "both")
PREFIX, JOIN = (*MERGE, "--on-clash", "prefix:b_"), (*MERGE, "--on-clash", "join")
TPM = ("load", "expression", "rna", "--assay", "a", "--unit", "tpm", "--source", "tpm.csv")
VIEW = ("view", "study@1", "--as", "part", "--fields", "patient.sex,patient.weight")
BOTH = "extract fields both --fields patient.patient_id,b_patient.bmi"


def _case(
    name: str,
    command: Sequence[str],
    *before: Sequence[str],
    says: Sequence[str],
    hides: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]] | None = None,
    code: int = 0,
) -> Case:
    return Case(
        name=name, files=FILES, before=before, command=command, code=code, says=says, hides=hides,
        stored=stored or {},
    )  # fmt: skip


CASES = (
    _case(
        "a link that nobody named",
        PREFIX,
        STUDY,
        BODIES,
        says=(
            "note: patient.patient_id=patient.patient_id is one_to_one; --link and --relationship",
        ),
    ),
    _case(
        "a link that is named, without a relationship",
        (*PREFIX, "--link", "patient.patient_id=patient.patient_id", "--dry-run"),
        STUDY,
        BODIES,
        says=("is one_to_one; --link and --relationship decide otherwise",),
    ),
    _case(
        "a link that is said whole",
        (*PREFIX, "--link", "patient.patient_id=patient.patient_id", "--relationship",
         "one_to_one"),
        STUDY,
        BODIES,
        says=("both@1",),
        hides=("decide otherwise",),
    ),
    _case(
        "an assay that is linked by the key",
        ("merge", "assay", "rna", "study", "--as", "both", "--assay", "a"),
        STUDY,
        TPM,
        says=("a sample belongs to one row by patient.patient_id; --link decides otherwise",),
    ),
    _case(
        "names that both have",
        MERGE,
        STUDY,
        BODIES,
        says=("entity patient: add --on-clash join", "--on-clash prefix:bodies_"),
        code=14,
    ),
    _case(
        "names that get a prefix",
        PREFIX,
        STUDY,
        BODIES,
        says=("the entity patient of the source is now b_patient",),
        stored={BOTH: ["patient.patient_id,b_patient.bmi", "P1,", "P2,22.0"]},
    ),
    _case(
        "entities that become one",
        JOIN,
        STUDY,
        BODIES,
        says=("one_to_one",),
        hides=("of the source is now",),
        stored={
            "extract fields both --fields patient.sex,patient.bmi": [
                "patient.sex,patient.bmi", "F,", "M,22.0",
            ]
        },
    ),
    _case(
        "rows that match nothing",
        PREFIX,
        STUDY,
        BODIES,
        says=("merge_unmatched_source, warning), once", "merge_unmatched_target, warning), once"),
        hides=("P9", "P1"),
    ),
    _case(
        "what a name had that is published anew",
        AGAIN,
        STUDY,
        ("extend", "study", "--data", "patient=f.csv"),
        says=("patient.risk", "patient.weight", "study@2"),
    ),
    _case(
        "fields that are gone in a rebase",
        ("rebase", "part", "--onto", "study@2"),
        STUDY,
        VIEW,
        AGAIN,
        says=("fields lost: patient.weight", "fields dropped: patient.weight", "add --apply"),
    ),
    _case(
        "people who come with a rebase",
        ("rebase", "part", "--onto", "study@2", "--apply"),
        STUDY,
        VIEW,
        AGAIN,
        says=("people: 2 now, 3 then: 2 kept, 1 added, 0 lost", "fields dropped: patient.weight"),
        stored={
            "extract fields part --fields patient.patient_id,patient.sex": [
                "patient.patient_id,patient.sex", "P1,F", "P2,M", "P3,F",
            ]
        },
    ),
    _case(
        "a layer that is too narrow for new samples",
        ("extend", "rna", "--assay", "a", "--source", "more.csv"),
        TPM,
        says=(
            "the new values of tpm do not fit as the others are stored: all 2 samples are",
            "written again, with 2 decimals",
        ),
        stored={
            "extract expression rna --matrix": [
                "sample_id,ENSG00000000001", "S1,1.5", "S2,2.5", "S3,1.25",
            ]
        },
    ),
    _case(
        "a layer that is too narrow for fractions of any length",
        ("extend", "rna", "--assay", "a", "--source", "worse.csv", "--json"),
        TPM,
        says=("written again, with doubles", '"layers_rewritten": ["tpm"]'),
    ),
)  # fmt: skip
