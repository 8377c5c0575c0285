"""Filters as people write them: text to tree. The page for users is `docs/filters.md`."""

from dataclasses import dataclass

from apollo_spark.errors import Problem
from apollo_spark.model.filter import (
    COUNT_OPERATORS,
    FIELD_OPERATORS,
    NUMBER_OPERATORS,
    AssayValue,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Operator,
    Summary,
    SummaryOf,
    with_deep_recursion,
)
from apollo_spark.model.names import STOPWORDS
from apollo_spark.sources.filters.grammar import FilterParser, Marking
from apollo_spark.sources.filters.literals import read_literal
from apollo_spark.sources.filters.marks import (
    ASSAY,
    ENTITY,
    EXCEPTION,
    FEATURE,
    FIELD,
    OPERATOR,
    UNIT,
    VALUE,
    Marks,
)
from apollo_spark.sources.filters.operands import (
    SIGNS,
    read_count,
    read_exceptions,
    read_number,
    read_operand,
    read_operator,
    read_values,
    split_path,
    value_reader,
)
from apollo_spark.sources.filters.problems import refuse_filter
from apollo_spark.sources.filters.reader import TokenReader
from apollo_spark.sources.filters.tokens import Token, TokenKind, refusal

_CHOICES = tuple(each.value for each in Choice)
_SUMMARIES = tuple(each.value for each in Summary)


@dataclass(frozen=True)
class ParsedFilter:
    """A filter with the places of all that asks something, in the order of the text.

    Attributes:
        tree: The filter, with `UNREAD` for what cannot be read.
        marks: The places.
        problems: Why something cannot be read, in the order of the text.
    """

    tree: Filter
    marks: tuple[Marks, ...]
    problems: tuple[Problem, ...] = ()


def parse_filter(text: str) -> Filter:
    """Read a filter; see `parse_with_places`."""
    return parse_with_places(text).tree


def parse_with_places(text: str) -> ParsedFilter:
    """Read a filter, and keep where its parts are, for what is found wrong later.

    Raises:
        UsageError: The text is not a filter; the message holds the places, and no value.
    """
    parsed = parse_as_far_as_possible(text)
    if parsed.problems:
        raise refuse_filter(parsed.problems)
    return parsed


@with_deep_recursion
def parse_as_far_as_possible(text: str) -> ParsedFilter:
    """Read what can be read of a filter, so that all that is wrong is found at once."""
    parser = _ConditionParser(TokenReader(text))
    tree = parser.read_all()
    return ParsedFilter(tree, tuple(parser.marks), tuple(parser.problems))


def _is_measure(token: Token) -> bool:
    """Whether a word may be what assays of some type measure; which there are, assays say."""
    return token.kind is TokenKind.WORD and token.text.lower() not in STOPWORDS


class _ConditionParser(FilterParser):
    def _read_condition(self) -> Filter:
        reader = self._reader
        if reader.accepts_sign("("):
            found = self._read_or()
            reader.take_sign(")")
            return found
        if reader.next.kind is TokenKind.PATH:
            return self._read_comparison()
        if reader.next.is_word("in") and reader.after_next.is_word("cohort"):
            return self._read_cohort()
        for words, read in (
            (("exists", "count"), self._read_rows),
            (_CHOICES, self._read_chosen),
            (_SUMMARIES, self._read_summary),
        ):
            if reader.next.is_word(*words):
                return read(self._begin())
        if _is_measure(reader.next) and reader.after_next.is_sign("("):
            return self._read_assay_value()
        raise reader.refusal("A condition is expected.", "A field is written ENTITY.FIELD.")

    def _read_comparison(self) -> Filter:
        marking = self._begin()
        entity, field, row = split_path(self._reader.take(), self._names)
        operator = self._read_operator(marking)
        if operator not in FIELD_OPERATORS:
            read = marking.values(value_reader(self._reader, operator))
            operator, values = read_values(self._reader, operator, read)
            codes = self._read_exceptions(marking) if operator is Operator.UNDER else ()
            return Comparison(
                entity=entity, field=field, row=row, operator=operator, values=values,
                exceptions=codes,
            )  # fmt: skip
        operator, others = read_values(
            self._reader,
            operator,
            marking.values(lambda: read_operand(self._reader, self._names)),
        )
        plain = tuple(each for each in others if not isinstance(each, FieldOf))
        if len(plain) == len(others):
            return Comparison(entity=entity, field=field, row=row, operator=operator, values=plain)
        return FieldComparison(
            entity=entity, field=field, row=row, operator=operator, others=others
        )

    def _read_operator(self, marking: Marking) -> Operator:
        start = self._reader.at
        found = read_operator(self._reader)
        marking.mark(OPERATOR, start)
        return found

    def _read_exceptions(self, marking: Marking) -> tuple[str, ...]:
        return read_exceptions(self._reader, lambda read: marking.values(read, EXCEPTION))

    def _read_rows(self, marking: Marking) -> Filter:
        """Read `exists(ENTITY: ...)` or `count(ENTITY: ...) >= N`; without a condition too."""
        is_count = self._reader.take().is_word("count")
        self._reader.take_sign("(")
        entity = self._read_entity("Write exists(ENTITY: ...).", marking)
        with self._named(entity, marking) as name:
            condition = self._read_inner()
        self._reader.take_sign(")")
        if not is_count:
            return Exists(entity=entity, name=name, condition=condition)
        if self._reader.next.text not in SIGNS:
            raise self._reader.refusal("A number of rows is compared by =, !=, <, <=, > or >=.")
        operator = SIGNS[self._reader.take().text]
        assert operator in COUNT_OPERATORS, "signs are those of numbers"
        return CountOf(
            entity=entity,
            name=name,
            condition=condition,
            operator=operator,
            number=read_count(self._reader),
        )

    def _read_chosen(self, marking: Marking) -> Filter:
        """Read `first(ENTITY by ENTITY.FIELD: ...): ...`, or with last."""
        choice = Choice(self._reader.take().text.lower())
        fix = f"Write {choice}(ENTITY by ENTITY.FIELD: ...): ..."
        self._reader.take_sign("(")
        entity = self._read_entity(fix, marking)
        with self._named(entity, marking) as name:
            self._reader.take_word("by", fix)
            marking.mark(FIELD, self._reader.at)
            token = self._reader.take_kind(TokenKind.PATH, "A field is expected.", fix)
            owner, field, row = split_path(token, self._names)
            if owner != entity or row not in (None, name):
                raise refusal(token.place, f"Rows of {entity!r} are ordered by a field of theirs.")
            among = self._read_inner()
            self._reader.take_sign(")")
            self._reader.take_sign(":")
            condition = self._read_of_chosen()
        return ChosenRow(
            choice=choice, entity=entity, name=name, by=field, among=among, condition=condition
        )

    def _read_of_chosen(self) -> Filter:
        if self._reader.next.is_sign("("):
            return self._read_condition()
        with self._deeper():
            found = self._read_not()
        if self._reader.next.is_word("and", "or"):
            raise self._reader.refusal(
                "Whether this is asked of the chosen row too cannot be told.",
                "Put what is asked of it in parentheses: first(...): (...).",
            )
        return found

    def _read_summary(self, marking: Marking) -> Filter:
        """Read `max(ENTITY.FIELD: ...) < 2`, or with min, mean or sum."""
        summary = Summary(self._reader.take().text.lower())
        self._reader.take_sign("(")
        fix = f"Write {summary}(ENTITY.FIELD: ...)."
        marking.mark(ENTITY, self._reader.at)
        marking.mark(FIELD, self._reader.at)
        token = self._reader.take_kind(TokenKind.PATH, "A field is expected.", fix)
        entity, _, field = token.text.partition(".")
        with self._named(entity, marking) as name:
            condition = self._read_inner()
        self._reader.take_sign(")")
        operator = self._read_operator_of_number(marking)
        read = marking.values(value_reader(self._reader, operator))
        operator, values = read_values(self._reader, operator, read)
        return SummaryOf(
            summary=summary, entity=entity, field=field, name=name, condition=condition,
            operator=operator, values=values,
        )  # fmt: skip

    def _read_assay_value(self) -> Filter:
        """Read `expression(ASSAY, "FEATURE", UNIT) > 10`; which words there are, assays say."""
        marking = self._begin()
        measure = self._reader.take().text
        fix = f'Write {measure}(ASSAY, "FEATURE") or {measure}(ASSAY, "FEATURE", UNIT).'
        self._reader.take_sign("(")
        marking.mark(ASSAY, self._reader.at)
        assay = self._reader.take_kind(TokenKind.WORD, "The name of an assay is expected.", fix)
        self._reader.take_sign(",")
        marking.mark(FEATURE, self._reader.at)
        feature = self._reader.take_kind(TokenKind.TEXT, "A feature is expected, as text.", fix)
        unit = self._read_unit(fix, marking) if self._reader.accepts_sign(",") else None
        self._reader.take_sign(")")
        operator = self._read_operator_of_number(marking)
        read = marking.values(lambda: read_number(self._reader))
        operator, values = read_values(self._reader, operator, read)
        return AssayValue(
            measure=measure.lower(), assay=assay.text, feature=str(read_literal(feature)),
            unit=unit, operator=operator, values=values,
        )  # fmt: skip

    def _read_unit(self, fix: str, marking: Marking) -> str:
        start = self._reader.at
        found = self._read_name_of_unit(fix)
        marking.mark(UNIT, start)
        return found

    def _read_name_of_unit(self, fix: str) -> str:
        if self._reader.next.kind is TokenKind.TEXT:
            return str(read_literal(self._reader.take()))
        unit = self._reader.take_kind(TokenKind.WORD, "A unit is expected.", fix).text
        if self._reader.accepts_sign(":"):
            other = self._reader.take_kind(TokenKind.WORD, "The name of a unit is expected.", fix)
            unit = f"{unit}:{other.text}"
        return unit

    def _read_operator_of_number(self, marking: Marking) -> Operator:
        place = self._reader.next.place
        operator = self._read_operator(marking)
        if operator not in NUMBER_OPERATORS:
            why = "A number is compared by =, !=, <, <=, >, >=, between, is missing."
            raise refusal(place, why)
        return operator

    def _read_cohort(self) -> Filter:
        marking = self._begin()
        self._reader.take()
        self._reader.take()
        fix = 'Write: in cohort "NAME@2".'
        marking.mark((VALUE, 0), self._reader.at)
        token = self._reader.take_kind(TokenKind.TEXT, "The name of a cohort is expected.", fix)
        return InCohort(cohort=str(read_literal(token)))

    def _read_entity(self, fix: str, marking: Marking) -> str:
        marking.mark(ENTITY, self._reader.at)
        why = "The name of an entity is expected."
        return self._reader.take_kind(TokenKind.WORD, why, fix).text

    def _read_inner(self) -> Filter | None:
        return self._read_or() if self._reader.accepts_sign(":") else None
