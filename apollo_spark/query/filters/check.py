"""Whether a filter can be asked: its names and values against a data dictionary."""

from collections.abc import Iterator, Sequence

from apollo_spark.errors import NotFoundError, Problem, UsageError
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
    allow_depth,
    comparisons_of,
    needs_parentheses,
)
from apollo_spark.query.filters.fields import find_comparison_problem, unknown_codes
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.query.filters.values import Codes, codes_of
from apollo_spark.sources.filters.problems import list_problems, refuse_filter
from apollo_spark.sources.filters.text import UNREAD, parse_as_far_as_possible
from apollo_spark.sources.filters.tokens import Place, problem_at
from apollo_spark.sources.suggest import find_near

MOST_CONDITIONS = 10_000
"""What may ask something in a filter that is typed; one that is stored may have more."""
SUGGESTIONS = 20
"""Unknown names for which a known one is suggested; all are named."""


def read_filter(text: str, dictionary: DataDictionary) -> Filter:
    """Read a filter, and check it against a dictionary.

    Raises:
        UsageError: The text is no filter, or a condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    parsed = parse_as_far_as_possible(text)
    if not parsed.problems:
        check_filter(parsed.tree, dictionary, parsed.places)
        return parsed.tree
    checked = find_problems(parsed.tree, dictionary, parsed.places)
    raise refuse_filter(
        sorted((*parsed.problems, *checked), key=lambda each: (each.line or 0, each.column or 0))
    )


def require_few_conditions(text: str) -> None:
    """Refuse a filter that is typed and too long; one that is stored may be of any length.

    Raises:
        UsageError: It has more than `MOST_CONDITIONS`.
    """
    count = len(parse_as_far_as_possible(text).places)
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
    problems = find_problems(tree, dictionary, places)
    if not problems:
        return
    what = list_problems("The filter cannot be used", problems)
    if all(isinstance(each, UnknownName) for each in problems):
        raise NotFoundError(what, problems=problems)
    raise UsageError(what, problems=problems)


class UnknownName(Problem):
    """A name that is not in the dictionary, or not to be seen."""


def find_problems(
    tree: Filter, dictionary: DataDictionary, places: Sequence[Place] = ()
) -> tuple[Problem, ...]:
    """Return what is wrong with a filter; see `check_filter`."""
    return tuple(_Checker(dictionary, places).find(tree, dictionary.main_entity))


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

    def find(self, tree: Filter, row: str, depth: int = 0) -> Iterator[Problem]:
        allow_depth(depth)
        if depth > MAX_DEPTH:
            yield problem_at(None, f"conditions are nested more than {MAX_DEPTH} levels deep")
        elif isinstance(tree, And | Or):
            for part in tree.parts:
                yield from self.find(part, row, depth + needs_parentheses(tree, part))
        elif isinstance(tree, Not):
            deeper = depth + 1 + needs_parentheses(tree, tree.part)
            yield from self.find(tree.part, row, deeper)
        elif isinstance(tree, Comparison):
            yield from self._find_in_comparison(tree, row)
        elif isinstance(tree, Exists | CountOf):
            yield from self._find_in_rows(tree, row, depth)
        else:
            yield problem_at(next(self._places, None), "this cannot be asked yet")

    def _find_in_rows(self, tree: Exists | CountOf, row: str, depth: int) -> Iterator[Problem]:
        place = next(self._places, None)
        if tree.name is not None:
            yield problem_at(place, "rows with names cannot be asked about yet")
            return
        word = "exists" if isinstance(tree, Exists) else "count"
        if self._dictionary.find_entity(tree.entity) is None:
            yield self._unknown_entity(place, tree.entity)
        elif tree.entity == row:
            yield problem_at(
                place,
                f"{word}({tree.entity}: ...) asks for other rows, and the row in hand is "
                f"one of {row!r}; write its condition without it",
            )
        elif self._entities.path(row, tree.entity) is None:
            yield self._not_below(place, tree.entity, row)
        if tree.condition is not None:
            yield from self.find(tree.condition, tree.entity, depth + 1)

    def _find_in_comparison(self, tree: Comparison, row: str) -> Iterator[Problem]:
        place = next(self._places, None)
        if tree is UNREAD:
            return
        if tree.row is not None:
            yield problem_at(place, "rows with names cannot be asked about yet")
            return
        entity = self._dictionary.find_entity(tree.entity)
        if entity is None:
            yield self._unknown_entity(place, tree.entity, tree.field)
            return
        spec = entity.find_field(tree.field)
        if spec is None:
            yield self._unknown_field(place, entity, tree.field)
            return
        is_known_row = self._dictionary.find_entity(row) is not None
        if is_known_row and self._entities.path(row, tree.entity) is None:
            yield self._not_below(place, tree.entity, row)
        coding = self._dictionary.find_coding(spec.coding_name)
        for found in find_comparison_problem(tree, spec, coding, self._codes_of(spec)):
            yield problem_at(
                place, f"{tree.entity}.{tree.field} {found.text}",
                expected=found.expected, suggestions=found.suggestions,
            )  # fmt: skip

    def _codes_of(self, spec: FieldSpec) -> Codes:
        key = (spec.coding_name, spec.type.value)
        if key not in self._codes:
            self._codes[key] = codes_of(spec, self._dictionary.find_coding(spec.coding_name))
        return self._codes[key]

    def _unknown_entity(self, place: Place | None, name: str, field: str = "") -> Problem:
        known = [each.name for each in self._dictionary.entities]
        end = f".{field}" if field else ""
        return self._unknown(place, f"there is no entity {name!r}", name, known, "{}" + end)

    def _unknown_field(self, place: Place | None, entity: Entity, name: str) -> Problem:
        known = [each.name for each in entity.fields]
        text = f"there is no field {entity.name}.{name}"
        return self._unknown(place, text, name, known, entity.name + ".{}")

    def _not_below(self, place: Place | None, entity: str, row: str) -> Problem:
        if entity in self._entities.unjoined:
            text = f"{entity!r} is joined to nothing, so that no condition on it can be asked"
            return problem_at(place, text)
        return problem_at(
            place,
            f"{entity!r} is not below {row!r}, which is asked about here; write "
            "its condition outside",
        )

    def _unknown(
        self, place: Place | None, text: str, name: str, known: list[str], written: str
    ) -> Problem:
        self._suggested += 1
        near = find_near(name, known) if self._suggested <= SUGGESTIONS else None
        found = problem_at(
            place,
            text if near is None else f"{text} (did you mean {near!r}?)",
            suggestions=() if near is None else (written.format(near),),
        )
        return UnknownName(**vars(found))
