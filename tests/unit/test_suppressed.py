"""A count that is not shown: how people, JSON and charts read it."""

import json

from apollo_spark.export.charts.specs import chart_spec
from apollo_spark.export.charts.tables import chart_tables
from apollo_spark.model.dashboard.answer import Bin, TileAnswer, TileData, ValueCount
from apollo_spark.model.dashboard.tile import ChartKind, Tile
from apollo_spark.model.suppressed import Suppressed

FEW = Suppressed(fewer_than=5)


def answer_of(chart: ChartKind, **data: object) -> TileAnswer:
    tile = Tile(chart=chart, fields=("patient.grade",))
    return TileAnswer(
        tile=tile, dataset="d@1", unit="people", titles=("Grade",), data=TileData(**data)
    )


def test_it_is_a_text_for_people_and_never_a_number_in_json() -> None:
    assert f"{FEW:,}" == f"{FEW}" == "fewer than 5"
    assert FEW.as_json() == {"suppressed": True}


def test_bars_and_bins_say_it_where_the_bar_would_be() -> None:
    bars = answer_of(ChartKind.BAR, rows=9, values=(ValueCount(value="a", count=FEW),))
    bins = answer_of(ChartKind.HISTOGRAM, rows=9, bins=(Bin(start=0.0, end=1.0, count=FEW),))

    for answer in (bars, bins):
        spec = chart_spec(answer)
        (row,) = spec["data"]["values"]
        assert "count" not in row
        assert row["suppressed"] == "fewer than 5"
        assert spec["layer"][1]["encoding"]["text"] == {"field": "suppressed"}
        assert any("fewer than 5" in cells for cells in chart_tables(answer)[0].rows)
        assert '"count": {"suppressed": true}' in json.dumps(answer.as_json())


def test_a_chart_without_such_a_count_is_drawn_as_before() -> None:
    bars = answer_of(ChartKind.BAR, rows=9, values=(ValueCount(value="a", count=9),))

    assert chart_spec(bars)["mark"] == {"type": "bar"}
