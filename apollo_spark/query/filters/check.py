"""Whether a filter can be asked: its names and values against a data dictionary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.filter import (
    MAX_DEPTH,
    And,
    Comparison,
    CountOf,
    Exists,
    Filter,
    Not,
    Or,
    comparisons_of,
    needs_parentheses,
)
from apollo_spark.query.filters.fields import find_comparison_problem, unknown_codes
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.query.filters.values import Codes, codes_of
from apollo_spark.sources.filters.text import parse_with_places
from apollo_spark.sources.filters.tokens import Place
from apollo_spark.sources.suggest import did_you_mean

MOST_CONDITIONS = 20_000
"""Comparisons, exists and counts of a filter that is typed; one that is stored may have more."""
LISTED = 100
"""Problems that are written out; all are counted."""
SUGGESTIONS = 20
"""Unknown names for which a known one is suggested; all are named."""


@dataclass(frozen=True)
class _Problem:
    text: str
    is_unknown_name: bool = False


def read_filter(text: str, dictionary: DataDictionary) -> Filter:
    """Read a filter, and check it against a dictionary.

    Raises:
        UsageError: The text is no filter, or a condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    parsed = parse_with_places(text)
    check_filter(parsed.tree, dictionary, parsed.places)
    return parsed.tree


def require_few_conditions(text: str) -> None:
    """Refuse a filter that is typed and too long; one that is stored may be of any length.

    Raises:
        UsageError: The text is no filter, or has more than `MOST_CONDITIONS`.
    """
    count = len(parse_with_places(text).places)
    if count > MOST_CONDITIONS:
        raise UsageError(
            f"The filter has {count:,} conditions; at most {MOST_CONDITIONS:,} are allowed.",
            fix="ENTITY.FIELD in (..) is one condition, and may name any number of values.",
        )


def check_filter(tree: Filter, dictionary: DataDictionary, places: Sequence[Place] = ()) -> None:
    """Check names, operators and values; everything wrong is listed, and no value.

    Args:
        tree: The filter, on rows of the main entity.
        dictionary: The fields that may be named.
        places: Where comparisons, exists and counts stand, in the order of the text.

    Raises:
        UsageError: A condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    checker = _Checker(dictionary, places)
    problems = list(checker.find(tree, dictionary.main_entity))
    if not problems:
        return
    listed = "\n".join(f"- {each.text}" for each in problems[:LISTED])
    if len(problems) > LISTED:
        listed += f"\n- and {len(problems) - LISTED:,} more"
    error = NotFoundError if all(each.is_unknown_name for each in problems) else UsageError
    raise error(f"The filter cannot be used:\n{listed}")


def notes_of_filter(tree: Filter, dictionary: DataDictionary) -> tuple[str, ...]:
    """Return what somebody should know of a filter that can be asked: codes that may come yet."""
    counts: dict[tuple[str, str], int] = {}
    for each in comparisons_of(tree):
        entity = dictionary.find_entity(each.entity)
        spec = entity.find_field(each.field) if entity else None
        if spec is None or not spec.has_open_coding:
            continue
        codes = codes_of(spec, dictionary.find_coding(spec.coding_name))
        if unknown := unknown_codes(each, spec, codes):
            path = f"{each.entity}.{each.field}", str(spec.coding_name)
            counts[path] = counts.get(path, 0) + len(unknown)
    return tuple(
        f"{path} is compared with {count:,} {'code' if count == 1 else 'codes'} that the coding "
        f"{coding!r} does not have yet"
        for (path, coding), count in counts.items()
    )


class _Checker:
    def __init__(self, dictionary: DataDictionary, places: Sequence[Place]) -> None:
        self._dictionary = dictionary
        self._entities = EntityTree(dictionary)
        self._places = iter(places)
        self._suggested = 0
        self._codes: dict[tuple[str | None, str], Codes] = {}

    def find(self, tree: Filter, row: str, depth: int = 0) -> Iterator[_Problem]:
        if depth > MAX_DEPTH:
            yield _Problem(f"conditions are nested more than {MAX_DEPTH} levels deep")
        elif isinstance(tree, And | Or):
            for part in tree.parts:
                yield from self.find(part, row, depth + needs_parentheses(tree, part))
        elif isinstance(tree, Not):
            deeper = depth + 1 + needs_parentheses(tree, tree.part)
            yield from self.find(tree.part, row, deeper)
        elif isinstance(tree, Comparison):
            yield from self._find_in_comparison(tree, row)
        else:
            yield from self._find_in_rows(tree, row, depth)

    def _find_in_rows(self, tree: Exists | CountOf, row: str, depth: int) -> Iterator[_Problem]:
        where = self._where()
        word = "exists" if isinstance(tree, Exists) else "count"
        if self._dictionary.find_entity(tree.entity) is None:
            yield self._unknown_entity(where, tree.entity)
        elif tree.entity == row:
            yield _Problem(
                f"{where}{word}({tree.entity}: ...) asks for other rows, and the row in hand is "
                f"one of {row!r}; write its condition without it"
            )
        elif self._entities.path(row, tree.entity) is None:
            yield self._not_below(where, tree.entity, row)
        if tree.condition is not None:
            yield from self.find(tree.condition, tree.entity, depth + 1)

    def _find_in_comparison(self, tree: Comparison, row: str) -> Iterator[_Problem]:
        where = self._where()
        entity = self._dictionary.find_entity(tree.entity)
        if entity is None:
            yield self._unknown_entity(where, tree.entity)
            return
        spec = entity.find_field(tree.field)
        if spec is None:
            yield self._unknown_field(where, entity, tree.field)
            return
        is_known_row = self._dictionary.find_entity(row) is not None
        if is_known_row and self._entities.path(row, tree.entity) is None:
            yield self._not_below(where, tree.entity, row)
        coding = self._dictionary.find_coding(spec.coding_name)
        for problem in find_comparison_problem(tree, spec, coding, self._codes_of(spec)):
            yield _Problem(f"{where}{tree.entity}.{tree.field} {problem}")

    def _codes_of(self, spec: FieldSpec) -> Codes:
        key = (spec.coding_name, spec.type.value)
        if key not in self._codes:
            self._codes[key] = codes_of(spec, self._dictionary.find_coding(spec.coding_name))
        return self._codes[key]

    def _where(self) -> str:
        place = next(self._places, None)
        return "" if place is None else f"{place}: "

    def _unknown_entity(self, where: str, name: str) -> _Problem:
        known = [each.name for each in self._dictionary.entities]
        hint = self._suggest(name, known)
        return _Problem(f"{where}there is no entity {name!r}{hint}", is_unknown_name=True)

    def _unknown_field(self, where: str, entity: Entity, name: str) -> _Problem:
        hint = self._suggest(name, [each.name for each in entity.fields])
        text = f"{where}there is no field {entity.name}.{name}{hint}"
        return _Problem(text, is_unknown_name=True)

    def _not_below(self, where: str, entity: str, row: str) -> _Problem:
        if entity in self._entities.unjoined:
            return _Problem(
                f"{where}{entity!r} is joined to nothing, so that no condition on it can be asked"
            )
        return _Problem(
            f"{where}{entity!r} is not below {row!r}, which is asked about here; write "
            "its condition outside"
        )

    def _suggest(self, name: str, known: list[str]) -> str:
        self._suggested += 1
        return did_you_mean(name, known) if self._suggested <= SUGGESTIONS else ""
