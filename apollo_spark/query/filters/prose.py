"""A filter as an English sentence, with titles of fields and meanings of codes.

It is made for people who read, and is not read again; brackets show what belongs together.
"""

from collections.abc import Sequence

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Not,
    Operator,
    Or,
    Percentile,
    SummaryOf,
    with_deep_recursion,
)
from apollo_spark.sources.filters.literals import write_literal
from apollo_spark.sources.filters.write import write_offset

LISTED = 5
"""Values of a list that are written out; the others are counted."""

_NUMBERS = {
    Operator.EQUAL: "is", Operator.NOT_EQUAL: "is not", Operator.LESS: "is less than",
    Operator.LESS_OR_EQUAL: "is at most", Operator.GREATER: "is greater than",
    Operator.GREATER_OR_EQUAL: "is at least",
}  # fmt: skip
_DATES = {
    **_NUMBERS, Operator.LESS: "is before", Operator.LESS_OR_EQUAL: "is on or before",
    Operator.GREATER: "is after", Operator.GREATER_OR_EQUAL: "is on or after",
}  # fmt: skip
_COUNTS = {
    Operator.EQUAL: "exactly", Operator.NOT_EQUAL: "not", Operator.LESS: "fewer than",
    Operator.LESS_OR_EQUAL: "at most", Operator.GREATER: "more than",
    Operator.GREATER_OR_EQUAL: "at least",
}  # fmt: skip
_SEARCHES = {
    Operator.MATCHES: "contains {}, in whatever case",
    Operator.CONTAINS: "contains {}",
    Operator.STARTS_WITH: "starts with {}",
}
_ENDS = {
    Operator.BETWEEN: "both included",
    Operator.BETWEEN_WITHOUT_START: "the first one left out",
    Operator.BETWEEN_WITHOUT_END: "the last one left out",
    Operator.BETWEEN_WITHOUT_ENDS: "both left out",
}
_ONE_OF = (Operator.EQUAL, Operator.IN)
_SUMMARIES = {"max": "greatest", "min": "least", "mean": "mean", "sum": "total"}


@with_deep_recursion
def describe_filter(tree: Filter | None, dictionary: DataDictionary) -> str:
    """Return a filter as a sentence; None is everybody.

    Args:
        tree: The filter, on rows of the main entity.
        dictionary: What fields are called and codes mean.
    """
    prose = _Prose(dictionary)
    main = dictionary.main_entity
    if tree is None:
        return f"All {prose.several(main)}."
    return f"{_capital(prose.several(main))} where {prose.say(tree, main)}."


class _Prose:
    def __init__(self, dictionary: DataDictionary) -> None:
        self._dictionary = dictionary

    def several(self, entity: str) -> str:
        """Return what rows of an entity are called."""
        found = self._dictionary.find_entity(entity)
        return (found.label_plural if found else None) or f"rows of {entity}"

    def say(self, tree: Filter, row: str) -> str:
        """Return a condition on a row as a clause."""
        if isinstance(tree, And | Or):
            word = ", and " if isinstance(tree, And) else ", or "
            return word.join(self._inside(each, row) for each in tree.parts)
        if isinstance(tree, Not):
            return self._opposite(tree.part, row)
        if isinstance(tree, Comparison):
            return f"{self._field(tree, row)} {self._compared(tree)}"
        if isinstance(tree, FieldComparison):
            return f"{self._field(tree, row)} {self._beside(tree)}"
        if isinstance(tree, Exists):
            return f"there is {self._one(tree.entity, tree.name)}{self._where(tree)}"
        if isinstance(tree, CountOf):
            number = f"{_COUNTS[tree.operator]} {tree.number:,}"
            named = f", each called {tree.name}" if tree.name else ""
            return f"there are {number} {self.several(tree.entity)}{named}{self._where(tree)}"
        return self._special(tree)

    def _special(self, tree: ChosenRow | SummaryOf | AssayValue | InCohort) -> str:
        if isinstance(tree, InCohort):
            return f"the {self._noun(self._dictionary.main_entity)} is in the cohort {tree.cohort}"
        if isinstance(tree, AssayValue):
            unit = f" in {tree.unit}" if tree.unit else ""
            what = f"the {tree.measure} of {tree.feature} in {tree.assay}{unit}"
            return f"{what} {_ranged(tree.operator, [*map(_plain, tree.values)], _NUMBERS)}"
        if isinstance(tree, SummaryOf):
            title = self._title(tree.entity, tree.field)
            named = f", each called {tree.name}," if tree.name else ""
            of = f"{self.several(tree.entity)}{named}{self._where(tree)}"
            values = [write_literal(each) for each in tree.values]
            asked = _ranged(tree.operator, values, _NUMBERS)
            return f"the {_SUMMARIES[tree.summary.value]} {title} of [{of}] {asked}"
        among = "" if tree.among is None else f" [where {self.say(tree.among, tree.entity)}]"
        named = f", called {tree.name}," if tree.name else ""
        order = f"the {tree.choice} {self._noun(tree.entity)}{named} by "
        order += f"{self._title(tree.entity, tree.by)}{among}"
        return f"for {order}: [{self.say(tree.condition, tree.entity)}]"

    def _opposite(self, part: Filter, row: str) -> str:
        if isinstance(part, Exists):
            return f"there is no {self._one(part.entity, part.name, '')}{self._where(part)}"
        return f"it is not so that [{self.say(part, row)}]"

    def _inside(self, tree: Filter, row: str) -> str:
        said = self.say(tree, row)
        return f"[{said}]" if isinstance(tree, And | Or) else said

    def _where(self, tree: Exists | CountOf | SummaryOf) -> str:
        if tree.condition is None:
            return ""
        return f" where {self._inside(tree.condition, tree.entity)}"

    def _field(self, tree: Comparison | FieldComparison, row: str) -> str:
        title = self._title(tree.entity, tree.field)
        if tree.row is not None:
            return f"{title} of {tree.row}"
        return title if tree.entity == row else f"{title} of some {self._noun(tree.entity)}"

    def _compared(self, tree: Comparison) -> str:
        spec = self._find(tree.entity, tree.field)
        values = [self._value(each, spec) for each in tree.values]
        several = spec is not None and spec.is_multi_select
        if tree.operator in _SEARCHES:
            return _SEARCHES[tree.operator].format(values[0])
        if tree.operator is Operator.UNDER:
            excepted = [self._value(each, spec) for each in tree.exceptions]
            but = f", but not {_listed(excepted, 'or')} or anything below" if excepted else ""
            return f"is {_listed(values, 'or')} or anything below{but}"
        if tree.operator is Operator.ALL_OF:
            return f"has all of {_listed(values, 'and')}"
        if tree.operator is Operator.ANY_OF or (several and tree.operator in _ONE_OF):
            return f"has {_listed(values, 'or')} among its values"
        if several and tree.operator is Operator.NOT_EQUAL:
            return f"does not have {values[0]} among its values"
        if tree.operator is Operator.IN:
            return f"is {_listed(values, 'or')}"
        return _ranged(tree.operator, values, _signs(spec))

    def _beside(self, tree: FieldComparison) -> str:
        spec = self._find(tree.entity, tree.field)
        others = [
            self._other(each) if isinstance(each, FieldOf) else self._value(each, spec)
            for each in tree.others
        ]
        return _ranged(tree.operator, others, _signs(spec))

    def _other(self, path: FieldOf) -> str:
        of = path.row or f"the {self._noun(path.entity)}"
        offset = "" if path.offset is None else f" {write_offset(path.offset)}"
        return f"{self._title(path.entity, path.field)} of {of}{offset}"

    def _value(self, value: object, spec: FieldSpec | None) -> str:
        """Return a value, and what it means where it is a code."""
        text = _plain(value)
        coding = self._dictionary.find_coding(spec.coding_name) if spec else None
        if coding is None:
            return text
        code = value if isinstance(value, str) else text
        meaning = coding.meanings.get(str(code))
        if not meaning or meaning == code:
            return text
        # Among ordinary values of a sparse field a code is said to be one.
        told = f"the code '{meaning}'" if spec is not None and spec.is_sparse else meaning
        return f"{told} ({code})"

    def _title(self, entity: str, field: str) -> str:
        spec = self._find(entity, field)
        return spec.label if spec else f"{entity}.{field}"

    def _find(self, entity: str, field: str) -> FieldSpec | None:
        found = self._dictionary.find_entity(entity)
        return found.find_field(field) if found else None

    def _noun(self, entity: str) -> str:
        found = self._dictionary.find_entity(entity)
        return (found.label_singular if found else None) or entity

    def _one(self, entity: str, name: str | None, article: str = "a ") -> str:
        noun = self._noun(entity)
        start = "an " if article and noun[:1].lower() in "aeiou" else article
        return f"{start}{noun}" + (f", called {name}," if name else "")


def _ranged(operator: Operator, values: Sequence[str], words: dict[Operator, str]) -> str:
    if operator is Operator.IS_MISSING:
        return "is missing"
    if operator is Operator.IS_NOT_MISSING:
        return "is known"
    if operator in BETWEENS:
        ends = "" if operator is Operator.BETWEEN else f" ({_ENDS[operator]})"
        return f"is between {values[0]} and {values[1]}{ends}"
    return f"{words[operator]} {values[0]}"


def _signs(spec: FieldSpec | None) -> dict[Operator, str]:
    is_time = spec is not None and spec.type in (FieldType.DATE, FieldType.DATETIME)
    return _DATES if is_time else _NUMBERS


def _listed(values: Sequence[str], word: str) -> str:
    shown = list(values[:LISTED])
    if len(values) > LISTED:
        shown.append(f"{len(values) - LISTED:,} more")
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def _plain(value: object) -> str:
    if isinstance(value, Percentile):
        return f"the {value.percentile:g}th percentile"
    return write_literal(value)  # type: ignore[arg-type]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
