"""A growth that ends at any step, and what the next run makes of it: the same as without an end."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.record import PublishedRecord
from apollo_spark.verbs.gc import GcRequest
from apollo_spark.verbs.grow.grow import GrowRequest
from apollo_spark.verbs.table import perform
from tests.support.apart import die_at, run_apart
from tests.support.contexts import loading
from tests.support.loading import CrashError, raise_at, require_equal, require_sound
from tests.support.study import Study

STEPS = """
limits: {lost: 5}
steps:
  - extend: study
    data: {patient: "FOLDER/drops/*/patient.csv"}
  - merge clinical: both
    source: other
    target: study
    on_clash: join
  - rebase: "*"
  - retire: "*"
    keep: {last: 1}
  - gc:
    grace: 0
"""
DICTIONARY = "entity,name,type,primary_key_type\npatient,patient_id,string,global\npatient,"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A lake with a study, a merge of it, a cohort of that, and a week's file."""
    study = Study.reopen(tmp_path_factory.mktemp("base"), lake=Path(), data=[])
    study.lake = study.folder / "lake"
    for name, field, value in (("study", "sex", "F"), ("other", "site", "north")):
        study.write("d.csv", f"{DICTIONARY}{field},string,\n")
        study.write("patient.csv", f"patient_id,{field}\nP1,{value}\nP2,{value}\nP3,M\n")
        done(study, "load", "clinical", name, "--dictionary", study.folder / "d.csv",
             "--data", f"patient={study.folder / 'patient.csv'}")  # fmt: skip
    done(study, "merge", "clinical", "other", "study", "--as", "both", "--on-clash", "join")
    done(study, "cohort", "create", "north", "--from", "both", "--filter", 'patient.site="north"')
    study.write("drops/w1/patient.csv", "patient_id,sex\nP2,M\nP4,F\n")
    study.write("grow.yaml", STEPS.replace("FOLDER", str(study.folder)))
    return study


def done(study: Study, *words: object) -> None:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)


def grow(study: Study, root: Path, on_step: OnStep = no_step) -> None:
    """Grow a lake as the command does, watched at every step."""
    context = loading(open_lake(str(root)), on_step)
    perform(context, GrowRequest(config=str(study.folder / "grow.yaml")))


def copy(lake: Path, folder: Path) -> Path:
    shutil.copytree(lake, folder, copy_function=_copy_if_there)
    return folder


def _copy_if_there(source: str, target: str) -> None:
    # Whoever keeps a lease may rename a file meanwhile, as while a copy of a lake is made.
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)


def state_of(root: Path) -> dict[str, Any]:
    """Return all that a lake has published and ended, without what differs between two runs.

    An id is written as the version that it is of. Rows are compared by the hashes of their tables.
    """
    lake = open_lake(str(root))
    entries = lake.registry.snapshot().entries
    found = {str(each): json.loads(each.to_json()) for each in lake.registry.read_all(
        entries, PublishedRecord)}  # fmt: skip
    names = {record["id"]: version for version, record in found.items()}
    shown = {version: _comparable(record, names) for version, record in found.items()}
    return {**shown, "retired": sorted(str(each) for each in entries if each.retired)}


def _comparable(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_comparable(each, names) for each in value]
    if isinstance(value, dict):
        is_pin = {"table_id", "files_digest"} <= value.keys()
        out = {"time", "fingerprint", *(("table_id", "version", "files_digest") if is_pin else ())}
        return {key: _comparable(each, names) for key, each in value.items() if key not in out}
    return names.get(value, value) if isinstance(value, str) else value


def files(root: Path) -> set[tuple[str, int]]:
    """Return how many files of rows each table has, and how many parts there are."""
    found: dict[str, int] = {}
    for each in (x for x in root.rglob("*") if x.is_file()):
        inside = each.relative_to(root)
        if inside.parts[0] == "tables" and "_delta_log" not in inside.parts:
            found[str(inside.parent)] = found.get(str(inside.parent), 0) + 1
        elif inside.parts[:2] == ("registry", "parts"):
            found["parts"] = found.get("parts", 0) + 1
    return set(found.items())


class Undisturbed(NamedTuple):
    """A growth that nothing disturbs.

    Attributes:
        steps: Its steps.
        stops: The lake before each step, as a stop there leaves it.
        wanted: What the lake says at its end.
        left: The files that are in it then.
    """

    steps: list[str]
    stops: list[Path]
    wanted: dict[str, Any]
    left: set[tuple[str, int]]

    def require(self, base: Study, root: Path, step: str) -> None:
        """Require that the next run ends as this one did."""
        grow(base, root)
        require_equal((step, state_of(root)), (step, self.wanted))
        require_equal((step, files(root)), (step, self.left))


@pytest.fixture(scope="module")
def undisturbed(base: Study) -> Undisturbed:
    """Grow once, and keep what the lake is before each step."""
    steps: list[str] = []
    stops: list[Path] = []
    root = copy(base.lake, base.folder / "undisturbed")

    def stop(step: str) -> None:
        steps.append(step)
        stops.append(copy(root, base.folder / "stops" / str(len(steps))))

    grow(base, root, stop)
    wanted, left = state_of(root), files(root)
    # The sweep was hindered by no lease of the growth itself.
    assert perform(loading(open_lake(str(root))), GcRequest(grace=0)).receipt.plan.parts == ()
    assert {"study@2", "both@2", "north@2"} <= wanted.keys()
    assert wanted["retired"] == ["both@1", "north@1", "study@1"]
    assert {f"step {each}" for each in range(1, 6)} <= {each.partition(":")[0] for each in steps}
    return Undisturbed(steps, stops, wanted, left)


def test_a_growth_that_stops_at_any_step_is_finished_by_the_next(
    base: Study, undisturbed: Undisturbed
) -> None:
    for step, root in zip(undisturbed.steps, undisturbed.stops, strict=True):
        undisturbed.require(base, root, step)
    require_sound(undisturbed.stops[0])


@pytest.mark.parametrize("at", ["plan", "publish study@2", "step 3", "publish north@2", "delete"])
def test_a_growth_that_fails_is_finished_by_the_next(
    base: Study, undisturbed: Undisturbed, at: str, tmp_path: Path
) -> None:
    root = copy(base.lake, tmp_path / "lake")
    number = next(n for n, each in enumerate(undisturbed.steps) if each.startswith(at))
    with pytest.raises(CrashError):
        grow(base, root, raise_at(number, CrashError))

    undisturbed.require(base, root, at)


def test_a_growth_that_is_killed_is_finished_by_the_next(
    base: Study, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    root = copy(base.lake, tmp_path / "lake")
    number = undisturbed.steps.index("publish both@2")

    killed = run_apart(_die, base.folder, root, number)

    assert killed.exitcode == -9
    assert "both@2" not in state_of(root)
    undisturbed.require(base, root, "killed")
    require_sound(root)


def _die(folder: Path, root: Path, number: int) -> None:
    grow(Study.reopen(folder, lake=root, data=[]), root, die_at(number))
