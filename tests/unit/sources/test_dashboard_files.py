"""What a dashboard file says wrongly: all of it at once, each with its tile."""

from pathlib import Path
from typing import Any

import pytest

from apollo_spark.errors import DictionaryError, InputFileError
from apollo_spark.model.dashboard.tile import ChartKind, CountUnit, Tile, TileLayout, TileOptions
from apollo_spark.sources.dashboards.file import read_dashboard, read_dashboard_file

BAR: dict[str, Any] = {"chart": "bar", "fields": ["patient.sex"]}


def faults(content: Any) -> list[str]:
    read = read_dashboard(content)
    assert (read.file is None) == bool(read.faults)
    return [str(each) for each in read.faults]


def tile_faults(**keys: Any) -> list[str]:
    given = {name: value for name, value in {**BAR, **keys}.items() if value is not ...}
    return [each.removeprefix("tile 1: ") for each in faults({"tiles": [given]})]


def test_a_file_has_a_title_and_tiles_with_options_and_layout() -> None:
    tile = {
        **BAR, "title": "Sex", "options": {"count": "people", "limit": 5},
        "layout": {"x": 0, "y": 0, "width": 6, "height": 4},
    }  # fmt: skip

    read = read_dashboard({"title": "Study", "description": None, "tiles": [tile, BAR]})

    assert read.file is not None
    assert (read.file.title, len(read.file.tiles)) == ("Study", 2)
    assert read.file.tiles[0] == Tile(
        chart=ChartKind.BAR, fields=("patient.sex",), title="Sex",
        options=TileOptions(count=CountUnit.PEOPLE, limit=5),
        layout=TileLayout(x=0, y=0, width=6, height=4),
    )  # fmt: skip
    assert [label for label, _ in read.tiles] == ["tile 1 'Sex'", "tile 2"]


def test_codes_of_a_status_may_be_numbers() -> None:
    tile = {"chart": "survival", "fields": ["a.t", "a.s"], "options": {"dead": [1, "2"]}}

    read = read_dashboard({"tiles": [tile]})

    assert read.file is not None
    assert read.file.tiles[0].options.dead == ("1", "2")


def test_every_fault_of_every_tile_is_said() -> None:
    assert faults(
        {
            "titel": "x",
            "description": 1,
            "tiles": [
                {"chart": "pie", "fields": ["a.b"]},
                {"title": "Age", "chart": "histogram", "fields": ["a.b", "a.c"], "colour": 1},
                7,
                BAR,
            ],
        }
    ) == [
        (
            "the file: there is no key 'titel' (did you mean 'title'?); there are title, "
            "description, tiles"
        ),
        "the file: description must be text; put it into quotes",
        (
            "tile 1: there is no chart 'pie'; there are bar, list, stacked, histogram, box, "
            "grouped-box, scatter, survival, table, expression"
        ),
        "tile 2 'Age': a tile has no key 'colour'; it has title, chart, fields, options, layout",
        "tile 2 'Age': a histogram chart takes 1 field, not 2",
        "tile 3: a tile is a mapping with 'chart' and 'fields'",
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"chart": ...}, [("'chart' is missing; it is one of bar, list, stacked, histogram, box, "
                          "grouped-box, scatter, survival, table, expression")]),
        ({"fields": ...}, ["'fields' is missing; a bar chart takes 1 field"]),
        ({"fields": "patient.sex"}, ["fields must be a list of texts"]),
        ({"fields": [1]}, ["fields must be a list of texts"]),
        ({"fields": ["sex"]}, ["'sex' names no field: write ENTITY.FIELD"]),
        ({"title": 5}, ["title must be text; put it into quotes"]),
        ({"options": []}, ["options must be a mapping"]),
        ({"options": {"bins": 3}}, ["a bar chart has no option 'bins'; it has count, limit"]),
        ({"options": {"limit": 21}}, ["option limit must be a whole number from 1 to 20"]),
        ({"options": {"limit": True}}, ["option limit must be a whole number from 1 to 20"]),
        ({"options": {"count": "heads"}}, ["option count must be one of rows, people"]),
        ({"layout": 1}, ["layout must be a mapping"]),
        ({"layout": {"x": 8, "width": 8}}, ["layout x and width go beyond the twelve columns"]),
        ({"layout": {"w": 8}}, ["a layout has no key 'w'; it has x, y, width, height"]),
        ({"layout": {"x": "1"}}, ["layout x must be a whole number from 0 to 11"]),
        ({"chart": "box", "options": {"limit": 2}}, ["a box chart has no option 'limit'"]),
        ({"chart": "table", "fields": []}, ["a table chart takes 1 field or more, not 0"]),
        ({"chart": "list", "fields": ["a.b"] * 2}, ["a field is named more than once"]),
        ({"chart": "list", "fields": ["a.b", "a.c", "a.d"]},
         ["a list chart takes 1 or 2 fields, not 3"]),
        ({"chart": "survival", "fields": ["a.t", "a.s"], "options": {"dead": "x"}},
         ["option dead must be a list of values; put yes and no into quotes"]),
        ({"chart": "survival", "fields": ["a.t", "a.s"],
          "options": {"dead": ["x"], "living": ["y"]}},
         ["options living and dead exclude each other: what is not named is the other"]),
        ({"chart": "expression", "fields": []},
         ["option feature is missing: an expression chart is of one feature"]),
        ({"chart": "expression", "options": {"feature": ""}},
         ["option feature must be text; put it into quotes"]),
    ],
)  # fmt: skip
def test_a_tile_says_what_is_wrong_with_it(keys: dict[str, Any], said: list[str]) -> None:
    assert tile_faults(**keys) == said


@pytest.mark.parametrize("content", [None, [], "tiles"])
def test_what_is_no_mapping_is_no_dashboard(content: Any) -> None:
    assert faults(content) == ["the file: must hold 'tiles' and may hold 'title'"]


@pytest.mark.parametrize("tiles", [None, [], {}])
def test_a_dashboard_has_tiles(tiles: Any) -> None:
    assert faults({"tiles": tiles}) == ["the file: 'tiles' must be a list of tiles"]


def test_a_dashboard_has_not_more_tiles_than_a_page_can_show() -> None:
    assert faults({"tiles": [BAR] * 201}) == ["the file: there are more than 200 tiles"]


def test_yaml_and_json_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("tiles:\n- {chart: bar, fields: [patient.sex]}\n")
    (tmp_path / "a.json").write_text('{"tiles": [{"chart": "bar", "fields": ["patient.sex"]}]}')

    first, second = (read_dashboard_file(tmp_path / each) for each in ("a.yaml", "a.json"))

    assert first.file == second.file
    assert first.file is not None
    assert first.input is not None
    assert (first.input.role, first.input.name, first.input.size) == ("tiles", "a.yaml", 45)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken").write_text("tiles: [")

    with pytest.raises(InputFileError, match="The dashboard file no cannot be read"):
        read_dashboard_file(tmp_path / "no")
    with pytest.raises(InputFileError, match="The dashboard file bytes cannot be read"):
        read_dashboard_file(tmp_path / "bytes")
    with pytest.raises(DictionaryError, match="The dashboard file broken cannot be used"):
        read_dashboard_file(tmp_path / "broken")
