"""What is compared: fields, numbers of rows, numbers made of rows, measured values."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Literal

from pydantic import ValidationError

from apollo_spark.api.conditions.condition import Condition, refuse_joining, refuse_truth
from apollo_spark.api.conditions.values import Value, filter_value, refused
from apollo_spark.errors import UsageError
from apollo_spark.model.filter import (
    AssayValue,
    Comparison,
    CountOf,
    FieldComparison,
    FieldOf,
    Filter,
    Offset,
    OffsetUnit,
    Operator,
    Percentile,
    Summary,
    SummaryOf,
)

Without = Literal["start", "end", "ends"]
_BETWEENS: dict[str | None, Operator] = {
    None: Operator.BETWEEN,
    "start": Operator.BETWEEN_WITHOUT_START,
    "end": Operator.BETWEEN_WITHOUT_END,
    "ends": Operator.BETWEEN_WITHOUT_ENDS,
}


class Compared(ABC):
    """What is left of an operator; what it is compared with makes a condition."""

    # A comparison of two is a condition, so that no set can hold them.
    __hash__ = None  # type: ignore[assignment]

    def _compare(self, operator: Operator, *values: Any) -> Condition:
        try:
            return Condition(self._asked(operator, values))
        except ValidationError as error:
            raise refused(error) from None

    @abstractmethod
    def _asked(self, operator: Operator, values: tuple[Any, ...]) -> Filter:
        """Return the condition."""

    # Comparisons make conditions here, where Python expects true or false.
    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare(Operator.EQUAL, other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare(Operator.NOT_EQUAL, other)

    def __lt__(self, other: Any) -> Condition:
        return self._compare(Operator.LESS, other)

    def __le__(self, other: Any) -> Condition:
        return self._compare(Operator.LESS_OR_EQUAL, other)

    def __gt__(self, other: Any) -> Condition:
        return self._compare(Operator.GREATER, other)

    def __ge__(self, other: Any) -> Condition:
        return self._compare(Operator.GREATER_OR_EQUAL, other)

    def __bool__(self) -> bool:
        return refuse_truth()

    __and__ = __rand__ = __or__ = __ror__ = __invert__ = refuse_joining


class Ranged(Compared):
    """What may also lie between two values, or be missing."""

    def between(self, low: Any, high: Any, *, without: Without | None = None) -> Condition:
        """Return that it lies between two values; both belong to it but for `without`."""
        if without not in _BETWEENS:
            raise UsageError(f"Ends are left out by 'start', 'end' or 'ends', not {without!r}.")
        return self._compare(_BETWEENS[without], low, high)

    def is_missing(self) -> Condition:
        """Return that there is no value."""
        return self._compare(Operator.IS_MISSING)

    def is_not_missing(self) -> Condition:
        """Return that there is a value."""
        return self._compare(Operator.IS_NOT_MISSING)


class Field(Ranged):
    """A field of a row: `study.patient.age`.

    Args:
        entity: Its entity.
        field: Its name.
        row: The name of the row, where it is one with a name.
    """

    def __init__(self, entity: str, field: str, row: str | None = None) -> None:
        self.path = FieldOf(entity=entity, field=field, row=row)

    def __repr__(self) -> str:
        """Return the field as it is written in a text."""
        return f"<Field {self.path.row or self.path.entity}.{self.path.field}>"

    def is_in(self, values: Iterable[Value]) -> Condition:
        """Return that it is one of several values; of a field with several, that some is."""
        return self._compare(Operator.IN, *_listed(values))

    def any_of(self, *values: Value) -> Condition:
        """Return that some of its values is one of these."""
        return self._compare(Operator.ANY_OF, *values)

    def all_of(self, *values: Value) -> Condition:
        """Return that each of these is among its values."""
        return self._compare(Operator.ALL_OF, *values)

    def under(self, *codes: str, exceptions: Iterable[str] = ()) -> Condition:
        """Return that its code is one of these or below one.

        Args:
            codes: The codes.
            exceptions: Codes that are not meant, with all below them.
        """
        found = self._compare(Operator.UNDER, *codes).tree
        excepted = tuple(_listed(exceptions))
        return Condition(found.model_copy(update={"exceptions": excepted}) if excepted else found)

    def matches(self, text: str) -> Condition:
        """Return that a text is found in it, whatever the case of letters."""
        return self._compare(Operator.MATCHES, text)

    def contains(self, text: str) -> Condition:
        """Return that a text is found in it, exactly as it is written."""
        return self._compare(Operator.CONTAINS, text)

    def starts_with(self, text: str) -> Condition:
        """Return that it begins with a text, exactly as it is written."""
        return self._compare(Operator.STARTS_WITH, text)

    def max(self, where: Condition | None = None) -> "RowsNumber":
        """Return its greatest value in rows that fulfil a condition."""
        return self._summary(Summary.MAX, where)

    def min(self, where: Condition | None = None) -> "RowsNumber":
        """Return its least value in rows that fulfil a condition."""
        return self._summary(Summary.MIN, where)

    def mean(self, where: Condition | None = None) -> "RowsNumber":
        """Return the mean of its values in rows that fulfil a condition."""
        return self._summary(Summary.MEAN, where)

    def sum(self, where: Condition | None = None) -> "RowsNumber":
        """Return the sum of its values in rows that fulfil a condition."""
        return self._summary(Summary.SUM, where)

    def plus(self, *, days: int = 0, weeks: int = 0, months: int = 0, years: int = 0) -> "Later":
        """Return a time after its value, or before it, for a comparison with another field.

        The end of a month stays inside the month.
        """
        given = {"days": days, "weeks": weeks, "months": months, "years": years}
        counted = {unit: number for unit, number in given.items() if number}
        if len(counted) != 1:
            raise UsageError("One of days, weeks, months and years is added to a field.")
        ((unit, number),) = counted.items()
        return self._later(number, OffsetUnit(unit))

    def __add__(self, time: timedelta) -> "Later":
        return self._later(_whole_days(time), OffsetUnit.DAYS)

    def __sub__(self, time: timedelta) -> "Later":
        return self._later(-_whole_days(time), OffsetUnit.DAYS)

    def _later(self, number: int, unit: OffsetUnit) -> "Later":
        try:
            offset = Offset(number=number, unit=unit)
        except ValidationError as error:
            raise refused(error) from None
        return Later(self.path.model_copy(update={"offset": offset}))

    def _summary(self, summary: Summary, where: Condition | None) -> "RowsNumber":
        condition = None if where is None else tree_of_condition(where)
        path = self.path

        def asked(operator: Operator, values: tuple[Any, ...]) -> Filter:
            return SummaryOf(
                summary=summary, entity=path.entity, field=path.field, name=path.row,
                condition=condition, operator=operator, values=tuple(map(filter_value, values)),
            )  # fmt: skip

        return RowsNumber(asked)

    def _asked(self, operator: Operator, values: tuple[Any, ...]) -> Filter:
        others = tuple(_operand(each) for each in values)
        path = self.path
        if any(isinstance(each, FieldOf) for each in others):
            return FieldComparison(
                entity=path.entity, field=path.field, row=path.row, operator=operator, others=others
            )
        return Comparison(
            entity=path.entity, field=path.field, row=path.row, operator=operator, values=others
        )


class Later:
    """A field and a time that is added to it, to compare another field with."""

    def __init__(self, path: FieldOf) -> None:
        self.path = path


class RowsNumber(Ranged):
    """A number that is made of rows: `study.visit.fev1.max()`."""

    def __init__(self, asked: Callable[[Operator, tuple[Any, ...]], Filter]) -> None:
        self._made = asked

    def _asked(self, operator: Operator, values: tuple[Any, ...]) -> Filter:
        return self._made(operator, values)


class RowCount(Compared):
    """How many rows there are: `study.visit.count()`."""

    def __init__(self, entity: str, name: str | None, condition: Filter | None) -> None:
        self._entity, self._name, self._condition = entity, name, condition

    def _asked(self, operator: Operator, values: tuple[Any, ...]) -> Filter:
        (number,) = map(filter_value, values)
        if not isinstance(number, int) or number < 0:
            raise UsageError("A number of rows is a whole number, 0 or more.")
        return CountOf(
            entity=self._entity, name=self._name, condition=self._condition,
            operator=operator, number=number,
        )  # fmt: skip


class MeasuredValue(Ranged):
    """What an assay measured in some sample: `study.expression("rna", "TP53")`."""

    def __init__(self, measure: str, assay: str, feature: str, unit: str | None) -> None:
        self._what = {"measure": measure, "assay": assay, "feature": feature, "unit": unit}

    def _asked(self, operator: Operator, values: tuple[Any, ...]) -> Filter:
        given = tuple(
            each if isinstance(each, Percentile) else filter_value(each) for each in values
        )
        content = {**self._what, "operator": operator, "values": given}
        return AssayValue.model_validate(content)


def percentile(share: float) -> Percentile:
    """Return the value that so many percent of the samples shown do not exceed.

    Raises:
        UsageError: It is not between 0 and 100.
    """
    try:
        return Percentile(percentile=share)
    except ValidationError as error:
        raise refused(error) from None


def tree_of_condition(given: Condition) -> Filter:
    """Return what a condition asks.

    Raises:
        ConditionError: It is not a condition.
    """
    if not isinstance(given, Condition):
        refuse_joining()
    return given.tree


def _operand(given: Any) -> Any:
    if isinstance(given, Field):
        return given.path
    return given.path if isinstance(given, Later) else filter_value(given)


def _listed(values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str):
        raise UsageError("Several values are in a list: ['a', 'b'].")
    return list(values)


def _whole_days(time: timedelta) -> int:
    if time != timedelta(days=getattr(time, "days", 0)):
        raise UsageError("Whole days are added to a field.", fix="Months: .plus(months=3).")
    return time.days
