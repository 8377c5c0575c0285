"""Every chart's numbers equal those of a model in plain Python, for one cohort and for two."""

from collections.abc import Sequence
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.export.charts.specs import chart_spec
from apollo_spark.export.charts.tables import chart_tables
from apollo_spark.lake.lake import open_lake
from apollo_spark.model.cohort import CohortReference
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.tile import ChartKind, Tile
from apollo_spark.model.names import parse_reference
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.dashboards import cohort_referred
from apollo_spark.query.aggregates import pairs
from apollo_spark.verbs.dashboard.answering import Whom, answer_tiles
from tests.support.charted import Charted, charted
from tests.support.study import Study
from tests.support.tile_answers import TILES, shown
from tests.support.tile_model import expected

FEMALE = 'patient.sex = "F"'


@pytest.fixture(scope="module")
def rows() -> Charted:
    return charted()


@pytest.fixture(scope="module")
def study(rows: Charted, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return rows.load(tmp_path_factory.mktemp("charted"))


@pytest.fixture(scope="module")
def dataset(study: Study) -> ap.Dataset:
    old = ("--from", "study", "--filter", "patient.age > 60")
    assert study.ask("cohort", "create", "old", *old).code == 0
    return ap.open_lake(str(study.lake)).dataset("study")


def is_female(row: dict[str, Any]) -> bool:
    return bool(row["patient.sex"] == "F")


def is_old(row: dict[str, Any]) -> bool:
    age = row["patient.age"]
    return age is not None and age > 60


def everybody(_: dict[str, Any]) -> bool:
    return True


def about(values: Any) -> Any:
    """Compare floats of the answer with exact ones."""
    if isinstance(values, dict):
        return {key: about(each) for key, each in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(map(about, values))
    return values if isinstance(values, int | str | None) else pytest.approx(float(values), 1e-12)


def test_every_chart_counts_what_plain_python_counts(dataset: ap.Dataset, rows: Charted) -> None:
    answers = dataset.aggregate(TILES)

    for tile, answer in zip(TILES, answers, strict=True):
        assert shown(answer) == about(expected(rows, tile, everybody)), tile


def test_a_filter_and_a_cohort_are_counted_beside_each_other(
    dataset: ap.Dataset, rows: Charted
) -> None:
    answers = dataset.aggregate(TILES, where=FEMALE, compare="old")

    for tile, answer in zip(TILES, answers, strict=True):
        assert shown(answer) == about(expected(rows, tile, is_female, is_old)), tile
        assert (answer.dataset, answer.filter) == ("study@1", FEMALE)
        assert answer.compared is not None
        assert answer.compared.cohort == "old@1"
        assert answer.compared.filter == "patient.age > 60"


def test_what_cannot_be_asked_is_said_at_once(dataset: ap.Dataset) -> None:
    bar = {"chart": "bar", "fields": ["patient.sex"]}
    wrong = [
        bar,
        {"chart": "histogram", "fields": ["patient.sex"]},
        {"chart": "bar", "fields": ["patient.sexx"]},
        {"chart": "stacked", "fields": ["site.city", "visit.found"]},
        {"chart": "survival", "fields": ["visit.score", "visit.kind"]},
        {"chart": "bar", "fields": ["site.city"], "options": {"count": "people"}},
        {"chart": "list", "fields": ["patient.sex"], "options": {"under": "F"}},
        {"chart": "list", "fields": ["patient.codes"], "options": {"under": "A13"}},
        {"chart": "expression", "options": {"feature": "TP53"}},
    ]

    with pytest.raises(ap.UsageError) as refused:
        dataset.aggregate(wrong)
    assert str(refused.value).splitlines() == [
        "This cannot be asked:",
        "  tile 2: patient.sex has codes; a histogram chart wants numbers or dates",
        "  tile 3: the field patient.sexx cannot be found (did you mean 'sex'?)",
        (
            "  tile 4: visit.found has several values in a cell; a stacked chart wants "
            "values to count, one in a cell"
        ),
        "  tile 5: survival is of people: visit may have several rows of one",
        "  tile 6: a row of site may belong to several people: count rows",
        "  tile 7: option under is for one field whose codes are a tree",
        "  tile 8: option under names 'A13', which is not a code of tree (did you mean 'A1'?)",
        "  tile 9: there is no assay here",
    ]
    with pytest.raises(ap.NotFoundError, match=r"the field nobody\.age cannot be found"):
        dataset.aggregate({"chart": "box", "fields": ["nobody.age"]})
    with pytest.raises(
        ap.UsageError, match="A chart is of a cohort or of whom a filter means, not of both"
    ):
        dataset.aggregate(bar, cohort="old", where=FEMALE)
    with pytest.raises(ap.UsageError, match="people of a cohort already"):
        dataset.only("old").aggregate(bar, cohort="old")
    with pytest.raises(ap.UsageError, match="people of a cohort already"):
        dataset.only("old").aggregate(bar, where=FEMALE)
    assert dataset.only(where=FEMALE).aggregate(bar).filter == FEMALE


def test_a_cohort_is_known_by_its_id(dataset: ap.Dataset, study: Study) -> None:
    lake = open_lake(str(study.lake))
    reference = CohortReference(version="old@1", id="another")

    with pytest.raises(ap.BrokenPinError, match="old@1 is not the cohort that the dashboard is"):
        cohort_referred(lake, reference)
    assert dataset.name == "study"


def test_many_different_pairs_are_counted_the_long_way(
    dataset: ap.Dataset, rows: Charted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "MOST_PAIRS", 5)
    stacked = [each for each in TILES if each["chart"] == "stacked"]

    answers = dataset.aggregate(stacked, where=FEMALE, compare="old")

    for tile, answer in zip(stacked, answers, strict=True):
        assert shown(answer) == about(expected(rows, tile, is_female, is_old)), tile


class Least:
    """A guard that shows no count below fifteen."""

    def shown(self, answers: Sequence[TileAnswer], *_: object) -> tuple[TileAnswer, ...]:
        return tuple(map(self._shown, answers))

    def _shown(self, answer: TileAnswer) -> TileAnswer:
        assert answer.data is not None
        values = tuple(
            each.model_copy(update={"count": Suppressed(fewer_than=15)})
            if isinstance(each.count, int) and each.count < 15
            else each
            for each in answer.data.values
        )
        return answer.model_copy(update={"data": answer.data.model_copy(update={"values": values})})


def test_every_answer_passes_the_guard_before_it_leaves(study: Study) -> None:
    lake = open_lake(str(study.lake))
    opened = lake.open(parse_reference("study"))
    tile = Tile(chart=ChartKind.BAR, fields=("patient.grade",))

    engine = EmbeddedEngine(lake.tables)
    (answer,) = answer_tiles(engine, [("", tile)], [Whom(opened)], guard=Least())

    assert answer.suppressed
    assert answer.data is not None
    counts = [each["count"] for each in answer.as_json()["data"]["values"]]
    assert {"suppressed": True} in counts
    assert all(each == {"suppressed": True} or each >= 15 for each in counts)
    hidden = next(each for each in chart_spec(answer)["data"]["values"] if "suppressed" in each)
    assert "count" not in hidden
    assert hidden["suppressed"] == "fewer than 15"
    assert "fewer than 15" in {row[2] for row in chart_tables(answer)[0].rows}
