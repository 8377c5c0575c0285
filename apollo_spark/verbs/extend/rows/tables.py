"""The tables of an entity whose rows come, change and go: what each holds, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from apollo_spark.engines.base import normal_type
from apollo_spark.errors import ConflictError
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.dataset import TableSlice, homes_of
from apollo_spark.model.pin import TablePin
from apollo_spark.query.row_changes import ChangedTable
from apollo_spark.verbs.extend.rows.plan import RowPlan
from apollo_spark.workers.staging import StageTarget


@dataclass(frozen=True)
class RowTable:
    """One table of the entity.

    Attributes:
        number: Its place among the tables of the entity.
        part: What it holds.
        pin: The version that is there.
        is_own: Whether it belongs to the dataset.
        key: Its column of the primary key, None for an entity without.
        given: The columns that the input has, beside the key, with their fields.
        tables: Where it lies.
    """

    number: int
    part: TableSlice
    pin: TablePin
    is_own: bool
    key: str | None
    given: Mapping[str, str]
    tables: TableStore

    @property
    def old(self) -> str:
        """The name of its stored rows in questions."""
        return f"old {self.number}"

    @property
    def new(self) -> str:
        """The name of its rows given in questions."""
        return f"given {self.number}"

    @property
    def folder_name(self) -> str:
        """The name of its folder, which is the name of the table of the dataset."""
        return self.pin.folder_name

    @property
    def takes_rows(self) -> bool:
        """Whether rows given are to be compared with it: it tells which are new, or holds some."""
        return self.number == 0 or bool(self.given)

    @cached_property
    def stored_schema(self) -> pa.Schema:
        """The columns of the table."""
        return self.tables.schema(self.pin)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns that files of rows given have: of a foreign table the key alone."""
        columns = [pa.field(each.name, normal_type(each.type)) for each in self.stored_schema]
        return pa.schema([each for each in columns if self.is_own or each.name == self.key])

    def target(self, folder: str, key_field: str | None) -> StageTarget:
        """Return how rows given are written for the table."""
        sources = {**self.given, **({} if self.key is None else {self.key: key_field})}
        found = tuple(sources.get(each) for each in self.schema.names)
        return StageTarget(folder=folder, schema=self.schema, sources=found)

    @property
    def changed(self) -> ChangedTable | None:
        """How questions put rows given beside the stored ones; None without a key."""
        if self.key is None:
            return None
        columns = tuple(each for each in self.schema.names if each in self.given)
        kept = tuple(
            each for each in self.schema.names if each not in self.given and each != self.key
        )
        return ChangedTable(
            old=self.old,
            given=self.new,
            key=self.key,
            columns=columns,
            kept=kept,
            has_every_row=self.number == 0,
        )


def tables_of(plan: RowPlan, tables: TableStore) -> tuple[RowTable, ...]:
    """Return the tables of the entity that is extended.

    Raises:
        ConflictError: What is given would change a table of another dataset.
        BrokenPinError: A log says of a file what is not so.
    """
    parts = plan.content.tables_of(plan.entity.name)
    homes = homes_of(parts)
    columns = () if plan.data is None else plan.data.spec.columns
    key = plan.entity.primary_key
    fields = [each.name for each in columns if each.name != key]
    found = tuple(
        RowTable(
            number=number,
            part=part,
            pin=plan.base.pin_of(part.table),
            is_own=plan.base.pin_of(part.table).is_of(plan.base.name),
            key=part.column_of(key) if number == 0 and key else part.key or part.on or key,
            given={part.column_of(f): f for f in fields if homes.get(f, 0) == number},
            tables=tables,
        )
        for number, part in enumerate(parts)
    )
    if key is None and not found[0].is_own:
        raise foreign_rows(plan, found[0].pin)
    for each in found:
        if not each.is_own and (each.given or plan.deleting is not None):
            raise foreign_rows(plan, each.pin)
        if each.given and each.part.on not in (None, key):
            raise foreign_rows(plan, each.pin)
        if each.key is not None:
            # Files that rule out every key given are not compared.
            tables.require_statistics(each.pin, [each.key])
    return found


def foreign_rows(plan: RowPlan, pin: TablePin) -> ConflictError:
    """Return the refusal of rows that belong in a table of another dataset."""
    told = None if plan.base.hides else pin.owner
    owner = told or "the dataset that they come from"
    return ConflictError(
        f"{plan.base.name!r} does not own rows of {plan.entity.name!r}.",
        why="It reads them from another dataset.",
        fix=f"Extend {owner}, then bring the new version here with apollo rebase.",
    )
