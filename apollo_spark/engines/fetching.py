"""Very many fields: who answers is asked for keys of rows, and the fields are read by them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import TableFiles, normal_type
from apollo_spark.engines.reading import checked_files
from apollo_spark.errors import broken_file, naming_only
from apollo_spark.export.decoding import decoder_of
from apollo_spark.model.field import FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.query.joined import FieldsQuestion
from apollo_spark.query.located import LocatedFields, fields_by_table, locate_fields
from apollo_spark.query.sql import pin_named
from apollo_spark.query.wide.question import WideQuestion
from apollo_spark.tables.layout import ARROW_TYPES, arrow_type
from apollo_spark.workers.files.checksums import DamagedFileError
from apollo_spark.workers.values.fetching import FetchTask, KeyedFields

FEWEST_FETCHED = 100
"""From so many fields on, they are quicker read by keys."""

_KEY_TYPES = (FieldType.STRING, FieldType.INTEGER)
"""Types whose values Arrow compares as engines do."""


def fetch_fields(
    files: TableFiles | None, question: FieldsQuestion, pins: Mapping[str, TablePin]
) -> tuple[exp.Select, FetchTask] | None:
    """Return a statement for keys of rows, and what shows the rows of its answer.

    Args:
        files: Where the tables are; None where nobody can read them but the engine.
        question: The fields.
        pins: Pin by table name.

    Returns:
        None where a statement for the fields themselves is better, or none can be read by a key.

    Raises:
        BrokenPinError: A file is missing or damaged.
    """
    is_wide = isinstance(question, WideQuestion)
    if len(question.asked) < FEWEST_FETCHED or (files is None and not is_wide):
        return None
    schema = stored_schema(question)
    found = _all_keyed(files, question, pins, schema) if files is not None else {}
    if isinstance(question, WideQuestion):
        # Lists become columns here, also those of fields that are read by no key.
        located = question.locate(list(found))
    elif found:
        located = locate_fields(question, list(found))
    else:
        return None
    tables = list(zip(found.values(), located.held, strict=True))
    return located.tree, FetchTask(tables, located.own, schema, decoder_of(question))


def _all_keyed(
    files: TableFiles,
    question: FieldsQuestion,
    pins: Mapping[str, TablePin],
    schema: pa.Schema,
) -> dict[LocatedFields, KeyedFields]:
    with damage_as_broken_pin(pins):
        keyed = {
            each: _keyed_fields(files, pin_named(pins, each.table), each, schema)
            for each in fields_by_table(question)
        }
    return {each: its for each, its in keyed.items() if its is not None}


@contextmanager
def damage_as_broken_pin(pins: Mapping[str, TablePin]) -> Iterator[None]:
    """Tell of a damaged file as of a broken pin.

    Raises:
        BrokenPinError: A file is damaged.
    """
    view = next((each.read_by for each in pins.values() if each.read_by), None)
    with naming_only(view):
        try:
            yield
        except DamagedFileError as error:
            raise broken_file(error.path, error.why) from error


def stored_schema(question: FieldsQuestion) -> pa.Schema:
    """Return all fields as they are stored."""
    return pa.schema(
        [
            pa.field(title, arrow_type(spec))
            for title, (_, spec) in zip(question.stored_names, question.asked, strict=True)
        ]
    )


def _keyed_fields(
    files: TableFiles, pin: TablePin, fields: LocatedFields, shown: pa.Schema
) -> KeyedFields | None:
    """Return what is read by a key, or None where it does not tell the rows of a table apart."""
    stored = files.schema(pin)
    key = pa.field(fields.key, ARROW_TYPES[fields.key_type])
    if fields.key_type not in _KEY_TYPES or not {key.name, *fields.columns} <= {*stored.names}:
        return None
    if normal_type(stored.field(key.name).type) != key.type:
        return None
    types = [shown.field(places[0]).type for places in fields.places]
    columns = dict(zip(fields.columns, types, strict=True)) | {key.name: key.type}
    paths = checked_files(files, pin, columns)
    found = KeyedFields(
        tuple(paths), 0, pa.schema(columns), key.name, fields.columns, fields.places
    )
    keys = found.read([key.name]).column(0)
    is_key = not keys.null_count and len(keys.unique()) == len(keys)
    return replace(found, rows=len(keys)) if is_key else None
