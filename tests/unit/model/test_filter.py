"""The tree of a filter: what it can hold, and the JSON that records keep."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from apollo_spark.model.base import Record
from apollo_spark.model.filter import (
    And,
    AssayValue,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Day,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    Moment,
    Not,
    Offset,
    OffsetUnit,
    Operator,
    Or,
    Percentile,
    Summary,
    SummaryOf,
)
from tests.support.hospital import HOSTILE, NASTY

NOON = datetime(2020, 1, 31, 12, tzinfo=timezone.utc)


class Kept(Record):
    rule: Filter


def equal(field: str, *values: Any) -> Comparison:
    return Comparison(entity="patient", field=field, operator=Operator.IN, values=values)


KEPT = Kept(
    rule=And(
        parts=(
            equal("age", 5, 5.0, "5", Day(day=date(2020, 1, 31)), Moment(moment=NOON)),
            Not(part=Exists(entity="visit")),
            CountOf(
                entity="test",
                operator=Operator.GREATER_OR_EQUAL,
                number=2,
                condition=Or(parts=(equal("a", "x"), equal("b", "y"))),
            ),
        )
    )
)
# As released: records that hold it must be readable for ever.
JSON = (
    '{"rule":{"kind":"and","parts":[{"entity":"patient","field":"age","kind":"comparison",'
    '"operator":"in","values":[5,5.0,"5",{"day":"2020-01-31"},{"moment":"2020-01-31T12:00:00Z"}]},'
    '{"kind":"not","part":{"condition":null,"entity":"visit","kind":"exists"}},'
    '{"condition":{"kind":"or","parts":[{"entity":"patient","field":"a","kind":"comparison",'
    '"operator":"in","values":["x"]},{"entity":"patient","field":"b","kind":"comparison",'
    '"operator":"in","values":["y"]}]},"entity":"test","kind":"count","number":2,'
    '"operator":">="}]}}'
)


def test_a_stored_filter_is_read_as_it_was_written() -> None:
    found = Kept.model_validate_json(JSON)

    assert found == KEPT
    assert found.to_json() == KEPT.to_json() == JSON
    assert isinstance(found.rule, And)
    first = found.rule.parts[0]
    assert isinstance(first, Comparison)
    assert [type(each) for each in first.values] == [int, float, str, Day, Moment]


def test_a_moment_is_kept_in_utc() -> None:
    paris = datetime(2020, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))

    assert repr(Moment(moment=paris)) == repr(Moment(moment=NOON))


@pytest.mark.parametrize(
    ("operator", "count"),
    [("=", 0), ("=", 2), ("between", 1), ("in", 0), ("all of", 0), ("is missing", 1)],
)
def test_an_operator_takes_its_number_of_values(operator: str, count: int) -> None:
    with pytest.raises(ValidationError):
        Comparison(entity="e", field="f", operator=Operator(operator), values=(1,) * count)


@pytest.mark.parametrize("name", [*HOSTILE, *NASTY])
def test_a_name_that_a_dictionary_cannot_have_is_in_no_filter(name: str) -> None:
    for names in ({"entity": name, "field": "f"}, {"entity": "e", "field": name}):
        with pytest.raises(ValidationError):
            Comparison(**names, operator=Operator.IS_MISSING)
    with pytest.raises(ValidationError):
        Exists(entity=name)


@pytest.mark.parametrize(
    "value", ["\0", "\ud800", True, None, float("inf"), float("nan"), NOON.replace(tzinfo=None)]
)
def test_a_value_that_no_statement_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        Comparison(entity="e", field="f", operator=Operator.EQUAL, values=(value,))


def test_one_condition_is_not_joined() -> None:
    with pytest.raises(ValidationError):
        And(parts=(equal("a", 1),))


@pytest.mark.parametrize("operator", ["in", "is missing", "matches"])
def test_a_number_of_rows_is_compared_as_a_number(operator: str) -> None:
    with pytest.raises(ValidationError):
        CountOf(entity="visit", operator=Operator(operator), number=1)


def other(**more: Any) -> FieldOf:
    return FieldOf(entity="e", field="g", **more)


WRONG = {
    "does not go with 1 values": lambda: FieldComparison(
        entity="e", field="f", operator=Operator.BETWEEN, others=(other(),)
    ),
    "a field is not compared by 'in' with fields": lambda: FieldComparison(
        entity="e", field="f", operator=Operator.IN, others=(other(),)
    ),
    "a comparison of fields names another field": lambda: FieldComparison(
        entity="e", field="f", operator=Operator.EQUAL, others=(1,)
    ),
    "'=' has no exceptions": lambda: Comparison(
        entity="e", field="f", operator=Operator.EQUAL, values=("a",), exceptions=("b",)
    ),
    "a number made of rows is not compared by 'in'": lambda: SummaryOf(
        summary=Summary.MAX, entity="e", field="f", operator=Operator.IN, values=(1,)
    ),
    "a measured value is not compared by 'under'": lambda: AssayValue(
        measure="m", assay="a", feature="f", operator=Operator.UNDER, values=(1,)
    ),
    "an offset is at most 52,000 weeks": lambda: Offset(number=-52_001, unit=OffsetUnit.WEEKS),
    "less than or equal to 100": lambda: Percentile(percentile=100.5),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_no_text_says_is_no_condition(why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        WRONG[why]()


def test_what_was_not_said_before_is_stored_where_it_is_said_alone() -> None:
    kept = Kept(
        rule=ChosenRow(
            choice=Choice.LAST,
            entity="visit",
            by="day",
            name="a",
            condition=FieldComparison(
                entity="visit",
                field="day",
                row="a",
                operator=Operator.LESS,
                others=(other(offset=Offset(number=-1, unit=OffsetUnit.MONTHS)),),
            ),
        )
    )

    text = kept.to_json()

    assert Kept.model_validate_json(text) == kept
    assert '"name":"a"' in text
    assert "row" not in Kept(rule=equal("age", 5)).to_json()
