"""The commands of the life cycle: what they print, write and return."""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.context import account
from tests.support.crashing import CHECKOUT
from tests.support.loading import published
from tests.support.study import Study, loaded_twice, prepared
from tests.unit.lake.small_lake import tree


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of two versions."""
    return prepared(loaded_twice, tmp_path)


def test_retiring_prints_the_version_and_says_what_it_means(study: Study) -> None:
    done = study.ask("retire", "study@2")

    assert (done.code, done.out) == (0, "study@2\n")
    assert done.err.splitlines() == ["retires study@2", "  study then means study@1"]


def test_retiring_the_last_version_says_that_nothing_is_left(study: Study) -> None:
    study.ask("retire", "study@1")

    assert "nothing of study is left then" in study.ask("retire", "study@2").err


def test_retiring_names_what_stands_on_the_version(study: Study) -> None:
    study.ask("view", "study@1", "--as", "small", "--entities", "patient")

    done = study.ask("retire", "study@1")

    assert "these are made from it and stay as they are: small@1" in done.err
    assert study.ask("extract", "fields", "small", "--fields", "patient.weight").code == 0


def test_retiring_again_says_so_and_is_no_fault(study: Study) -> None:
    study.ask("retire", "study@1")

    again = study.ask("retire", "study@1")

    assert (again.code, again.out) == (0, "study@1\n")
    assert (
        again.err
        == f"already retired study@1 by {account()} at {datetime.now(timezone.utc):%Y-%m-%d}\n"
    )


def test_retiring_as_json(study: Study) -> None:
    receipt = {"versions_left": 1, "records_that_stand_on_it": 0}

    first, again = (study.ask("retire", "study@1", "--json") for _ in range(2))

    assert first.json == {"published": [], "retired": ["study@1"], "receipt": receipt}
    assert again.json == {"published": [], "current": ["study@1"], "receipt": receipt}


def test_a_dry_run_retires_nothing(study: Study) -> None:
    before = tree(study.lake)

    plain = study.ask("retire", "study@2", "--dry-run")
    shown = study.ask("retire", "study@2", "--dry-run", "--json")

    assert (plain.code, plain.out) == (0, "")
    assert "study then means study@1" in plain.err
    counts = {"versions_left": 1, "records_that_stand_on_it": 0}
    assert shown.json == {
        "published": [],
        "receipt": counts,
        "plan": {
            "does": "retire study@2",
            "tables": [],
            "files": None,
            "people": None,
            "counts": counts,
            "version": "study@2",
            "retired": None,
            "name_means": "study@1",
            "versions_left": 1,
            "stand_on_it": [],
        },
    }
    assert tree(study.lake) == before


@pytest.mark.parametrize(
    ("version", "code"),
    [("study", 2), ("study@2026-01-01", 2), ("study@7", 13), ("other@1", 13), ("no name@1", 2)],
)
def test_what_cannot_be_retired(study: Study, version: str, code: int) -> None:
    assert study.ask("retire", version).code == code


@pytest.mark.parametrize(
    "words",
    [
        ("show", "study@1"),
        ("fields", "study@1"),
        ("extract", "fields", "study@1", "--fields", "patient.weight"),
        ("extract", "dictionary", "study@1", "-o", "dictionary"),
        ("extract", "sql", "study@1", "--dialect", "spark"),
        ("verify", "study@1"),
        ("lineage", "study@1"),
        ("trace", "study@1", "patient", "P1", "weight"),
        ("diff", "study@1", "study@2"),
        ("view", "study@1", "--as", "small", "--entities", "patient"),
        ("merge", "clinical", "study@1", "study@2", "--as", "both"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_retired_version_is_not_found_anywhere(study: Study, words: tuple[str, ...]) -> None:
    study.ask("retire", "study@1")

    refused = study.ask(*words)

    assert (refused.code, refused.out) == (13, "")
    assert f"study@1 is retired. {account()} retired it at 20" in refused.err


def test_history_shows_operation_time_actor_rows_and_who_retired(study: Study) -> None:
    study.ask("retire", "study@1")

    shown = study.ask("history", "study").out.splitlines()
    lines = study.ask("history", "study", "--json").json["versions"]

    assert shown[0].split() == ["version", "operation", "published", "by", "rows", "retired", "id"]
    assert f"by {account()}" in shown[1]
    assert [(e["version"], e["operation"], e["rows"], e["actor"]) for e in lines] == [
        (1, "load clinical", 4, account()),
        (2, "load clinical", 4, account()),
    ]
    assert [each["retired"] and each["retired"]["actor"] for each in lines] == [account(), None]


def test_a_version_is_read_as_of_a_day_or_a_moment(study: Study) -> None:
    first, second = study.ask("history", "study", "--json").json["versions"]
    moment = datetime.fromisoformat(second["time"].replace("Z", "+00:00"))
    between = moment - timedelta(microseconds=1)

    def shown(text: str) -> str:
        return study.ask("show", f"study@{text}", "--json").json["version"]

    assert shown(f"{moment:%Y-%m-%d}") == 2
    assert shown(moment.isoformat()) == 2
    assert shown(between.isoformat()) == 1
    assert shown(between.astimezone(timezone(timedelta(hours=5))).isoformat()) == 1
    assert study.ask("show", "study@2001-01-01").code == 13
    assert study.ask("show", "study@soon").code == 2
    assert first["version"] == 1


def test_the_same_load_publishes_again_what_was_retired(study: Study) -> None:
    study.ask("retire", "study@2")

    assert study.load().last_line == "study@3"
    assert list(published(study.lake)) == ["study@1", "study@3"]


def test_lineage_shows_files_and_versions_and_writes_a_picture(study: Study) -> None:
    study.ask("view", "study", "--as", "small", "--entities", "patient")
    study.ask("merge", "clinical", "study@1", "study@2", "--as", "both", "--on-clash", "prefix:x_")
    picture = study.folder / "lineage.svg"

    shown = study.ask("lineage", "both", "--svg", picture)

    assert shown.code == 0
    assert [line.split("  ")[0] for line in shown.out.splitlines() if "@" in line] == [
        "both@1", "├─ study@1", "└─ study@2",
    ]  # fmt: skip
    assert picture.read_text().startswith("<svg ")
    assert study.ask("lineage", "both", "--svg", picture).code == 2
    assert study.ask("lineage", "both", "--svg", picture, "--force").code == 0
    parents = study.ask("lineage", "small", "--json").json["nodes"][0]["parents"]
    assert parents == []
    told = study.ask("lineage", "small", "--full", "--json").json["nodes"]
    assert [each["version"] for each in told] == ["small@1", "study@2"]
    assert "study" not in study.ask("lineage", "small").out


def test_lineage_shows_retired_versions_on_the_way(study: Study) -> None:
    study.ask("merge", "clinical", "study@1", "study@2", "--as", "both", "--on-clash", "prefix:x_")
    study.ask("retire", "study@1")

    nodes = study.ask("lineage", "both", "--json").json["nodes"]

    assert {each["version"]: each["retired"] for each in nodes} == {
        "both@1": False,
        "study@1": True,
        "study@2": False,
    }


def test_verify_looks_at_what_is_not_retired(study: Study) -> None:
    study.ask("retire", "study@1")

    assert study.ask("verify", "--deep").out == "1 versions, 4 pins: all as published\n"
    assert study.ask("verify", "study", "--deep", "--json").json["records"] == ["study@2"]


def test_verify_and_doctor_name_every_broken_pin_with_what_can_still_be_read(
    study: Study,
) -> None:
    lake = open_lake(str(study.lake))
    entries = lake.registry.snapshot().entries
    first, second = (lake.registry.read_record(each, DatasetRecord) for each in entries)
    Path(lake.tables.files(first.pin_of("site"))[0]).unlink()
    log = lake.tables.folder("tables/study/visit") / "_delta_log"
    (log / f"{2:020}.json").write_text(
        json.dumps({"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}) + "\n"
    )

    verified, doctor = study.ask("verify"), study.ask("doctor")

    told = [line for line in verified.err.splitlines() if line.startswith(("broken", "at risk"))]
    name = "1 of 1 files are missing or damaged"
    assert [line.split(";")[-1].strip() for line in told] == [
        "all its rows can be read now", "0 of 2 rows can be read", "all its rows can be read now",
    ]  # fmt: skip
    assert f"broken: study@1, site@0: {name}" in verified.err
    assert verified.code == 16
    assert doctor.code == 16
    assert f"study@1, site@0: {name}" in doctor.out
    assert "upgraded to reader version 2" in doctor.out
    assert str(second) == "study@2"


def loaded_by(study: Study, *commands: list[object]) -> set[str]:
    """Return the modules that commands loaded, one after the other in a new process."""
    shared = ["--lake", study.lake]
    words = [[str(word) for word in (*shared, *each)] for each in commands]
    code = (
        "import sys; from apollo_spark.cli.main import run; "
        "from apollo_spark.cli.starting import hide_pandas; hide_pandas(); "
        f"codes = [run(each) for each in {words!r}]; "
        "print(*sys.modules, file=sys.stderr); "
        "sys.exit(max(codes))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_asking_loads_nothing_that_only_reading_rows_needs(study: Study) -> None:
    asked = (
        ["list"],
        ["show", "study"],
        ["fields", "study"],
        ["history", "study"],
        ["retire", "study@1", "--dry-run"],
    )
    needless = {"pandas", "sqlglot", "duckdb", "pyspark", "pyarrow.compute", "pyarrow.dataset"}

    assert needless & loaded_by(study, *asked) == set()


def test_a_command_that_reads_records_alone_loads_no_numpy(study: Study) -> None:
    code = (
        "import atexit, sys; from apollo_spark.cli.main import main; "
        "atexit.register(lambda: print('numpy' in sys.modules, file=sys.stderr)); main()"
    )
    for words in (["list"], ["fields", "study"], ["history", "study"]):
        command = [sys.executable, "-c", code, "--lake", study.lake, *words]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)

        assert done.stderr.split() == ["False"], words


def test_a_list_loads_neither_what_records_hold_nor_what_publishes(study: Study) -> None:
    own = {each for each in loaded_by(study, ["list"]) if each.startswith("apollo_spark.")}

    assert "apollo_spark.lake.registry.registry" in own
    assert {"apollo_spark.model.dataset", "apollo_spark.lake.publishing"} & own == set()
    assert len(own) < 60


def test_a_load_waits_neither_for_pandas_nor_for_other_verbs(study: Study) -> None:
    loaded = loaded_by(study, study.load_words(name="other")[2:])

    assert {"pandas", "pyspark", "yaml", "apollo_spark.model.filter"} & loaded == set()
    # What a type of assay is called is known; what it does comes when it is done.
    own = ("extend", "load", "plan", "read", "sources", "tasks")
    others = (
        *(f"apollo_spark.assays.expression.{each}" for each in own),
        "apollo_spark.verbs.extend",
        "apollo_spark.verbs.ask",
    )
    assert [each for each in loaded if each.startswith(others)] == []


def test_an_extract_waits_for_no_pandas(study: Study) -> None:
    fields = ["extract", "fields", "study", "--fields", "patient.weight"]

    assert {"pandas", "pyspark"} & loaded_by(study, fields) == set()
