"""New values of fields with open codings: they become codes of the next version."""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from sqlglot import exp

from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, DictionaryExtension
from apollo_spark.model.pin import TablePin
from apollo_spark.query.row_checks import different_values
from apollo_spark.records.changes.extension import added_dictionary
from apollo_spark.records.content import coding_entries, entity_entries
from apollo_spark.records.open_codings import ExtendedDictionary, extend_codings
from apollo_spark.sources.inference.infer import MOST_ASKED_CODES

Read = Callable[[exp.Select], pa.Array]
"""Answers a question of one column."""


def with_new_codes(
    dictionary: DataDictionary,
    columns: Mapping[str, Mapping[str, Sequence[str]]],
    read: Read,
) -> ExtendedDictionary:
    """Return a dictionary with the values of rows that were written as codes, where they are open.

    Args:
        dictionary: The dictionary of the rows.
        columns: By entity, the columns of each of its tables.
        read: Answers a question over these tables.
    """
    extended = ExtendedDictionary(dictionary)
    for entity, tables in columns.items():
        spec = dictionary.find_entity(entity)
        assert spec is not None, "rows are of an entity that is there"
        is_open = {each.name for each in spec.fields if each.has_open_coding}
        values = {
            name: as_codes(read(different_values(table, name, limit=MOST_ASKED_CODES + 1)))
            for table, names in tables.items()
            for name in names
            if name in is_open
        }
        more = extend_codings(extended.dictionary, entity, values)
        extended = ExtendedDictionary(
            more.dictionary, extended.added + more.added, (*extended.notes, *more.notes)
        )
    return extended


def extended_with_codes(
    before: DataDictionary,
    extension: DictionaryExtension,
    pins: Sequence[TablePin],
    columns: Sequence[Sequence[str]],
    ask: Callable[[exp.Query, Mapping[str, TablePin]], pa.Array],
) -> ExtendedDictionary:
    """Return a dictionary with what is added to it, and new values of its open codings.

    Args:
        before: The dictionary as it is.
        extension: What is added.
        pins: The tables that were written.
        columns: The columns of each.
        ask: Answers a question of one column over some tables.
    """
    tables = {each.table: each for each in pins}
    after = added_dictionary(before, extension)
    given = {extension.entity.name: dict(zip(tables, columns, strict=True))}
    return with_new_codes(after, given, lambda tree: ask(tree, tables))


def as_codes(values: pa.Array) -> list[str] | None:
    """Return values as codes, None where they are too many."""
    return None if len(values) > MOST_ASKED_CODES else [str(each) for each in values.to_pylist()]


def with_dictionary(record: DatasetRecord, dictionary: DataDictionary) -> DatasetRecord:
    """Return a record with another dictionary over the same tables."""
    slices = {each.name: each.slices for each in record.entities}
    return record.model_copy(
        update={
            "entities": entity_entries(dictionary, slices),
            "codings": coding_entries(dictionary),
        }
    )
