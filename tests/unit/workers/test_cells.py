from datetime import date, datetime, timezone
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.workers.values.cells import check_column, prepare_check
from apollo_spark.workers.values.spec import ColumnSpec


def check(texts: list[str | None], kind: Any, **settings: Any) -> tuple[list[Any], dict[str, Any]]:
    column = ColumnSpec("c", "c", kind, **settings)
    prepared = prepare_check(column, ("", "NA", "-9"))
    checked = check_column(pa.array(texts, pa.string()), prepared)
    checked.values.validate(full=True)
    assert checked.values.type == prepared.arrow_type()
    faults = {
        rule: [i for i, bad in enumerate(mask) if bad] for rule, mask in checked.faults.items()
    }
    return checked.values.to_pylist(), faults


@pytest.mark.parametrize("padding", [0, 3000], ids=["few rows", "many rows"])
@pytest.mark.parametrize(
    ("kind", "good", "wrong", "rule"),
    [
        ("integer", {"5": 5, "+5": 5, " -7\t": -7, "   ": None, " NA": None}, ["x", "0x1F", "1.5"],
         "cell_integer"),
        ("float", {"1.": 1.0, " .5": 0.5, "+1e5": 1e5}, ["nan", "inf", "1e999", "x", "1_0"],
         "cell_float"),
        ("date", {"1999-02-03": date(1999, 2, 3), " 1999-2-3": date(1999, 2, 3)},
         ["0000-01-01", "1999-02-30", "1999-02-03T00:00"], "cell_date"),
        ("datetime", {"1999-02-03 04:05": datetime(1999, 2, 3, 4, 5, tzinfo=timezone.utc)},
         ["1999-02-03T", "0000-01-01", "x", "1999-02-03 24:00"], "cell_datetime"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_null_and_named_by_the_rule_of_its_type(
    kind: Any, good: dict[str, Any], wrong: list[str], rule: str, padding: int
) -> None:
    more = {f"{1000 + i}-01-01": date(1000 + i, 1, 1) for i in range(padding)}
    if kind in ("integer", "float"):
        more = {str(i): i for i in range(padding)}
    elif kind == "datetime":
        more = {t: datetime(d.year, 1, 1, tzinfo=timezone.utc) for t, d in more.items()}

    values, faults = check([*good, None, *wrong, *more], kind)

    expected = [*good.values(), *[None] * (1 + len(wrong)), *more.values()]
    assert values == expected
    first = len(good) + 1
    assert faults == {rule: list(range(first, first + len(wrong)))}


def test_strings_stay_as_they_are() -> None:
    assert check([" x ", "", None], "string") == ([" x ", "", None], {})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "0x1F"),
        ("integer", "0X1f"),
        ("float", "nan"),
        ("float", "inf"),
        ("float", "1e999"),
        ("date", "0000-01-01"),
        ("datetime", "0000-01-01"),
        ("datetime", "0001-01-01 00:00+01"),
        ("datetime", "9999-12-31 23:59-01"),
    ],
)
def test_what_a_plain_cast_would_accept_is_refused(kind: Any, text: str) -> None:
    assert check([text], kind) == ([None], {f"cell_{kind}": [0]})


def test_a_partial_date_is_kept_with_a_warning() -> None:
    assert check(["1999", "1999-2-3", None, "1999-2"], "date") == (
        [date(1999, 1, 1), date(1999, 2, 3), None, date(1999, 2, 1)],
        {"cell_partial_date": [0, 3]},
    )


@pytest.mark.parametrize(
    "texts",
    [["2001-01-01", "2001-01-01T02"], ["2001-01-01T02Z"], ["2001-01-01T00+01:00"],
     ["2001-01-01T02+01"]],
)  # fmt: skip
def test_an_hour_without_minutes_is_kept_with_a_warning(texts: list[str]) -> None:
    assert check(texts, "datetime")[1] == {"cell_partial_date": [len(texts) - 1]}


def test_an_hour_is_its_first_moment_in_utc() -> None:
    texts = ["2014-07-02T11", "2014-07-02 11", "2014-07-02T11Z", "2014-7-2 11 +02:00"]

    assert check(texts, "datetime")[0] == [
        *[datetime(2014, 7, 2, 11, tzinfo=timezone.utc)] * 3,
        datetime(2014, 7, 2, 9, tzinfo=timezone.utc),
    ]


@pytest.mark.parametrize("others", [[], ["x", "1.5", "1e3", ".0", "-.0"]])
def test_decimals_of_zero_are_a_whole_number_with_a_warning(others: list[str]) -> None:
    texts = ["1.0", "-0.0", "1.", "01", "+7.000", "9007199254740993.0", None, *others]
    values = [1, 0, 1, 1, 7, 9007199254740993, None, *[None] * len(others)]
    wrong = {"cell_integer": list(range(7, 7 + len(others)))} if others else {}

    assert check(texts, "integer") == (values, {"cell_whole_decimal": [0, 1, 2, 4, 5], **wrong})


def test_datetimes_with_and_without_zone_become_utc() -> None:
    texts = ["2001-01-01 10:00:00.5", "2001-01-01T10:00+01:00", "2001-01-01"]

    assert check(texts, "datetime") == (
        [
            datetime(2001, 1, 1, 10, 0, 0, 500000, tzinfo=timezone.utc),
            datetime(2001, 1, 1, 9, tzinfo=timezone.utc),
            datetime(2001, 1, 1, tzinfo=timezone.utc),
        ],
        {},
    )
    assert check(texts[1:2], "datetime")[0] == [datetime(2001, 1, 1, 9, tzinfo=timezone.utc)]


@pytest.mark.parametrize(
    ("kind", "codes", "good", "unknown", "wrong", "rule"),
    [
        ("string", ("A", "B"), ["A"], ["a", "A "], [], ""),
        ("integer", ("-1", "02"), ["2", "-01", " +2"], ["3"], ["x"], "cell_integer"),
        ("float", ("-1", "0.50"), ["-1.0", ".5"], ["0.51"], ["x"], "cell_float"),
        ("date", ("1900-1-1",), ["1900-01-01"], ["1900-01-02"], ["x"], "cell_date"),
    ],
)  # fmt: skip
def test_codes_are_compared_as_values_of_the_type(
    *,
    kind: Any,
    codes: tuple[str, ...],
    good: list[str],
    unknown: list[str],
    wrong: list[str],
    rule: str,
) -> None:
    values, faults = check([*good, None, *unknown, *wrong], kind, codes=codes)

    first = len(good) + 1
    assert [each is None for each in values] == [False] * len(good) + [True] * (
        1 + len(unknown) + len(wrong)
    )
    expected = {"cell_code": list(range(first, first + len(unknown)))}
    if wrong:
        expected[rule] = [first + len(unknown)]
    assert faults == expected


def test_a_partial_date_that_is_no_code_breaks_one_rule() -> None:
    assert check(["1900", "1901"], "date", codes=("1900-01-01",)) == (
        [date(1900, 1, 1), None],
        {"cell_partial_date": [0], "cell_code": [1]},
    )


def test_a_key_must_have_a_value() -> None:
    assert check(["1", None, "x", " "], "integer", is_key=True) == (
        [1, None, None, None],
        {"key_missing": [1, 3], "cell_integer": [2]},
    )


def test_a_multi_select_is_a_list_of_items() -> None:
    texts = ["b|a", "a", None, "|", "a|", "a||b", "c|a", "NA|a"]

    assert check(texts, "string", is_multi_select=True, codes=("a", "b", "NA")) == (
        [["b", "a"], ["a"], None, None, None, None, None, ["NA", "a"]],
        {"cell_empty_item": [3, 4, 5], "cell_code": [6]},
    )


def test_one_wrong_item_breaks_one_rule_of_its_cell() -> None:
    texts = ["1| 2", "x|3", "x|", "4|1", "x| |4", None, "2"]

    assert check(texts, "integer", is_multi_select=True, codes=("1", "2")) == (
        [[1, 2], None, None, None, None, None, [2]],
        {"cell_empty_item": [2, 4], "cell_integer": [1], "cell_code": [3]},
    )


def test_a_multi_select_of_dates_warns_once_per_cell() -> None:
    assert check(["1999|2000", "1999-01-02", "x|1999"], "date", is_multi_select=True) == (
        [[date(1999, 1, 1), date(2000, 1, 1)], [date(1999, 1, 2)], None],
        {"cell_partial_date": [0], "cell_date": [2]},
    )


def test_a_missing_marker_between_blanks_is_missing_except_in_strings_and_items() -> None:
    assert check([" -9", "-8"], "integer") == ([None, -8], {})
    assert check([" -9"], "string") == ([" -9"], {})
    assert check(["-9|1", "NA|1"], "integer", is_multi_select=True) == (
        [[-9, 1], None],
        {"cell_integer": [1]},
    )


def test_no_rows_have_no_faults() -> None:
    assert check([], "datetime", is_key=True) == ([], {})
    assert check([], "integer", is_multi_select=True) == ([], {})
