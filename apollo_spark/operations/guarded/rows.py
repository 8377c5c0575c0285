"""The rows behind an answer, with whose they are: what a guard decides by."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.disclosure.table import EVERYBODY
from apollo_spark.engines.base import Engine
from apollo_spark.errors import ApolloError
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.field import FieldType
from apollo_spark.operations.cohorts.opening import People
from apollo_spark.operations.disclosing import question_of
from apollo_spark.operations.guarded.cells import Cell, CellTable, Sheet, Weights
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.rows import (
    KEY,
    PERSON,
    ROWS,
    RowsNeeded,
    has_people,
    select_rows,
)
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.sql import column, derived, labelled
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter
from apollo_spark.workers.values.code_values import parse_code
from apollo_spark.workers.values.texts import format_column

Mask = npt.NDArray[np.bool_]
"""Whether each row, in the order of the rows."""
OWNER = "whose row"
_WRITTEN = frozenset({FieldType.STRING, FieldType.INTEGER, FieldType.FLOAT})
NOBODY = "\x00 nobody"
"""Stands for the person of rows that belong to nobody; no id has the character."""


@dataclass(frozen=True)
class Everybody:
    """Everybody who is shown, of a dataset or of some of its people.

    Attributes:
        keys: Their keys, as texts; the last one stands for nobody.
        question: By what they were chosen.
        entity: Whose rows they are.
    """

    keys: pa.Array
    question: str
    entity: str

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self.keys)

    def open(self, sheet: Sheet) -> CellTable:
        """Begin a table about them."""
        return sheet.open(self.keys, self.question)

    def count(self, sheet: Sheet) -> Cell:
        """Add a table of one cell: how many they are."""
        table = self.open(sheet)
        found = table.add(everybody_of(self), meaning=self.question)
        table.sum_up([found], None)
        return found


def question_by(opened: OpenDataset) -> str:
    """Return by what the people of an open dataset were chosen."""
    if opened.members is None:
        return EVERYBODY
    return question_of(People(opened, opened.members, opened.lists))


def read_people(opened: OpenDataset, engine: Engine) -> Everybody:
    """Return the keys of everybody who is shown."""
    entity = opened.dictionary.main_entity
    key, _ = main_key(opened.scope)
    source = opened.scope.source(entity, [key])
    tree = exp.select(column(entity, key)).from_(source, copy=False)
    found = engine.run(tree, opened.pins).read_all().column(0).combine_chunks()
    texts = format_column(found.drop_null()).cast(pa.string()).unique()
    keys = pa.concat_arrays([texts, pa.array([NOBODY])])
    return Everybody(keys, question_by(opened), entity)


def everybody_of(people: Everybody) -> Weights:
    """Return one for each of some people, and nothing for nobody."""
    found = np.ones(len(people), dtype=np.int64)
    found[-1] = 0
    return found


def has_owners(opened: OpenDataset, entity: str) -> bool:
    """Return whether each row of an entity is of one person at most, known by a key."""
    return has_people(opened.dictionary, entity)


@dataclass(frozen=True)
class OwnedRows:
    """Rows of an entity, and whose each is.

    Attributes:
        table: Their fields, as `entity.field`, and further columns.
        people: The people that are shown.
        whose: For each row the place of its person.
    """

    table: pa.Table
    people: "Everybody"
    whose: npt.NDArray[np.int64]

    def everybody(self) -> Weights:
        """Return one for each person."""
        return everybody_of(self.people)

    def all_rows(self) -> Mask:
        """Return that every row is meant."""
        return np.ones(self.table.num_rows, dtype=bool)

    def weights(self, mask: Mask) -> Weights:
        """Return how many of some rows each person has."""
        found = np.bincount(self.whose[mask], minlength=len(self.people))
        return found.astype(np.int64)

    def column(self, name: str) -> pa.Array:
        """Return a column."""
        return self.table.column(name).combine_chunks()

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers; what is missing is NaN."""
        values = self.column(name).cast(pa.float64(), safe=False)
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def read_rows(
    opened: OpenDataset,
    engine: Engine,
    entity: str,
    paths: Sequence[str],
    people: Everybody,
    *,
    more: Mapping[str, exp.Expr] | None = None,
    join: Callable[[exp.Select], exp.Select] | None = None,
) -> OwnedRows:
    """Read the rows of an entity with some fields, and whose they are.

    Args:
        opened: The dataset, perhaps with some of its people alone.
        engine: Who answers.
        entity: Whose rows; each is of one person at most.
        paths: The fields that are read.
        people: Everybody who is shown.
        more: Further columns, by name, made of the rows.
        join: What the rows are joined with.
    """
    is_main = entity == opened.dictionary.main_entity
    asked = RowsNeeded(entity, tuple(dict.fromkeys(paths)), person=not is_main, key=is_main)
    owner = labelled(column(ROWS, KEY if is_main else PERSON), OWNER)
    shown: list[exp.Expr] = [column(ROWS, each) for each in asked.paths]
    shown += [labelled(each, name) for name, each in (more or {}).items()]
    tree = exp.select(*shown, owner).from_(derived(select_rows(opened.scope, asked), ROWS))
    if join is not None:
        tree = join(tree)
    table = engine.run(tree, opened.pins).read_all()
    return owned_rows(table, people)


def owned_rows(table: pa.Table, people: Everybody) -> OwnedRows:
    """Return rows with a column that says whose they are."""
    owners = format_column(table.column(OWNER).combine_chunks()).cast(pa.string())
    places = pc.fill_null(pc.index_in(owners, value_set=people.keys), len(people) - 1)
    return OwnedRows(table, people, places.to_numpy(zero_copy_only=False).astype(np.int64))


class FieldValues:
    """The values of a field in some rows, one in a cell or several.

    Args:
        rows: The rows.
        field: The field.
    """

    def __init__(self, rows: OwnedRows, field: TileField) -> None:
        self._rows = rows
        self.field = field
        found = rows.column(field.path)
        if field.spec.is_multi_select:
            self._at = pc.list_parent_indices(found).to_numpy(zero_copy_only=False)
            found = pc.list_flatten(found)
        else:
            self._at = np.arange(len(found))
        coded = found.dictionary_encode()
        self._places = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        self._dictionary = coded.dictionary

    @cached_property
    def _values(self) -> list[Any]:
        found: list[Any] = self._dictionary.to_pylist()
        return found

    @cached_property
    def texts(self) -> list[str]:
        """The values that occur, as the code or the text of each."""
        texts = format_column(self._dictionary).to_pylist()
        codes = self.field.codes
        return [codes.get(value, text) for value, text in zip(self._values, texts, strict=True)]

    @cached_property
    def _by_text(self) -> Mapping[str, int]:
        return {text: place for place, text in enumerate(self.texts)}

    def meaning(self, text: str) -> str | None:
        """Return the filter that means the people with a value, where a simple one does."""
        field, people = self.field, self._rows.people
        is_plain = field.entity == people.entity and not field.spec.is_multi_select
        if not is_plain or people.question != EVERYBODY or field.spec.type not in _WRITTEN:
            return None
        value = json.dumps(text) if field.spec.type is FieldType.STRING else text
        try:
            return write_filter(parse_filter(f"{field.path} = {value}"))
        except ApolloError:
            return None

    def among(self, texts: "set[str] | frozenset[str]") -> Mask:
        """Return which rows have one of some values, each as its code or its text."""
        wanted = {place for text in texts if (place := self._place(text)) is not None}
        found = self._rows.all_rows() & False
        is_wanted = np.isin(self._places, list(wanted)) if wanted else None
        if is_wanted is not None:
            found[self._at[is_wanted]] = True
        return found

    def _place(self, text: str) -> int | None:
        if text in self._by_text:
            return self._by_text[text]
        value = parse_code(text, self.field.spec.type)
        return None if value is None or value not in self._values else self._values.index(value)

    @cached_property
    def are_there(self) -> Mask:
        """Which rows have any value, a sparse code too."""
        found = self._rows.all_rows() & False
        found[self._at[self._places >= 0]] = True
        return found

    @cached_property
    def sparse(self) -> frozenset[str]:
        """The sparse codes that occur."""
        if not self.field.spec.is_sparse:
            return frozenset()
        codes = set(self.field.codes.values())
        return frozenset(each for each in self.texts if each in codes)

    @cached_property
    def are_values(self) -> Mask:
        """Which rows have a value that is no sparse code."""
        return self.among(frozenset(self.texts) - self.sparse)
