"""A question for very many fields, cut into pieces whose answers stand side by side.

What an engine needs for one statement grows faster than its columns: twice as many took it up to
eight times as long. Pieces of some hundred fields cost the same each.
"""

from collections.abc import Iterator, Sequence

from apollo_spark.model.dataset import homes_of
from apollo_spark.query.joined import FieldsQuestion

PIECE_FIELDS = 400
"""Most fields of a piece. A question for no more is one statement, as it is."""

Places = tuple[int, ...]
"""Places of fields among those asked for."""


def cut_question(question: FieldsQuestion, most: int = PIECE_FIELDS) -> tuple[Places, ...]:
    """Return the fields of each piece, those of one table together.

    Fields of an entity without a key order its rows, so that a piece would need all of them to
    have only some: they are one piece.
    """
    if len(question.asked) <= most:
        return (tuple(range(len(question.asked))),)
    pieces: list[list[int]] = [[]]
    for group in _groups(question, most):
        if pieces[-1] and len(pieces[-1]) + len(group) > most:
            pieces.append([])
        pieces[-1].extend(group)
    return tuple(tuple(each) for each in pieces)


def _groups(question: FieldsQuestion, most: int) -> Iterator[Sequence[int]]:
    """Yield the fields of each table, cut where they are too many."""
    found: dict[tuple[str, int], list[int]] = {}
    keyless: set[tuple[str, int]] = set()
    homes = {
        each: homes_of(question.scope.tables_of(each))
        for each in {entity.name for entity, _ in question.asked}
    }
    for place, (entity, spec) in enumerate(question.asked):
        home = (entity.name, homes[entity.name].get(spec.name, 0))
        found.setdefault(home, []).append(place)
        if entity.primary_key is None:
            keyless.add(home)
    for home, places in found.items():
        step = len(places) if home in keyless else most
        for start in range(0, len(places), step):
            yield places[start : start + step]
