"""Fields of samples beside the matrix: one load, one report, one version."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import apollo_spark as ap
from apollo_spark.cli.job import run_job
from apollo_spark.runtime.settings import LakeSettings
from tests.support.study import LOCAL_SETTINGS, CommandResult, apollo

MATRIX = """\
feature_id,S1,S2,S3
ENSG00000000001,1.5,2.5,3.5
ENSG00000000002,0.5,,4.5
"""
COLUMNS = (
    "entity,name,type,primary_key_type,coding_name,is_multi_select,referenced_entity_field,"
    "relationship,is_sparse_coding,concept,description,folder_path,linkout,"
    "longitudinal_axis_type,title,units"
)
FIELDS = (
    "sample,barcode,string,global",
    "sample,tissue,string,,tissue",
    "sample,taken,date",
    "sample,purity,float",
    "sample,marks,string,,,yes",
)
CODINGS = "coding_name,code,meaning\ntissue,L,Liver\ntissue,B,Blood\n"
SAMPLES = """\
barcode,tissue,taken,purity,marks
S2,B,2020-02-03,0.5,a|b
S1,L,2020-01-02,,
S3,L,2021-12-31,1,c
"""


def dictionary(*fields: str) -> str:
    width = COLUMNS.count(",")
    return "\n".join([COLUMNS, *(each + "," * (width - each.count(",")) for each in fields), ""])


class Samples:
    """The files of a load with sample fields; every test changes what it is about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        for name, text in (
            ("matrix.csv", MATRIX),
            ("dictionary.csv", dictionary(*FIELDS)),
            ("codings.csv", CODINGS),
            ("samples.csv", SAMPLES),
        ):
            self.write(name, text)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def load(self, *more: object, data: str | None = "sample=samples.csv") -> CommandResult:
        words: list[object] = ["--lake", self.lake, "load", "expression", "study", "--assay",
                               "rna", "--unit", "tpm", "--source", self.folder / "matrix.csv",
                               "--dictionary", self.folder / "dictionary.csv", "--codings",
                               self.folder / "codings.csv", "--report",
                               self.folder / "report"]  # fmt: skip
        if data:
            entity, _, file = data.partition("=")
            words += ["--data", f"{entity}={self.folder / file}"]
        return apollo(*words, *more)

    def fields(self, *names: str) -> list[str]:
        asked = ",".join(f"sample.{each}" for each in names)
        return self.ask("extract", "fields", "study", "--fields", asked).out.splitlines()[1:]

    def ask(self, *words: object) -> CommandResult:
        return apollo("--lake", self.lake, *words)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "report" / "report.json").read_text())
        return found

    def rules(self) -> dict[str, int]:
        return {each["rule"]: each["count"] for each in self.report()["findings"]}


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    return Samples(tmp_path)


def test_fields_of_samples_come_along_and_are_asked_for(samples: Samples) -> None:
    loaded = samples.load("--json")

    assert loaded.code == 0, loaded.err
    receipt = loaded.json["receipt"]
    assert receipt["entities"] == [
        {"entity": "sample", "files": 1, "rows_read": 3, "rows_stored": 3, "rows_quarantined": 0}
    ]
    assert (receipt["samples_without_row"], receipt["findings"]) == (0, [])
    assert samples.fields("barcode", "tissue", "taken", "purity", "marks") == [
        'S1,L,2020-01-02,,', 'S2,B,2020-02-03,0.5,"[""a"",""b""]"', 'S3,L,2021-12-31,1.0,"[""c""]"',
    ]  # fmt: skip
    assert samples.ask("verify", "--deep").code == 0
    assert samples.report()["entities"][0]["rows_stored"] == 3
    shown = samples.ask("show", "study", "--json").json
    assert shown["entities"]["sample"]["primary_key"] == "barcode"


def test_the_matrix_for_other_tools_has_the_fields_of_its_samples(samples: Samples) -> None:
    pytest.importorskip("anndata")
    samples.load()

    found = ap.open_lake(str(samples.lake)).dataset("study").assay("rna").matrix(to="anndata")

    assert found.obs["tissue"].to_dict() == {"S1": "L", "S2": "B", "S3": "L"}
    assert found.obs["purity"].dropna().to_dict() == {"S2": 0.5, "S3": 1.0}


def test_a_row_without_a_sample_in_the_matrix_is_refused(samples: Samples) -> None:
    samples.write("samples.csv", SAMPLES + "Miller,L,,,\nSmith,B,,,\n")

    refused = samples.load()

    assert (refused.code, samples.rules()) == (12, {"sample_unknown": 2})
    assert "Miller" not in refused.err
    (finding,) = samples.report()["findings"]
    assert [(each["line"], each["value"]) for each in finding["places"]] == [
        (5, "Miller"), (6, "Smith"),
    ]  # fmt: skip
    assert samples.ask("list").out == ""


@pytest.mark.parametrize(
    ("severity", "stored", "left_out"), [("warn", 4, False), ("quarantine", 3, True)]
)
def test_a_policy_softens_a_row_without_sample(
    samples: Samples, severity: str, stored: int, left_out: bool
) -> None:
    samples.write("samples.csv", SAMPLES + "Miller,L,,,\n")
    policy = samples.write("policy.yaml", f"rules: {{sample_unknown: {severity}}}\n")

    loaded = samples.load("--policy", policy, "--json")

    assert loaded.code == 0, loaded.err
    (entity,) = loaded.json["receipt"]["entities"]
    assert (entity["rows_read"], entity["rows_stored"]) == (4, stored)
    assert loaded.json["receipt"]["findings"][0]["rule"] == "sample_unknown"
    assert len(samples.fields("barcode")) == stored
    quarantine = samples.folder / "report" / "quarantine.sample.csv"
    assert quarantine.exists() == left_out
    if left_out:
        rows = list(csv.reader(quarantine.read_text().splitlines()))
        assert rows[1][1:4] == ["5", "sample_unknown", "Miller"]
    assert samples.ask("verify", "--deep").code == 0


def test_a_sample_without_row_has_missing_fields_and_is_counted(samples: Samples) -> None:
    samples.write("samples.csv", SAMPLES.replace("S1,L,2020-01-02,,\n", ""))

    loaded = samples.load("--json")

    assert loaded.code == 0, loaded.err
    receipt = loaded.json["receipt"]
    assert (receipt["samples_without_row"], samples.rules()) == (1, {"sample_without_row": 1})
    assert samples.fields("barcode", "tissue", "marks") == ["S1,,", 'S2,B,"[""a"",""b""]"',
                                                            'S3,L,"[""c""]"']  # fmt: skip
    assert samples.ask("verify", "--deep").code == 0


def test_a_policy_can_want_a_row_for_every_sample(samples: Samples) -> None:
    samples.write("samples.csv", SAMPLES.replace("S1,L,2020-01-02,,\n", ""))
    policy = samples.write("policy.yaml", "rules: {sample_without_row: refuse}\n")

    refused = samples.load("--policy", policy)

    assert (refused.code, samples.rules()) == (12, {"sample_without_row": 1})
    assert samples.ask("list").out == ""


def test_what_is_wrong_in_matrix_and_table_is_reported_at_once(samples: Samples) -> None:
    samples.write("matrix.csv", MATRIX.replace("4.5", "many").replace("0.5", "-1"))
    samples.write(
        "samples.csv", SAMPLES.replace("0.5", "half").replace("S1,L", "S3,X") + "S9,,,,\n"
    )

    refused = samples.load()

    assert refused.code == 12
    assert samples.rules() == {
        "expression_number": 1, "expression_negative": 1, "cell_float": 1, "cell_code": 1,
        "key_unique": 2, "sample_unknown": 1, "sample_without_row": 1,
    }  # fmt: skip
    assert samples.ask("list").out == ""


OTHERS = {
    "another entity": (
        *FIELDS, "patient,patient_id,string,local,,,sample:barcode,many_to_one",
    ),
    "no samples": ("patient,barcode,string,global",),
    "a key of numbers": ("sample,barcode,integer,global", *FIELDS[1:]),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_dictionary_of_something_else_is_refused_in_one_line(samples: Samples, name: str) -> None:
    samples.write("dictionary.csv", dictionary(*OTHERS[name]))

    refused = samples.load()

    found = {rule for rule in samples.rules() if rule != "coding_unused"}
    assert (refused.code, found) == (11, {"sample_entity"}), refused.err
    assert samples.ask("list").out == ""


def test_half_of_a_sample_table_is_wrong_usage(samples: Samples) -> None:
    assert samples.load(data=None).code == 2
    assert samples.load(data="patient=samples.csv").code == 10


def test_the_same_table_again_publishes_nothing_and_a_new_one_does(samples: Samples) -> None:
    samples.load()

    assert samples.load("--json").json["current"] == ["study@1"]
    samples.write("samples.csv", SAMPLES.replace("S1,L", "S1,B"))
    assert samples.load().last_line == "study@2"
    assert samples.fields("tissue") == ["B", "B", "L"]


def test_a_dry_run_checks_the_table_and_writes_nothing(samples: Samples) -> None:
    done = samples.load("--dry-run", "--json")

    assert (done.code, done.json["published"]) == (0, [])
    assert done.json["receipt"]["entities"][0]["rows_stored"] == 3
    assert samples.ask("list").out == ""


def test_python_loads_the_same(samples: Samples) -> None:
    samples.load()
    lake = ap.open_lake(str(samples.folder / "other"), settings=LakeSettings(runner="local"))

    loaded = lake.load_expression(
        "study", assay="rna", unit="tpm", source=str(samples.folder / "matrix.csv"),
        sample_fields=ap.SampleFields(
            dictionary=str(samples.folder / "dictionary.csv"),
            codings=str(samples.folder / "codings.csv"),
            data={"sample": str(samples.folder / "samples.csv")},
        ),
    )  # fmt: skip

    command = ap.open_lake(str(samples.lake)).dataset("study")
    assert hashes(loaded.dataset) == hashes(command)
    assert loaded.dataset.retrieve_fields(["sample.barcode", "sample.tissue"]).num_rows == 3


def test_a_job_loads_the_same(samples: Samples) -> None:
    samples.load()
    folder = samples.folder
    job = {
        "lake": str(folder / "other"), "settings": str(LOCAL_SETTINGS), "name": "study",
        "assay": "rna", "unit": "tpm", "source": [str(folder / "matrix.csv")],
        "strand": "unstranded", "dictionary": str(folder / "dictionary.csv"),
        "codings": str(folder / "codings.csv"),
        "data": {"sample": [str(folder / "samples.csv")]},
    }  # fmt: skip
    path = samples.write("job.yaml", yaml.safe_dump(job))

    assert run_job("load expression", ["--config", str(path)]) == 0

    lakes = [ap.open_lake(str(each)).dataset("study") for each in (samples.lake, folder / "other")]
    assert hashes(lakes[0]) == hashes(lakes[1])


def hashes(dataset: Any) -> dict[str, str]:
    return {pin.table: pin.content_hash for pin in dataset.record.pins}


def test_a_row_that_samples_belong_to_cannot_go(samples: Samples) -> None:
    assert samples.load().code == 0
    gone = samples.write("gone.csv", "barcode\nS1\n")
    policy = samples.write("policy.yaml", "rules:\n  reference_resolves: warn\n")
    words = ("extend", "study", "--delete", f"sample={gone}")

    refused = samples.ask(*words)

    assert refused.code == 12, refused.err
    assert "samples of the assay 'rna' belong to a row that goes" in refused.err
    assert samples.ask(*words, "--policy", policy).code == 0
