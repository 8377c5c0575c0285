"""An expression load that is stopped anywhere leaves nothing behind that the next one minds."""

import shutil
from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.operations.outcome import Outcome
from apollo_spark.verbs.table import perform
from tests.support.contexts import loading

MATRIX = "feature_id,S1,S2\nENSG00000000001,1,2\nENSG00000000002,3,4\n"
NEWER = "feature_id,S1,S2,S3\nENSG00000000001,1,2,9\nENSG00000000003,3,4,\n"


class StoppedError(Exception):
    """The process ended here."""


def load(
    lake: Lake, source: Path, *, unit: str = "count", stop_at: str | None = None
) -> tuple[Outcome, list[str]]:
    steps: list[str] = []

    def on_step(name: str) -> None:
        steps.append(name)
        if name == stop_at:
            raise StoppedError(name)

    request = ExpressionLoad(name="study", assay="rna", unit=unit, sources=(str(source),))
    outcome = perform(loading(lake, on_step), request)
    return outcome, steps


def contents(lake: Path, version: str) -> tuple[dict[str, str], list[dict[str, object]]]:
    dataset = ap.open_lake(str(lake)).dataset(version)
    hashes = {pin.table: pin.content_hash for pin in dataset.record.pins}
    return hashes, dataset.assay("rna").expression(to="arrow").to_pylist()


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(MATRIX)
    second.write_text(NEWER)
    return first, second


@pytest.mark.parametrize(("unit", "which"), [("count", 1), ("tpm", 0)], ids=["anew", "layer"])
def test_a_stop_at_any_step_changes_nothing_for_the_next_run(
    tmp_path: Path, sources: tuple[Path, Path], unit: str, which: int
) -> None:
    undisturbed, second = tmp_path / "undisturbed", sources[which]
    start = tmp_path / "start"
    load(open_lake(str(start)), sources[0])
    shutil.copytree(start, undisturbed)
    _, steps = load(open_lake(str(undisturbed)), second, unit=unit)
    wanted = {each: contents(undisturbed, each) for each in ("study@1", "study@2")}
    for number, step in enumerate(dict.fromkeys(steps)):
        root = tmp_path / f"lake{number}"
        shutil.copytree(start, root)
        lake = open_lake(str(root))
        with pytest.raises(StoppedError):
            load(lake, second, unit=unit, stop_at=step)
        # The report is written last: what it mentions is published.
        is_published = step == "write report"
        before = "study@2" if is_published else "study@1"
        assert contents(root, "study") == wanted[before], step

        outcome, _ = load(lake, second, unit=unit)

        done = outcome.current if is_published else outcome.published
        assert done == ("study@2",), step
        assert {each: contents(root, each) for each in wanted} == wanted, step
        assert ap.open_lake(str(root)).verify(deep=True).problems == (), step
