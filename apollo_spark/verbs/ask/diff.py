"""Compare two versions of datasets: schema, and rows by key. Nothing is written to the lake."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from sqlglot import exp

from apollo_spark.assays.base import ReadAssay
from apollo_spark.assays.types import type_of
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.export.rows import RowFormat, require_free, write_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import TableSlice, homes_of
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.diff import AssayDiff, DatasetDiff, EntityDiff, FieldDiff
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.disclosing import require_unguarded
from apollo_spark.query.diff import (
    ADDED,
    CHANGED,
    REMOVED,
    SECOND,
    ComparedEntity,
    Which,
    count_differences,
    count_field_changes,
    differing_keys,
    under_label,
)
from apollo_spark.records.diff import diff_dictionaries
from apollo_spark.records.pairs import (
    EntityPair,
    diff_codings,
    pair_entities,
    relation_texts,
)
from apollo_spark.verbs.cohort.diff import CohortDiff, diff_cohorts
from apollo_spark.verbs.dashboard.describing import DashboardDiff, diff_dashboards

FIELDS_AT_ONCE = 200
"""Fields of one question: both more and fewer take longer."""

_WHICH: tuple[Which, ...] = ("added", "removed", "changed")


class DiffRequest(VerbRequest):
    """What a person asks for: the options of `apollo diff`.

    Attributes:
        first: The earlier version.
        second: The later one; it may be of another dataset.
        keys: Folder for the keys of rows that differ, as csv.
        force: Whether to overwrite files of keys.
    """

    verb = "diff"

    first: str
    second: str
    keys: str | None = None
    force: bool = False


def compare(asker: Asker, request: DiffRequest) -> DatasetDiff | CohortDiff | DashboardDiff:
    """Compare two versions, of one dataset or of two, and write the keys of rows that differ.

    Rows are read only of tables that the versions do not pin with the same content, and only as
    far as either version shows them. A file `ENTITY.added.csv`, `ENTITY.removed.csv` or
    `ENTITY.changed.csv` is written where there are such rows and they have a key. They are data,
    and to be protected as such.

    Raises:
        NotFoundError: There is no such version.
        UsageError: A file of keys is there already.
        BrokenPinError: A pinned version cannot be read.
        StorageRefusedError: A file cannot be written.
    """
    names = (request.first, request.second)
    records = [asker.lake.load(parse_reference(each), PublishedRecord) for each in names]
    cohorts = [each for each in records if isinstance(each, CohortRecord)]
    if len(cohorts) == len(records) and request.keys is None:
        return diff_cohorts(asker.lake, *cohorts)
    dashboards = [each for each in records if isinstance(each, DashboardRecord)]
    if len(dashboards) == len(records) and request.keys is None:
        return diff_dashboards(*dashboards)
    before, after = (asker.lake.open(parse_reference(each)) for each in names)
    require_unguarded(asker.lake, "Counts and keys of rows that differ", *records)
    comparison = _Comparison(asker.lake, before, after)
    diff = comparison.run()
    if request.keys is not None:
        files = comparison.write_keys(diff, Path(request.keys), force=request.force)
        asker.say(f"{len(files)} files of keys written to {request.keys}: protect them as the data")
    return diff


class _Comparison:
    def __init__(self, lake: Lake, first: OpenDataset, second: OpenDataset) -> None:
        self._lake = lake
        self._first = first
        self._second = second
        self._engine = EmbeddedEngine(lake.tables)
        self._second_scope = under_label(second.scope, SECOND)
        later = {f"{SECOND}{name}": pin for name, pin in second.pins.items()}
        self._pins: Mapping[str, TablePin] = {**first.pins, **later}

    def run(self) -> DatasetDiff:
        """Return everything that differs."""
        first, second = self._first.record, self._second.record
        dictionaries = self._first.dictionary, self._second.dictionary
        relations = [relation_texts(each) for each in dictionaries]
        # Another type of the same name is another assay.
        assays = [
            {(each.name, each.type): each for each in record.assays} for record in (first, second)
        ]
        return DatasetDiff(
            first=str(first),
            second=str(second),
            schema_diff=diff_dictionaries(*dictionaries),
            relations_added=tuple(each for each in relations[1] if each not in relations[0]),
            relations_removed=tuple(each for each in relations[0] if each not in relations[1]),
            codings=diff_codings(*dictionaries),
            entities=tuple(self._compare(each) for each in self._pairs),
            assays_added=tuple(each[0] for each in assays[1] if each not in assays[0]),
            assays_removed=tuple(each[0] for each in assays[0] if each not in assays[1]),
            assays=tuple(
                self._compare_assay(each, assays[1][name])
                for name, each in assays[0].items()
                if name in assays[1]
            ),
        )

    def write_keys(self, diff: DatasetDiff, folder: Path, *, force: bool) -> tuple[str, ...]:
        """Write the keys of rows that differ."""
        with storage_access(f"Cannot make the folder {folder}."):
            folder.mkdir(parents=True, exist_ok=True)
        pairs = {each.after.name: each for each in self._pairs if each.key is not None}
        wanted = [
            (folder / f"{each.name}.{which}.csv", pairs[each.name], which)
            for each in diff.entities
            for which in _WHICH
            if each.name in pairs and getattr(each, which)
        ]
        for path, _, _ in wanted:
            require_free(str(path), force=force)
        for path, pair, which in wanted:
            rows = self._engine.run(differing_keys(self._compared(pair), which), self._pins)
            write_rows(rows, str(path), RowFormat.CSV, force=force)
        return tuple(path.name for path, _, _ in wanted)

    @cached_property
    def _pairs(self) -> tuple[EntityPair, ...]:
        return pair_entities(self._first.dictionary, self._second.dictionary)

    def _compare(self, pair: EntityPair) -> EntityDiff:
        same = EntityDiff(
            name=pair.after.name,
            key=None if pair.key is None else pair.key[1],
            not_compared=pair.not_compared,
            key_left_out=pair.key_left_out,
        )
        compared = self._compared(pair)
        if self._has_same_rows(pair) and not (pair.key and compared.fields):
            return same
        counts = self._counts(count_differences(compared))
        changed = counts.get(CHANGED, 0)
        return same.model_copy(
            update={
                "is_read": True,
                "added": counts[ADDED],
                "removed": counts[REMOVED],
                "changed": changed,
                "fields": self._field_changes(compared) if changed else (),
            }
        )

    def _field_changes(self, compared: ComparedEntity) -> tuple[FieldDiff, ...]:
        found = []
        for start in range(0, len(compared.fields), FIELDS_AT_ONCE):
            fields = compared.fields[start : start + FIELDS_AT_ONCE]
            counts = self._counts(count_field_changes(replace(compared, fields=fields)))
            found += [
                FieldDiff(name=name, changed=count)
                for (_, name), count in zip(fields, counts.values(), strict=True)
                if count
            ]
        return tuple(found)

    def _counts(self, tree: exp.Query) -> dict[str, int]:
        """Answer a question whose answer is one row of sums; a sum of nothing is 0."""
        found = self._engine.run(tree, self._pins).read_all().to_pylist()[0]
        return {name: int(value or 0) for name, value in found.items()}

    def _compared(self, pair: EntityPair) -> ComparedEntity:
        """Return an entity with the fields that may differ."""
        fields = pair.fields if pair.key is None else self._differing_fields(pair)
        return ComparedEntity(
            before=self._first.scope,
            after=self._second_scope,
            entity=pair.after.name,
            key=pair.key,
            fields=fields,
        )

    def _has_same_rows(self, pair: EntityPair) -> bool:
        """Whether both versions pin the same rows and, without a key, the same values of each."""
        is_same = self._is_same_table(pair, 0, 0)
        if pair.key is not None:
            return is_same
        return is_same and not self._differing_fields(pair)

    def _differing_fields(self, pair: EntityPair) -> tuple[tuple[str, str], ...]:
        """Return the fields but those that both read from the same column of the same content."""
        before, after = self._tables(pair)
        homes = homes_of(before), homes_of(after)
        same: dict[tuple[int, int], bool] = {}
        found = []
        for names in pair.fields:
            place = homes[0].get(names[0], 0), homes[1].get(names[1], 0)
            if place not in same:
                same[place] = self._is_same_table(pair, *place)
            columns = before[place[0]].column_of(names[0]), after[place[1]].column_of(names[1])
            if not same[place] or columns[0] != columns[1]:
                found.append(names)
        return tuple(found)

    def _is_same_table(self, pair: EntityPair, near: int, far: int) -> bool:
        tables = self._tables(pair)
        before, after = tables[0][near], tables[1][far]
        joined = _joined(before, pair.before, near), _joined(after, pair.after, far)
        if joined[0] != joined[1] or not self._is_same_content(before.table, after.table):
            return False
        if before.guards or after.guards:
            rules = self._first.record.rules, self._second.record.rules
            return before.guards == after.guards and rules[0] == rules[1]
        return True

    def _tables(self, pair: EntityPair) -> tuple[tuple[TableSlice, ...], tuple[TableSlice, ...]]:
        return (
            self._first.scope.tables_of(pair.before.name),
            self._second.scope.tables_of(pair.after.name),
        )

    def _compare_assay(self, before: AssayRecord, after: AssayRecord) -> AssayDiff:
        tables = self._lake.tables
        return type_of(after).compare(
            ReadAssay(tables, self._first, before), ReadAssay(tables, self._second, after)
        )

    def _is_same_content(self, before: str, after: str) -> bool:
        pins = self._first.pins[before], self._second.pins[after]
        return pins[0].content_hash == pins[1].content_hash


def _joined(table: TableSlice, entity: Entity, number: int) -> tuple[str | None, ...]:
    """Return how the rows of a table are named: by its key, and by the field that it stands for."""
    if number == 0:
        return (entity.primary_key and table.column_of(entity.primary_key),)
    on = table.on or entity.primary_key
    return table.key or on, on
