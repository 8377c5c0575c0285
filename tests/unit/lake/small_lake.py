"""A lake with a study of two small tables, published step by step without Spark."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication, no_step
from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Lineage
from apollo_spark.records.content import Content, build_dataset_record, part_texts
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.values.hashing import hash_table
from apollo_spark.workers.values.stats import delta_stats

Rows = Sequence[tuple[str, int]]
Study = Mapping[str, Rows]

SCHEMA = pa.schema([("key", pa.string()), ("amount", pa.int64())])
FIRST: Study = {"patient": [("P1", 1), ("P2", 2)], "visit": [("V1", 10)]}
SECOND: Study = {"patient": [("P1", 1), ("P3", 3)], "visit": [("V1", 10), ("V2", 20)]}
DICTIONARY = DataDictionary(
    main_entity="patient",
    entities=tuple(
        Entity(
            name=name,
            primary_key="key",
            fields=(
                FieldSpec(name="key", type=FieldType.STRING),
                FieldSpec(name="amount", type=FieldType.INTEGER, coding_name="amounts"),
            ),
        )
        for name in ("patient", "visit")
    ),
    relations=(),
    codings=(Coding(name="amounts", rows=(CodePlace(code="1", meaning="One", display_order=1),)),),
)
LINEAGE = Lineage(
    operation="load clinical",
    fingerprint="same",
    actor="ann",
    time=datetime(2026, 3, 1, 12, tzinfo=timezone.utc),
)


# The steps of a publication up to the last one.
STEPS = [
    "take the lease",
    "prepare patient",
    "prepare visit",
    "write patient",
    "commit patient",
    "write visit",
    "commit visit",
    "pin patient",
    "pin visit",
    "store parts",
]


def table_of(rows: Rows, schema: pa.Schema = SCHEMA) -> pa.Table:
    columns = [pa.array(values) for values in zip(*rows, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema) if rows else schema.empty_table()


def write_file(folder: Path | str, table: pa.Table) -> WrittenFile:
    """Write a file as tasks do: under a name that no other run uses."""
    path = Path(folder) / f"part-{uuid4()}.parquet"
    pq.write_table(table, path)
    footer = pq.read_metadata(path)
    stats = delta_stats(table.schema, footer)
    return WrittenFile(path=path.name, size=path.stat().st_size, rows=footer.num_rows, stats=stats)


def write_study(publication: Publication, study: Study) -> tuple[TablePin, ...]:
    """Write, commit and pin the tables of a study, as a load does."""
    drafts = {name: publication.table(name) for name in study}
    for name, draft in drafts.items():
        publication.step(f"write {name}")
        draft.commit([write_file(draft.folder, table_of(study[name]))], SCHEMA)
    return tuple(
        draft.pin(content_hash=hash_table(table_of(study[name])).hex())
        for name, draft in drafts.items()
    )


def publish(
    lake: Lake,
    study: Study = FIRST,
    *,
    name: str = "study",
    on_step: Callable[[str], None] = no_step,
    time: datetime = LINEAGE.time,
) -> DatasetRecord:
    """Publish the next version of a study."""
    with lake.publication(name, holder="ann", on_step=on_step) as publication:

        def work() -> DatasetRecord:
            pins = write_study(publication, study)
            publication.step("store parts")
            content = Content(DICTIONARY, {}, tuple(pins))
            for text in part_texts(content.dictionary):
                lake.parts.put(text)
            receipt = lake.parts.put("{}")
            return publication.commit(
                lambda version: build_dataset_record(
                    name=publication.name,
                    version=version,
                    content=content,
                    lineage=LINEAGE.model_copy(update={"time": time}),
                    receipt=receipt,
                    schema_tag=None,
                )
            )

        return publication.run(work)


def rows_of(lake: Lake, record: DatasetRecord) -> dict[str, list[tuple[Any, ...]]]:
    """Read the rows behind the pins of a record."""
    found = {}
    for pin in record.pins:
        tables = [pq.read_table(file) for file in lake.tables.files(pin)]
        rows = [tuple(row.values()) for table in tables for row in table.to_pylist()]
        found[pin.table] = sorted(rows)
    return found


def comparable(record: DatasetRecord) -> dict[str, Any]:
    """Return a record without ids, times, table versions and names of files."""
    shown = record.model_dump(mode="json", exclude={"id"})
    del shown["lineage"]["time"]
    for pin in shown["pins"]:
        for name in ("table_id", "version", "files_digest"):
            del pin[name]
    return shown


class CrashError(Exception):
    """Stands for a process that ends here."""


def crash_at(number: int) -> Callable[[str], None]:
    """Return a step watcher that raises at the given step."""
    left = [number]

    def watch(name: str) -> None:
        if left[0] == 0:
            raise CrashError(name)
        left[0] -= 1

    return watch


def do_at(step: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Return a step watcher that acts once, before a step."""
    left = [act]

    def watch(name: str) -> None:
        if name == step and left:
            left.pop()()

    return watch


def plain(study: Study) -> dict[str, list[tuple[str, int]]]:
    return {name: list(rows) for name, rows in study.items()}


def tree(folder: Path) -> list[str]:
    """Return everything in a folder."""
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))
