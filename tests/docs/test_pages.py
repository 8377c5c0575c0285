"""The blocks of the pages run as they are written, each in a lake that has what its page mentions.

Lines that begin with two blanks are what the command above them prints.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.assays.expression.request_filter import parse_filter_text
from apollo_spark.sources.policy_yaml import read_policy
from tests.support.cases import inside
from tests.support.study import Study, apollo

PAGES = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ELSEWHERE = {("filters.md", 0)}
"""What tests/docs/test_filters.py asks."""
POLICIES = {("clinical.md", 0), ("merging.md", 3)}
FILTER, WORDS, PYTHON = ("expression.md", 2), ("extending.md", 0), ("merging.md", 2)
CONDITIONS, QUESTIONS, COHORTS = ("python.md", 0), ("python.md", 1), ("cohorts.md", 3)
COHORT_TEST, TRIALS, PROFILES = ("cohorts.md", 5), ("cohorts.md", 7), ("profiles.md", 1)
FRAMES = ("extracting.md", 2)
TILES, DASHBOARDS = ("dashboards.md", 0), ("dashboards.md", 2)
R_CODE, NEW_NAMES = ("r.md", 1), ("rebasing.md", 1)
STEPS, GROWING = ("growing.md", 0), ("growing.md", 2)
"""What tests/docs/test_r.py runs, and a file."""
HEADER = "entity,name,type,primary_key_type\n"
MATRIX = "feature_id,S1,S2,S3\nENSG00000141510,5,3,1\nENSG00000139618,1,2,4\n"
QUANTS = (
    "Name\tLength\tEffectiveLength\tTPM\tNumReads\n"
    "ENSG00000141510\t900\t800\t5.5\t5\nENSG00000139618\t900\t800\t1.5\t1\n"
)
SAMPLES = {
    "sample_dictionary.csv": f"{HEADER}sample,sample_id,string,global\nsample,tissue,string,\n",
    "samples.csv": "sample_id,tissue\nS1,lung\nS2,liver\nS3,lung\n",
}
OWN = "--dictionary sample_dictionary.csv --data sample=samples.csv"
LOAD_MATRIX = "load expression {} --assay {} --unit {} --source counts.csv"
LINK = {"samples.csv": "sample,patient\nS1,P1\nS2,P1\nS3,P2\n"}
MERGE = "merge assay rna study --as both --assay rna --link-file link.csv"
DISEASES = f"{HEADER}person,study_id,string,global\nperson,disease,string,\n"


def blocks() -> dict[tuple[str, int], tuple[str, str]]:
    return {
        (page.name, number): block
        for page in sorted(PAGES.glob("*.md"))
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
    }


BLOCKS = blocks()
COHORT_TEST_TEXT = BLOCKS[COHORT_TEST][1]
TILES_TEXT = BLOCKS[TILES][1]
STEPS_TEXT = BLOCKS[STEPS][1]


@dataclass(frozen=True)
class Stage:
    """What is before a block: how often the study is loaded, files and commands."""

    loads: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[str] = ()


MORE = {"more.csv": "patient_id,bmi\nP0017,20\n", "keys.csv": "visit_id\n4\n"}
GONE = {"gone.csv": "patient_id\nP0017\n"}
IDS = {"ids.txt": "P0017\nP2\n"}
COHORTS_MADE = (
    "cohort create women --from study --filter 'patient.sex = \"F\"'",
    "cohort create listed --from study --ids ids.txt",
    "cohort create heavy --from women --filter 'patient.weight > 65'",
)
ANNOTATED = Stage(
    1,
    {"counts.csv": MATRIX, "link.csv": "sample,patient\nS1,P0017\nS2,P0017\nS3,P3\n"},
    (LOAD_MATRIX.format("rna", "rna", "count"), MERGE),
)
SMOKERS = "view study@1 --as smokers --rows 'patient.smokes > 0'"
HEAVY = "cohort create heavy --from study@1 --filter 'patient.weight > 60'"
WEEK = Stage(
    1,
    {
        "weekly.yaml": STEPS_TEXT,
        "drops/2026-05-04/patient.csv": "patient_id,weight\nP0017,62\n",
        "drops/2026-05-04/visit.csv": "visit_id,patient_id\n8,P0017\n",
    },
    ("view study --as women --rows 'patient.sex = \"F\"'", HEAVY),
)
RAW = {
    "raw/patients.csv": "Patient ID,Sex,Weight (kg)\nP1,f,61.5\nP2,m,NA\nP3,f,72\nP4,m,80.5\n",
    "raw/visits.csv": "visit_id,patient,day\n1,P1,2020-01-01\n2,P1,2020-02-01\n3,P3,2020-01-05\n",
}
STAGES = {
    ("cohorts.md", 0): Stage(1, IDS),
    ("cohorts.md", 1): Stage(1, IDS, COHORTS_MADE),
    ("cohorts.md", 2): Stage(1, IDS, COHORTS_MADE),
    COHORTS: Stage(1, IDS, COHORTS_MADE),
    ("cohorts.md", 4): Stage(1, IDS, COHORTS_MADE),
    ("cohorts.md", 6): Stage(1, {"people.yaml": COHORT_TEST_TEXT}),
    TRIALS: Stage(
        1,
        {
            "people.yaml": COHORT_TEST_TEXT,
            "people_and_dictionary.yaml": "dictionary: d.csv\nin: [A]\nout: [C]\n"
            "rows: {patient: [{patient_id: A, sex: F}, {patient_id: C}]}\n",
            "d.csv": f"{HEADER}patient,patient_id,string,global\npatient,sex,string,\n",
        },
        ("cohort create cough --from study --filter 'patient.sex = \"F\" and exists(visit)'",),
    ),
    ("dashboards.md", 1): Stage(1, {"overview.yaml": TILES_TEXT}),
    DASHBOARDS: Stage(1, {"overview.yaml": TILES_TEXT}, COHORTS_MADE[:1]),
    ("drafting.md", 0): Stage(files=RAW),
    ("drafting.md", 1): Stage(files=RAW),
    ("expression.md", 0): Stage(files={"counts.csv": MATRIX, **SAMPLES}),
    ("expression.md", 1): Stage(
        files={
            "counts.csv": MATRIX,
            **{f"quants/S{each}/quant.genes.sf": QUANTS for each in (1, 2, 3)},
        }
    ),
    ("extracting.md", 0): Stage(1),
    ("extracting.md", 1): ANNOTATED,
    FRAMES: ANNOTATED,
    ("extending.md", 1): Stage(1, MORE),
    ("extending.md", 2): Stage(3, before=("view study@1 --as other", "view study@3 --as other")),
    ("growing.md", 1): WEEK,
    GROWING: WEEK,
    ("keeping.md", 0): Stage(1),
    ("keeping.md", 1): Stage(1, before=("view study --as merged",)),
    ("keeping.md", 2): Stage(1),
    ("keeping.md", 3): Stage(2),
    ("keeping.md", 4): Stage(2, before=("retire study@1",)),
    ("merging.md", 0): Stage(
        files={
            "person.csv": DISEASES, "patient.csv": f"{HEADER}patient,patient_id,string,global\n",
            "persons.csv": "study_id,disease\nP1,asthma\n", "patients.csv": "patient_id\nP1\nP2\n",
        },
        before=(
            "load clinical SOURCE --dictionary person.csv --data person=persons.csv",
            "load clinical TARGET --dictionary patient.csv --data patient=patients.csv",
        ),
    ),
    ("merging.md", 1): Stage(
        files={
            "counts.csv": MATRIX, "patient.csv": f"{HEADER}patient,patient_id,string,global\n",
            "patients.csv": "patient_id\nP1\nP2\n", **LINK,
        },
        before=(
            LOAD_MATRIX.format("SOURCE", "rna", "count"),
            "load clinical TARGET --dictionary patient.csv --data patient=patients.csv",
        ),
    ),
    PYTHON: Stage(
        1,
        {
            "counts.csv": MATRIX, "liver.csv": MATRIX.replace(",S", ",L"),
            "link.csv": "sample,patient\nS1,P0017\nL2,P2\n",
        },
        (
            LOAD_MATRIX.format("rna", "rna", "tpm"),
            LOAD_MATRIX.format("liver", "rna", "tpm").replace("counts", "liver"),
            "merge assay rna study --as both --assay rna --name rna_blood --link-file link.csv",
            "merge assay liver both --as dataset --assay rna --name rna_liver --link-file link.csv",
        ),
    ),
    CONDITIONS: Stage(1),
    QUESTIONS: Stage(1),
    ("disclosure.md", 0): Stage(1),
    ("disclosure.md", 1): Stage(1, before=("guard study --least 2",)),
    ("profiles.md", 0): Stage(1),
    PROFILES: Stage(1),
    ("r.md", 0): Stage(1),
    ("rebasing.md", 0): Stage(7, before=(SMOKERS, HEAVY)),
    ("sharing.md", 0): Stage(1),
    ("sharing.md", 1): Stage(1, GONE),
    ("sharing.md", 2): Stage(
        1,
        {"counts.csv": MATRIX, **SAMPLES, **GONE,
         "link.csv": "sample,patient\nS1,P0017\nS2,P0017\nS3,P0017\n"},
        (f"{LOAD_MATRIX.format('rna', 'rna', 'count')} {OWN}", MERGE),
    ),
}  # fmt: skip


COMMANDS = [
    each
    for each, (kind, body) in BLOCKS.items()
    if kind in ("", "bash") and "[" not in body and each not in SHOWN_ELSEWHERE
]


def prepare(stage: Stage, folder: Path) -> None:
    for name, text in stage.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    if stage.loads:
        study = Study(folder / "study")
        study.lake = folder / "lake"
        for name in ("patient.csv", "visit.csv", "passport.csv"):
            study.replace(name, "P1", "P0017")
        for each in range(stage.loads):
            study.replace("patient.csv", "61.5" if each == 0 else f"6{each}.5", f"6{each + 1}.5")
            assert study.load().code == 0
    with inside(folder):
        for words in stage.before:
            done = apollo("--lake", "lake", *shlex.split(words))
            assert done.code == 0, done.err


@pytest.mark.parametrize(("page", "number"), COMMANDS)
def test_a_block_of_commands_runs(page: str, number: int, tmp_path: Path) -> None:
    prepare(STAGES[page, number], tmp_path)
    body = BLOCKS[page, number][1].replace("\\\n", " ")
    said = ""

    with inside(tmp_path):
        for line in body.splitlines():
            if line.startswith("  "):
                assert line.strip() in said
                continue
            program, *words = shlex.split(line, comments=True)
            done = apollo("--lake", "lake", *words)
            said = done.out + done.err
            assert (program, done.code) == ("apollo", 0), said


def test_every_block_is_run_or_read() -> None:
    code = {PYTHON, CONDITIONS, QUESTIONS, COHORTS, TRIALS, PROFILES, DASHBOARDS, FRAMES, GROWING}
    assert {
        *COMMANDS,
        *POLICIES,
        FILTER,
        WORDS,
        COHORT_TEST,
        TILES,
        STEPS,
        R_CODE,
        NEW_NAMES,
        *code,
    } | SHOWN_ELSEWHERE == set(BLOCKS)
    assert {*COMMANDS, *code} == set(STAGES)


@pytest.mark.parametrize("place", sorted(POLICIES))
def test_a_policy_is_read(place: tuple[str, int], tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(BLOCKS[place][1])
    shown = dict(re.findall(r"^  (\w+): (\w+)", BLOCKS[place][1], re.MULTILINE))

    policy = read_policy(path)

    assert {name: policy.severity_of(name).value for name in shown} == shown


def test_the_filter_of_expression_is_read() -> None:
    assert parse_filter_text(BLOCKS[FILTER][1])


def test_the_words_of_extend_are_those_of_the_command() -> None:
    shown = set(re.findall(r"--[a-z-]+", BLOCKS[WORDS][1]))

    known = set(re.findall(r"--[a-z-]+", apollo("extend", "--help").out))

    assert shown <= known


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    prepare(STAGES[PYTHON], tmp_path)
    dataset = ap.open_lake(str(tmp_path / "lake")).dataset("dataset")

    exec(BLOCKS[PYTHON][1], {"dataset": dataset})


def test_the_example_of_frames_runs(tmp_path: Path) -> None:
    pytest.importorskip("anndata")
    prepare(STAGES[FRAMES], tmp_path)
    dataset = ap.open_lake(str(tmp_path / "lake")).dataset("both")
    names: dict[str, Any] = {"dataset": dataset}

    with inside(tmp_path):
        exec(BLOCKS[FRAMES][1], names)

    assert list(names["data"].obs.columns) == ["patient.sex", "patient.born"]
    assert (tmp_path / "x.h5ad").exists()


def test_the_example_of_conditions_runs(tmp_path: Path) -> None:
    prepare(STAGES[CONDITIONS], tmp_path)
    lake = ap.open_lake(str(tmp_path / "lake"))

    found = {"ap": ap, "lake": lake}
    exec(BLOCKS[CONDITIONS][1], found)
    exec(BLOCKS[QUESTIONS][1], found)

    assert [each.name for each in lake.list()] == ["heavy", "part", "study"]
    assert len(found["people"]) == lake.cohort("heavy").count


def test_the_example_of_cohorts_runs(tmp_path: Path) -> None:
    prepare(STAGES[COHORTS], tmp_path)

    with inside(tmp_path):
        exec(BLOCKS[COHORTS][1], {"ap": ap})

    names = [each.name for each in ap.open_lake(str(tmp_path / "lake")).list(kind="cohort")]
    assert names == ["any", "heavy", "light", "listed", "women"]


def test_the_example_of_dashboards_runs(tmp_path: Path) -> None:
    prepare(STAGES[DASHBOARDS], tmp_path)

    with inside(tmp_path):
        exec(BLOCKS[DASHBOARDS][1], {"ap": ap})
        assert Path("overview.html").exists()


def test_the_example_of_growing_runs(tmp_path: Path) -> None:
    prepare(STAGES[GROWING], tmp_path)
    shown = {"ap": ap, "lake": "lake"}

    with inside(tmp_path):
        exec(BLOCKS[GROWING][1], shown)

    assert shown["grown"].receipt.published == ("study@2", "study@3", "heavy@2", "women@2")


def test_the_example_of_tests_of_cohorts_runs(tmp_path: Path) -> None:
    prepare(STAGES[TRIALS], tmp_path)

    with inside(tmp_path):
        exec(BLOCKS[TRIALS][1], {"ap": ap, "lake": ap.open_lake("lake")})


def test_the_example_of_profiles_runs(tmp_path: Path) -> None:
    prepare(STAGES[PROFILES], tmp_path)
    shown = {"ap": ap, "lake": str(tmp_path / "lake")}

    exec(BLOCKS[PROFILES][1], shown)

    assert [each.rows for each in shown["profiles"]] == [2]
    assert [each.field for each in shown["found"].fields] == ["visit.symptoms"]
