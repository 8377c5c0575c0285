"""Goes through a filter and finds everything that is wrong with its names, rows and values."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from apollo_spark.errors import Problem
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.filter import (
    MAX_DEPTH,
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Not,
    Operator,
    Or,
    Rows,
    SummaryOf,
    needs_parentheses,
)
from apollo_spark.query.filters.field_pairs import (
    find_choice_problem,
    find_pair_problem,
    find_summary_problem,
)
from apollo_spark.query.filters.fields import find_comparison_problem
from apollo_spark.query.filters.in_hand import Hand, told, word_of
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.query.filters.values import Codes, codes_of
from apollo_spark.sources.filters.grammar import UNREAD
from apollo_spark.sources.filters.tokens import Place, problem_at
from apollo_spark.sources.suggest import find_near

SUGGESTIONS = 20
"""Unknown names for which a known one is suggested; all are named."""


class UnknownName(Problem):
    """A name that is not in the dictionary, or not to be seen."""


_Finds = Generator[Problem, None, FieldSpec | None]
"""Problems of a field, and in the end the field if it is there."""


class Checker:
    """Checks a filter against a dictionary.

    Args:
        dictionary: The fields that may be named.
        places: Where all that asks something is, in the order of the text.
        measured: What assays measured; None where nothing can be asked of them.
    """

    def __init__(
        self,
        dictionary: DataDictionary,
        places: Sequence[Place],
        measured: MeasuredValues | None,
    ) -> None:
        self._dictionary = dictionary
        self._measured = measured
        self._entities = EntityTree(dictionary, measured)
        self._places = iter(places)
        self._suggested = 0
        self._codes: dict[tuple[str | None, str], Codes] = {}

    def find(self, tree: Filter) -> Iterator[Problem]:
        """Yield what is wrong with a filter on rows of the main entity."""
        return self._find(tree, Hand(self._dictionary.main_entity), 0)

    def _find(self, tree: Filter, hand: Hand, depth: int) -> Iterator[Problem]:
        if depth > MAX_DEPTH:
            yield problem_at(None, f"conditions are nested more than {MAX_DEPTH} levels deep")
        elif isinstance(tree, And | Or):
            for part in tree.parts:
                yield from self._find(part, hand, depth + needs_parentheses(tree, part))
        elif isinstance(tree, Not):
            deeper = depth + 1 + needs_parentheses(tree, tree.part)
            yield from self._find(tree.part, hand, deeper)
        elif isinstance(tree, Rows):
            yield from self._find_in_rows(tree, hand, depth)
        else:
            place = next(self._places, None)
            if tree is not UNREAD:
                yield from self._find_in_question(tree, hand, place)

    def _find_in_question(
        self,
        tree: Comparison | FieldComparison | AssayValue | InCohort,
        hand: Hand,
        place: Place | None,
    ) -> Iterator[Problem]:
        if isinstance(tree, AssayValue):
            yield from self._find_in_assay(tree, hand, place)
            return
        if isinstance(tree, InCohort):
            where = "write it outside" if hand.is_inside else "beside others joined by and, or, not"
            yield problem_at(place, f"whether somebody is in a cohort is asked of people; {where}")
            return
        spec = yield from self._find_field(tree, hand, place)
        if tree.row is None and not self._is_below(hand.row, tree.entity):
            yield self._not_below(place, tree.entity, hand.row)
        if isinstance(tree, FieldComparison):
            yield from self._find_in_fields(tree, spec, hand, place)
        elif spec is not None:
            coding = self._dictionary.find_coding(spec.coding_name)
            wrong = find_comparison_problem(tree, spec, coding, self._codes_of(spec))
            yield from told(place, f"{tree.entity}.{tree.field}", wrong)

    def _find_in_assay(
        self, tree: AssayValue, hand: Hand, place: Place | None
    ) -> Iterator[Problem]:
        if self._measured is None:
            yield problem_at(
                place, "values of assays cannot be asked for here, as in a view's rule"
            )
            return
        wrong = self._measured.find_problem(tree)
        if wrong is not None:
            found = problem_at(place, wrong.text, suggestions=wrong.suggestions)
            yield UnknownName(**vars(found)) if wrong.is_unknown else found
        owner = self._entities.owner_of(tree)
        if owner is not None and not self._is_below(hand.row, owner):
            yield self._not_below(place, owner, hand.row)

    def _find_in_fields(
        self, tree: FieldComparison, spec: FieldSpec | None, hand: Hand, place: Place | None
    ) -> Iterator[Problem]:
        path = f"{tree.entity}.{tree.field}"
        for each in tree.others:
            if isinstance(each, FieldOf):
                other = yield from self._find_field(each, hand, place)
                yield from self._find_row_problem(tree, each, hand, place)
                if spec is not None and other is not None:
                    yield from told(place, path, find_pair_problem(tree, spec, each, other))
            elif spec is not None:
                alone = Comparison(
                    entity=tree.entity, field=tree.field, operator=Operator.LESS, values=(each,)
                )
                coding = self._dictionary.find_coding(spec.coding_name)
                wrong = find_comparison_problem(alone, spec, coding, self._codes_of(spec))
                yield from told(place, path, wrong)

    def _find_row_problem(
        self, tree: FieldComparison, other: FieldOf, hand: Hand, place: Place | None
    ) -> Iterator[Problem]:
        """Yield why it cannot be told which row the other field is of."""
        if other.row is not None or not self._is_known(other.entity, tree.entity):
            return
        if self._entities.path(other.entity, tree.entity) is None:
            yield problem_at(
                place,
                f"{other.entity!r} is not above {tree.entity!r}, so that it cannot be told which "
                "row is meant; write the field of the row further below first, or give the rows "
                f"names: exists({other.entity} as NAME: ...)",
            )
        elif other.entity in hand.ambiguous:
            yield problem_at(
                place,
                f"a row of {tree.entity!r} may be below several of {other.entity!r}, so that "
                "it cannot be told which is meant",
            )

    def _find_field(
        self, owner: Comparison | FieldComparison | FieldOf, hand: Hand, place: Place | None
    ) -> _Finds:
        """Yield why a field cannot be named, and return it if it is there."""
        if owner.row is not None and hand.names.get(owner.row) != owner.entity:
            text = f"no row of {owner.entity!r} goes by the name {owner.row!r} here"
            yield problem_at(place, text)
        entity = self._dictionary.find_entity(owner.entity)
        if entity is None:
            yield self._unknown_entity(place, owner.entity, owner.field)
            return None
        spec = entity.find_field(owner.field)
        if spec is None:
            yield self._unknown_field(place, entity, owner.field)
        return spec

    def _find_in_rows(self, tree: Rows, hand: Hand, depth: int) -> Iterator[Problem]:
        place = next(self._places, None)
        entity = self._dictionary.find_entity(tree.entity)
        if entity is None:
            yield self._unknown_entity(place, tree.entity)
        else:
            yield from self._find_way_problem(tree, hand, place)
            if isinstance(tree, ChosenRow | SummaryOf):
                yield from self._find_in_values(tree, entity, place)
        inner = self._inside(tree, hand)
        inside = tree.among if isinstance(tree, ChosenRow) else tree.condition
        if inside is not None:
            yield from self._find(inside, inner, depth + 1)
        if isinstance(tree, ChosenRow):
            # What is between it and the row in hand is not kept of a chosen row.
            steps = self._entities.path(self._entities.start(tree, hand.row), tree.entity) or ()
            between = {step.parent for step in steps[1:]}
            inner = replace(inner, ambiguous=inner.ambiguous | between)
            yield from self._find(tree.condition, inner, depth + 1)

    def _find_way_problem(self, tree: Rows, hand: Hand, place: Place | None) -> Iterator[Problem]:
        start = self._entities.start(tree, hand.row)
        if tree.entity == start:
            yield problem_at(
                place,
                f"{word_of(tree)}({tree.entity}: ...) asks for other rows, and the row in hand is "
                f"one of {start!r}; write its condition without it",
            )
        elif not self._is_below(start, tree.entity):
            yield self._not_below(place, tree.entity, start)
        if tree.name is None:
            return
        if self._dictionary.find_entity(tree.name) is not None:
            text = f"{tree.name!r} is an entity; give the row a name that none has"
            yield problem_at(place, text)
        elif tree.name in hand.names:
            yield problem_at(place, f"another row goes by the name {tree.name!r} already")

    def _find_in_values(
        self, tree: ChosenRow | SummaryOf, entity: Entity, place: Place | None
    ) -> Iterator[Problem]:
        name = tree.by if isinstance(tree, ChosenRow) else tree.field
        spec = entity.find_field(name)
        if spec is None:
            yield self._unknown_field(place, entity, name)
            return
        if isinstance(tree, ChosenRow):
            wrong = find_choice_problem(tree, entity, spec)
        else:
            wrong = find_summary_problem(tree, spec)
        yield from told(place, f"{entity.name}.{name}", wrong)

    def _inside(self, tree: Rows, hand: Hand) -> Hand:
        """Return what is in hand where the rows of a condition are."""
        found = replace(hand, row=tree.entity, is_inside=True)
        if tree.name is not None:
            found = replace(found, names={**hand.names, tree.name: tree.entity})
        if isinstance(tree, Exists):
            return found
        start = self._entities.start(tree, hand.row)
        steps = self._entities.path(start, tree.entity) or ()
        between = {
            step.parent
            for place, step in enumerate(steps)
            if place > 0 and any(each.has_many_parents for each in steps[place:])
        }
        return replace(found, ambiguous=hand.ambiguous | between)

    def _is_known(self, *entities: str) -> bool:
        return all(self._dictionary.find_entity(each) is not None for each in entities)

    def _is_below(self, row: str, entity: str) -> bool:
        """Whether rows of an entity can be reached; what is not there is reported elsewhere."""
        return not self._is_known(row, entity) or self._entities.path(row, entity) is not None

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
        hint = "" if near is None else f" (did you mean {near!r}?)"
        suggestions = () if near is None else (written.format(near),)
        return UnknownName(**vars(problem_at(place, text + hint, suggestions=suggestions)))
