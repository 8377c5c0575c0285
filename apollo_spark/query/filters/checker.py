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
    cohorts_in,
    needs_parentheses,
)
from apollo_spark.query.filters.current_row import (
    MOST_INSIDE,
    CurrentRow,
    FindCohort,
    as_problems,
    keyword_of,
)
from apollo_spark.query.filters.field_pairs import (
    find_choice_problem,
    find_pair_problem,
    find_summary_problem,
)
from apollo_spark.query.filters.fields import find_comparison_problem
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.query.filters.unknown import NameProblems, UnknownName
from apollo_spark.query.filters.values import Codes, codes_of
from apollo_spark.sources.filters.grammar import UNREAD
from apollo_spark.sources.filters.marks import (
    ENTITY,
    FIELD,
    NAME,
    VALUE,
    AnyPlace,
    Marks,
    mark_of,
)
from apollo_spark.sources.filters.tokens import problem_at

_Finds = Generator[Problem, None, FieldSpec | None]
"""Problems of a field, and in the end the field if it is there."""


class Checker:
    """Checks a filter against a dictionary.

    Args:
        dictionary: The fields that may be named.
        marks: Where all that asks something is, in the order of the text.
        measured: What assays measured; None where nothing can be asked of them.
        find_cohort: Says why a cohort cannot be named; None where none can.
    """

    def __init__(
        self,
        dictionary: DataDictionary,
        marks: Sequence[Marks],
        measured: MeasuredValues | None,
        find_cohort: FindCohort | None = None,
    ) -> None:
        self._dictionary = dictionary
        self._measured = measured
        self._find_cohort = find_cohort
        self._entities = EntityTree(dictionary, measured)
        self._marks = iter(marks)
        self._names = NameProblems(dictionary, self._entities)
        self._codes: dict[tuple[str | None, str], Codes] = {}

    def find(self, tree: Filter) -> Iterator[Problem]:
        """Yield what is wrong with a filter on rows of the main entity."""
        return self._find(tree, CurrentRow(self._dictionary.main_entity), 0)

    def _find(self, tree: Filter, hand: CurrentRow, depth: int) -> Iterator[Problem]:
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
            marks = next(self._marks, None)
            if tree is not UNREAD:
                yield from self._find_in_question(tree, hand, marks)

    def _find_in_question(
        self,
        tree: Comparison | FieldComparison | AssayValue | InCohort,
        hand: CurrentRow,
        marks: Marks | None,
    ) -> Iterator[Problem]:
        if isinstance(tree, AssayValue):
            yield from self._find_in_assay(tree, hand, marks)
            return
        if isinstance(tree, InCohort):
            yield from self._find_in_cohort(tree, marks)
            return
        spec = yield from self._find_field(tree, hand, mark_of(marks))
        if tree.row is None and not self._is_below(hand.row, tree.entity):
            yield self._names.not_below(mark_of(marks), tree.entity, hand.row)
        if isinstance(tree, FieldComparison):
            yield from self._find_in_fields(tree, spec, hand, marks)
        elif spec is not None:
            coding = self._dictionary.find_coding(spec.coding_name)
            codes = self._codes_of(spec)
            by_value = marks is not None and marks.has_values
            wrong = find_comparison_problem(tree, spec, coding, codes, by_value=by_value)
            yield from as_problems(marks, f"{tree.entity}.{tree.field}", wrong)

    def _find_in_cohort(self, tree: InCohort, marks: Marks | None) -> Iterator[Problem]:
        if self._find_cohort is None:
            yield problem_at(mark_of(marks), "no cohorts are known here that could be named")
        elif (why := self._find_cohort(tree.cohort)) is not None:
            yield UnknownName(**vars(problem_at(mark_of(marks, (VALUE, 0)), why)))

    def _find_in_assay(
        self, tree: AssayValue, hand: CurrentRow, marks: Marks | None
    ) -> Iterator[Problem]:
        if self._measured is None:
            text = "values of assays cannot be asked for here, as in a view's rule"
            yield problem_at(mark_of(marks), text)
            return
        yield from self._names.assay(marks, self._measured.find_problem(tree))
        owner = self._entities.owner_of(tree)
        if owner is not None and not self._is_below(hand.row, owner):
            yield self._names.not_below(mark_of(marks), owner, hand.row)

    def _find_in_fields(
        self, tree: FieldComparison, spec: FieldSpec | None, hand: CurrentRow, marks: Marks | None
    ) -> Iterator[Problem]:
        path = f"{tree.entity}.{tree.field}"
        for number, each in enumerate(tree.others):
            part = (VALUE, number)
            if isinstance(each, FieldOf):
                other = yield from self._find_field(each, hand, mark_of(marks, part))
                yield from self._find_row_problem(tree, each, hand, mark_of(marks, part))
                if spec is not None and other is not None:
                    wrong = find_pair_problem(tree, spec, each, other)
                    yield from as_problems(marks, path, wrong, part)
            elif spec is not None:
                alone = Comparison(
                    entity=tree.entity, field=tree.field, operator=Operator.LESS, values=(each,)
                )
                coding = self._dictionary.find_coding(spec.coding_name)
                wrong = find_comparison_problem(alone, spec, coding, self._codes_of(spec))
                # The value is compared by itself, and is the first one there.
                found = (each._replace(part=part) for each in wrong)
                yield from as_problems(marks, path, found, part)

    def _find_row_problem(
        self, tree: FieldComparison, other: FieldOf, hand: CurrentRow, place: AnyPlace | None
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
        self,
        owner: Comparison | FieldComparison | FieldOf,
        hand: CurrentRow,
        place: AnyPlace | None,
    ) -> _Finds:
        """Yield why a field cannot be named, and return it if it is there."""
        if owner.row is not None and hand.names.get(owner.row) != owner.entity:
            text = f"no row of {owner.entity!r} goes by the name {owner.row!r} here"
            yield problem_at(place, text)
        entity = self._dictionary.find_entity(owner.entity)
        if entity is None:
            yield self._names.entity(place, owner.entity, owner.field)
            return None
        spec = entity.find_field(owner.field)
        if spec is None:
            yield self._names.field(place, entity, owner.field)
        return spec

    def _find_in_rows(self, tree: Rows, hand: CurrentRow, depth: int) -> Iterator[Problem]:
        marks = next(self._marks, None)
        entity = self._dictionary.find_entity(tree.entity)
        if entity is None:
            yield self._names.entity(mark_of(marks, ENTITY), tree.entity)
        else:
            yield from self._find_way_problem(tree, hand, marks)
            if isinstance(tree, ChosenRow | SummaryOf):
                yield from self._find_in_values(tree, entity, marks)
            if not hand.is_inside and len(cohorts_in(tree)) > MOST_INSIDE:
                text = f"more than {MOST_INSIDE} cohorts are named inside; name them outside"
                yield problem_at(mark_of(marks), text)
        inner = self._inside(tree, hand)
        inside = tree.among if isinstance(tree, ChosenRow) else tree.condition
        if inside is not None:
            yield from self._find(inside, inner, depth + 1)
        if isinstance(tree, ChosenRow):
            # What is between it and the current row is not kept of a chosen row.
            steps = self._entities.path(self._entities.start(tree, hand.row), tree.entity) or ()
            between = {step.parent for step in steps[1:]}
            inner = replace(inner, ambiguous=inner.ambiguous | between)
            yield from self._find(tree.condition, inner, depth + 1)

    def _find_way_problem(
        self, tree: Rows, hand: CurrentRow, marks: Marks | None
    ) -> Iterator[Problem]:
        start = self._entities.start(tree, hand.row)
        if tree.entity == start:
            yield problem_at(
                mark_of(marks, ENTITY),
                f"{keyword_of(tree)}({tree.entity}: ...) asks for other rows, and the condition "
                f"is about a row of {start!r} already; write its condition without it",
            )
        elif not self._is_below(start, tree.entity):
            yield self._names.not_below(mark_of(marks, ENTITY), tree.entity, start)
        if tree.name is None:
            return
        if self._dictionary.find_entity(tree.name) is not None:
            text = f"{tree.name!r} is an entity; give the row a name that none has"
            yield problem_at(mark_of(marks, NAME), text)
        elif tree.name in hand.names:
            yield problem_at(
                mark_of(marks, NAME), f"another row goes by the name {tree.name!r} already"
            )

    def _find_in_values(
        self, tree: ChosenRow | SummaryOf, entity: Entity, marks: Marks | None
    ) -> Iterator[Problem]:
        name = tree.by if isinstance(tree, ChosenRow) else tree.field
        spec = entity.find_field(name)
        if spec is None:
            yield self._names.field(mark_of(marks, FIELD), entity, name)
            return
        if isinstance(tree, ChosenRow):
            wrong = find_choice_problem(tree, entity, spec)
        else:
            by_value = marks is not None and marks.has_values
            wrong = find_summary_problem(tree, spec, by_value=by_value)
        yield from as_problems(marks, f"{entity.name}.{name}", wrong)

    def _inside(self, tree: Rows, hand: CurrentRow) -> CurrentRow:
        """Return the current row where the rows of a condition are."""
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
