"""Put conditions together that one look at the rows can answer, before a filter becomes SQL.

People and programs write thousands of `or`: engines plan each subquery by itself, and a value in a
list costs next to nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from apollo_spark.model.filter import (
    And,
    Comparison,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    Not,
    Operator,
    Or,
    Rows,
    row_inside,
    with_parts,
)

NO_NAMES: Mapping[str, str] = MappingProxyType({})
_LISTED = (Operator.EQUAL, Operator.IN)


def gathered(tree: Filter, row: str) -> Filter:
    """Return an equal condition in which every `or` is gathered.

    Args:
        tree: The condition.
        row: The entity of the current row.
    """
    if isinstance(tree, Or):
        tree = gather_or(tree, row)
    inner = row_inside(tree, row)
    return with_parts(tree, lambda part: gathered(part, inner))


def named_alike(tree: Filter, names: Mapping[str, str] = NO_NAMES, level: int = 1) -> Filter:
    """Return an equal condition in which rows go by how deep they are inside others.

    Conditions that say the same of rows of different names become equal, and are asked once.
    """
    if isinstance(tree, Comparison) and tree.row is not None:
        return tree.model_copy(update={"row": names[tree.row]})
    if isinstance(tree, FieldComparison):
        others = tuple(
            each.model_copy(update={"row": names[each.row]})
            if isinstance(each, FieldOf) and each.row is not None
            else each
            for each in tree.others
        )
        row = tree.row if tree.row is None else names[tree.row]
        return tree.model_copy(update={"row": row, "others": others})
    if not isinstance(tree, Rows):
        return with_parts(tree, lambda part: named_alike(part, names, level))
    if tree.name is not None:
        names = {**names, tree.name: f"row_{level}"}
        tree = tree.model_copy(update={"name": names[tree.name]})
    return with_parts(tree, lambda part: named_alike(part, names, level + 1))


def plainly(tree: Filter, *, is_negated: bool = False) -> Filter:
    """Return an equal condition in which only conditions are negated that ask something.

    DuckDB turns the negation of a group round by itself, in a time that doubles with each level.
    """
    if isinstance(tree, Not):
        return plainly(tree.part, is_negated=not is_negated)
    if isinstance(tree, And | Or):
        kind = Or if isinstance(tree, And) is is_negated else And
        return kind(parts=tuple(plainly(each, is_negated=is_negated) for each in tree.parts))
    tree = with_parts(tree, plainly)
    return Not(part=tree) if is_negated else tree


def gather_or(tree: Or, row: str) -> Filter:
    """Return an equal condition in which parts about one field, or one entity, are together.

    `x = 1 or x in (2, 3)` is `x in (1, 2, 3)`; on rows of another entity, `exists(e: a) or e.x = 1`
    is `exists(e: a or e.x = 1)`.

    Args:
        tree: The condition.
        row: The entity of the current row.
    """
    parts = _join_values(_join_rows(tree.parts, row))
    return parts[0] if len(parts) == 1 else tree.model_copy(update={"parts": tuple(parts)})


def _join_rows(parts: Sequence[Filter], row: str) -> Sequence[Filter]:
    """Ask once for rows of each other entity; each takes the place of its first part."""
    asked: dict[str, list[Filter]] = {}
    for each in parts:
        for entity, condition in _condition_on_rows(each, row):
            asked.setdefault(entity, []).append(condition)
    if all(len(each) < 2 for each in asked.values()):
        return parts
    found: list[Filter] = []
    for each in parts:
        name = next((name for name, _ in _condition_on_rows(each, row)), "")
        if not name or len(asked.get(name, ())) == 1:
            found.append(each)
        elif name in asked:
            found.append(Exists(entity=name, condition=Or(parts=tuple(asked.pop(name)))))
    return found


def _condition_on_rows(part: Filter, row: str) -> Iterator[tuple[str, Filter]]:
    if isinstance(part, Exists) and part.condition is not None and part.name is None:
        yield part.entity, part.condition
    elif isinstance(part, Comparison) and part.entity != row and part.row is None:
        yield part.entity, part


def _join_values(parts: Sequence[Filter]) -> list[Filter]:
    """Put the values that one field is looked up in into one list, in the place of the first."""
    places: dict[tuple[str, str, str | None], int] = {}
    found: list[list[Comparison] | Filter] = []
    for each in parts:
        if not (isinstance(each, Comparison) and each.operator in _LISTED):
            found.append(each)
            continue
        place = places.setdefault((each.entity, each.field, each.row), len(found))
        if place == len(found):
            found.append([])
        listed = found[place]
        assert isinstance(listed, list), "a place of a list holds one"
        listed.append(each)
    return [_listed(each) if isinstance(each, list) else each for each in found]


def _listed(comparisons: Sequence[Comparison]) -> Comparison:
    if len(comparisons) == 1:
        return comparisons[0]
    values = tuple(value for each in comparisons for value in each.values)
    return comparisons[0].model_copy(update={"operator": Operator.IN, "values": values})
