"""Whether profiles that were counted for one version hold for another one."""

from collections.abc import Iterator

from apollo_spark.model.dataset import DatasetRecord, TableSlice, home_of
from apollo_spark.model.dictionary import DataDictionary, Relation
from apollo_spark.model.join_path import JoinStep, path_to


def rows_hold(
    old: DatasetRecord,
    new: DatasetRecord,
    dictionary: DataDictionary,
    entity: str,
    *,
    dangling: int,
) -> bool:
    """Return whether an entity has the same rows, of the same people, in two versions.

    Args:
        old: The version whose profiles there are.
        new: The other one.
        dictionary: That of the other one.
        entity: The entity.
        dangling: How many rows referred to nothing then: they may have come to be somebody's.
    """
    path = path_to(dictionary, entity)
    if old.main_entity != new.main_entity or not all(_is_joined_so(old, each) for each in path):
        return False
    return all(
        _content(old, each) == _content(new, each) is not None
        for each in _deciding(new, path, entity, dangling=dangling)
    )


def is_guarded(record: DatasetRecord, dictionary: DataDictionary, entity: str) -> bool:
    """Return whether rules hide rows of an entity, or of what leads from people to it."""
    names = {entity, record.main_entity, *(each.parent for each in path_to(dictionary, entity))}
    found = (record.find_entity(each) for each in names)
    return any(slice_.guards for each in found if each is not None for slice_ in each.slices)


def field_holds(old: DatasetRecord, new: DatasetRecord, entity: str, field: str) -> bool:
    """Return whether a field of rows that hold is read from the same values."""
    columns = []
    for record in (old, new):
        entry = record.find_entity(entity)
        if entry is None:
            return False
        home = entry.slices[home_of(entry.slices, field)]
        columns.append((*_place(record, home), home.column_of(field)))
    return columns[0] == columns[1]


def _deciding(
    record: DatasetRecord, path: tuple[JoinStep, ...], entity: str, *, dangling: int
) -> Iterator[str]:
    """Yield the entities whose rows decide whose the rows of one are.

    Where all refer to somebody, further people change nothing.
    """
    yield entity
    for number, step in enumerate(path):
        if number or dangling or not _refers_upward(record.relations, step):
            yield step.parent


def _refers_upward(relations: tuple[Relation, ...], step: JoinStep) -> bool:
    upward = (step.entity, step.field, step.parent, step.parent_field)
    return any(
        (each.from_entity, each.from_field, each.to_entity, each.to_field) == upward
        for each in relations
    )


def _is_joined_so(record: DatasetRecord, step: JoinStep) -> bool:
    ends = {(step.entity, step.field), (step.parent, step.parent_field)}
    return any(
        {(each.from_entity, each.from_field), (each.to_entity, each.to_field)} == ends
        for each in record.relations
    )


def _content(record: DatasetRecord, entity: str) -> tuple[object, ...] | None:
    """Return what the rows of an entity are read from: the table that holds every one."""
    entry = record.find_entity(entity)
    return None if entry is None else _place(record, entry.slices[0])


def _place(record: DatasetRecord, home: TableSlice) -> tuple[object, ...]:
    pin = record.pin_of(home.table)
    return pin.table_id, pin.content_hash, home.key, home.on, home.guards
