"""Extracts with one row for each row of an entity, and repeated measures of its people beside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.errors import UsageError
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.join_path import JoinStep, path_to
from apollo_spark.query.extract import ExtractPlan, ExtractRequest, find_fields, require_decoded
from apollo_spark.query.joined import Asked, Join, JoinedEntities
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.wide.question import WideQuestion
from apollo_spark.query.wide.repeats import Repeat, find_repeats
from apollo_spark.query.wide.rows import NumberedRows

MOST_COLUMNS = 30_000
"""Most columns of a wide extract."""


@dataclass(frozen=True)
class FoundSlots:
    """What rows become columns, as an engine found it.

    Attributes:
        slots: The numbers that occur, in their order.
        without: How many rows have no number.
        repeated: How often one row of the main entity has several rows of one number.
    """

    slots: tuple[int, ...]
    without: int = 0
    repeated: int = 0


@dataclass(frozen=True)
class WidePlan:
    """A wide extract whose columns are known when the slots are.

    Attributes:
        scope: What may be read.
        request: What is asked.
        asked: The fields, each once.
        joined: What the rows are, and what each of them has once.
        repeats: The rows that become columns, by entity.
        key: The field that each row of the extract has once, whatever its entity.
    """

    scope: QueryScope
    request: ExtractRequest
    asked: Asked
    joined: JoinedEntities
    repeats: Mapping[str, NumberedRows]
    key: str | None = None

    @property
    def questions(self) -> Mapping[str, exp.Select]:
        """What is to be asked of the rows that become columns, where that must be known first."""
        return {entity: rows.slots() for entity, rows in self.repeats.items()}

    def build(self, found: Mapping[str, FoundSlots]) -> ExtractPlan:
        """Return the question, with a column for each slot.

        Raises:
            UsageError: A number is repeated, or the columns are too many or none.
        """
        _require_once(self.repeats, found, self.scope.dictionary.main_entity)
        listed = {entity: found[entity].slots for entity in self.repeats}
        slots = {each: self._slots(each, listed) for each in self.request.fields}
        _require_limit(sum(map(len, slots.values())))
        columns = [
            (each, slot)
            for each, path in zip(self.asked, self.request.fields, strict=True)
            for slot in slots[path]
        ]
        question = WideQuestion(
            self.scope,
            self.joined,
            [each for each, _ in columns],
            self.request.values,
            self.request.sparse_labels,
            repeats=self.repeats,
            slots=tuple(slot for _, slot in columns),
            listed=listed,
        )
        _require_limit(len(question.columns))
        return ExtractPlan(question, (self.joined.first, *self.repeats))

    def _slots(self, path: str, listed: Mapping[str, Sequence[int]]) -> Sequence[int | None]:
        """Return the slots of a field; None is that of a field that each row has once."""
        return (None,) if path == self.key else listed.get(path.partition(".")[0], (None,))


def plan_wide(
    scope: QueryScope,
    request: ExtractRequest,
    *,
    first: str | None = None,
    key: str | None = None,
) -> WidePlan:
    """Return what a wide extract is, but for its columns.

    Args:
        scope: What may be read.
        request: What is asked.
        first: The entity whose rows are those of the extract; by default the main entity.
        key: A field of it that is shown once, also where other fields of it are wide.

    Raises:
        NotFoundError: Fields that are not in the dictionary, all of them.
        UsageError: A field of an entity with several rows for one of the extract is not among the
            wide ones, or a field cannot number rows.
    """
    asked = find_fields(scope, request.fields)
    require_decoded(request)
    repeats = find_repeats(scope, request.wide) if request.wide else ()
    wide = {each.entity.name: each for each in repeats}
    entities = list(dict.fromkeys(entity.name for entity, _ in asked))
    _require_asked(wide, [each.partition(".")[0] for each in request.fields if each != key])
    if first in (None, scope.dictionary.main_entity):
        scope = scope.only_at_main()
    once = [each for each in entities if each not in wide]
    joined = _join_once(scope.dictionary, first or scope.dictionary.main_entity, once, wide)
    rows = {name: NumberedRows(scope, each) for name, each in wide.items()}
    return WidePlan(scope, request, asked, joined, rows, key)


def _require_asked(wide: Mapping[str, Repeat], entities: Sequence[str]) -> None:
    if idle := [each for each in wide if each not in entities]:
        raise UsageError(
            f"The wide form of {', '.join(idle)} is asked for, and none of its fields.",
            fix="Name the fields that become columns among the fields.",
        )


def _join_once(
    dictionary: DataDictionary, first: str, once: Sequence[str], wide: Iterable[str]
) -> JoinedEntities:
    """Return the joins to entities of which every row of the first one meets at most one row.

    Raises:
        UsageError: An entity has several rows, or is joined to nothing.
    """
    inward = _inward(dictionary, first)
    above = [first, *(each.parent for each in inward)]
    # Wide measures belong to a row of the main entity, which must be there.
    needed = [*once, *([dictionary.main_entity] if wide else [])]
    outward = {each: _outward(dictionary, each, above) for each in needed if each not in above}
    several = [each for each, steps in outward.items() if steps is None]
    if several:
        raise _several(several, first, dictionary)
    steps = dict.fromkeys(step for found in outward.values() for step in found or ())
    joins = [Join(each.entity, each.field, each.parent, each.parent_field) for each in inward]
    joins += [Join(each.parent, each.parent_field, each.entity, each.field) for each in steps]
    return JoinedEntities(first, tuple(joins), (first, *(each.far for each in joins)))


def _inward(dictionary: DataDictionary, first: str) -> list[JoinStep]:
    found = []
    for step in reversed(path_to(dictionary, first)):
        if step.has_many_parents:
            break
        found.append(step)
    return found


def _outward(
    dictionary: DataDictionary, entity: str, above: Sequence[str]
) -> Sequence[JoinStep] | None:
    """Return the joins to an entity from those that are there, or None where rows multiply."""
    path = path_to(dictionary, entity)
    starts = [at for at, each in enumerate(path) if each.parent in above]
    steps = path[starts[-1] :] if starts else ()
    return steps if steps and not any(each.has_many_rows for each in steps) else None


def _several(several: Sequence[str], first: str, dictionary: DataDictionary) -> UsageError:
    alone = [each for each in several if each in dictionary.unjoined]
    if alone:
        return UsageError(
            f"These entities are joined to nothing: {', '.join(alone)}.",
            why=f"Their rows belong to no row of {first!r}.",
        )
    return UsageError(
        f"One row of {first!r} may have several rows of: {', '.join(several)}.",
        why="There is one row for each, so what of these is meant must be said.",
        fix="Add --wide ENTITY.FIELD, or --wide ENTITY.FIELD:first or :last, for each of them, or "
        "leave their fields out.",
    )


def _require_once(
    repeats: Mapping[str, NumberedRows], found: Mapping[str, FoundSlots], main: str
) -> None:
    alike = [rows.repeat for entity, rows in repeats.items() if found[entity].repeated]
    if alike:
        counts = (
            (each.asked, found[each.entity.name].repeated, each.entity.name) for each in alike
        )
        raise UsageError(
            "\n".join(
                [
                    f"Rows of one row of {main!r} have the same number:",
                    *(f"  {asked}: {n:,} numbers of rows of {name!r}" for asked, n, name in counts),
                ]
            ),
            why="One column holds one value.",
            fix="Ask for a field that tells the rows apart, or for one of "
            f"{alike[0].asked}:order, :first and :last.",
        )


def _require_limit(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise UsageError(
            f"These would be {columns:,} columns, and a wide extract has at most {MOST_COLUMNS:,}.",
            fix="Ask for fewer fields, for :first or :last, or for the long form.",
        )
    if not columns:
        raise UsageError(
            "There is no row that becomes a column, so there is nothing to write.",
            fix="Ask also for a field that each row has once.",
        )
