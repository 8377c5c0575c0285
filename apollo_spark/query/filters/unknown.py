"""Names of a filter that are not there, or not to be seen, with those that were probably meant."""

from collections.abc import Iterator, Sequence

from apollo_spark.errors import Problem
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.query.filters.measured import UnusableAssay
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.sources.filters.marks import AnyPlace, Marks, mark_of
from apollo_spark.sources.filters.tokens import problem_at
from apollo_spark.sources.suggest import find_near

SUGGESTIONS = 20
"""Unknown names for which a known one is suggested; all are named."""


class UnknownName(Problem):
    """A name that is not in the dictionary, or not to be seen."""


class NameProblems:
    """Says what is wrong with names.

    Args:
        dictionary: The names that there are.
        entities: Its entities as a tree.
    """

    def __init__(self, dictionary: DataDictionary, entities: EntityTree) -> None:
        self._dictionary = dictionary
        self._entities = entities
        self._suggested = 0

    def entity(self, place: AnyPlace | None, name: str, field: str = "") -> Problem:
        """Return that there is no such entity."""
        known = [each.name for each in self._dictionary.entities]
        end = f".{field}" if field else ""
        return self._unknown(place, f"there is no entity {name!r}", name, known, "{}" + end)

    def field(self, place: AnyPlace | None, entity: Entity, name: str) -> Problem:
        """Return that an entity has no such field."""
        known = [each.name for each in entity.fields]
        text = f"there is no field {entity.name}.{name}"
        return self._unknown(place, text, name, known, entity.name + ".{}")

    def not_below(self, place: AnyPlace | None, entity: str, row: str) -> Problem:
        """Return that rows of an entity cannot be reached from the current row."""
        if entity in self._entities.unjoined:
            text = f"{entity!r} is joined to nothing, so that no condition on it can be asked"
            return problem_at(place, text)
        return problem_at(
            place,
            f"{entity!r} is not below {row!r}, which is asked about here; write "
            "its condition outside",
        )

    def assay(self, marks: Marks | None, wrong: UnusableAssay | None) -> Iterator[Problem]:
        """Yield why a value of an assay cannot be asked for, if it cannot."""
        if wrong is None:
            return
        place = mark_of(marks, wrong.part)
        found = problem_at(place, wrong.text, suggestions=wrong.suggestions)
        yield UnknownName(**vars(found)) if wrong.is_unknown else found

    def _unknown(
        self, place: AnyPlace | None, text: str, name: str, known: Sequence[str], written: str
    ) -> Problem:
        self._suggested += 1
        near = find_near(name, known) if self._suggested <= SUGGESTIONS else None
        hint = "" if near is None else f" (did you mean {near!r}?)"
        suggestions = () if near is None else (written.format(near),)
        return UnknownName(**vars(problem_at(place, text + hint, suggestions=suggestions)))
