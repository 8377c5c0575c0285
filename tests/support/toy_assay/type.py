# ruff: noqa: ARG002 a small type needs not all that it is given
"""What the verbs ask of the toy type."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.assays.base import AssaySummary, AssayType, ReadAssay, SealedAssay, ShownIds
from apollo_spark.assays.ids import count_not_in
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.assay import AssayRecord, AssayTable, name_table
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.diff import AssayDiff
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import CompactionReceipt
from apollo_spark.model.rules import WARN, Rule, content_rule
from apollo_spark.query.assay_scope import shown_samples
from apollo_spark.query.sql import column, labelled, table
from apollo_spark.workers.values.hashing import hash_table

CALL = ("sample_id", "variant", "dosage")


class ToyReceipt(Record):
    operation: str = "load toy"
    calls: int


def content_hash(calls: pa.Table) -> str:
    """Return the hash of calls, whatever the chunks that they are in."""
    return hash_table(calls.select(list(CALL))).hex()


def write_calls(publication: Publication, assay: str, calls: pa.Table) -> list[TablePin]:
    """Write a table of samples, and one of their calls."""
    samples = pa.table({"sample_id": pc.unique(calls["sample_id"])})
    pins = []
    for role, rows, told in (
        ("samples", samples, hash_table(samples).hex()),
        ("calls", calls, content_hash(calls)),
    ):
        draft = publication.table(name_table(assay, role))
        draft.write(rows)
        pins.append(draft.pin(content_hash=told))
    return pins


def record_of(assay: str, calls: pa.Table) -> AssayRecord:
    """Return what a record says of the calls."""
    return AssayRecord(
        name=assay, uuid=str(uuid4()), type=ToyType.name, model_version="1",
        sample_count=pc.count_distinct(calls["sample_id"]).as_py(),
        tables=tuple(
            AssayTable(role=each, table=name_table(assay, each)) for each in ("samples", "calls")
        ),
        details=json.dumps({"variants": pc.count_distinct(calls["variant"]).as_py()}),
    )  # fmt: skip


@dataclass(frozen=True)
class ToyFolding:
    """All chunks as one."""

    calls: pa.Table
    record: AssayRecord
    counts: CompactionReceipt

    def write(self, publication: Publication, runner: TaskRunner) -> list[TablePin]:
        (folded,) = runner.run(fold, [self.calls])
        return write_calls(publication, self.record.name, folded["calls"])


def fold(calls: pa.Table) -> dict[str, Any]:
    """Return calls as one chunk."""
    return {"calls": calls.set_column(3, "chunk", pa.array([0] * calls.num_rows, pa.int64()))}


class ToyType(AssayType):
    """Calls of variants: sample, variant, dosage, and the chunk that they came in."""

    name: ClassVar[str] = "toy_variants"
    operation: ClassVar[str | None] = "load toy"

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        return (content_rule("toy_dosage", "a dosage is 1 or 2", WARN),)

    def summary(self, record: AssayRecord) -> AssaySummary:
        return AssaySummary(units=("dosage",), features=json.loads(record.details)["variants"])

    def questions(self, assay: ReadAssay) -> Iterator[tuple[str, exp.Select]]:
        tree = exp.select(*(labelled(column("call", each), each) for each in (*CALL, "chunk")))
        tree = tree.from_(table(assay.record.table_of("calls"), "call"))
        shown = shown_samples(assay.opened.scope, assay.record)
        if shown is not None:
            among = exp.In(this=column("call", "sample_id"), query=exp.Subquery(this=shown))
            tree = tree.where(among)
        yield f"variants_{assay.record.name}", tree

    def shown_ids(self, assay: ReadAssay) -> ShownIds:
        calls = self.calls(assay)
        ids = (pc.unique(calls[each]) for each in ("sample_id", "variant"))
        return ShownIds(*ids)

    def compare(self, before: ReadAssay, after: ReadAssay) -> AssayDiff:
        old, new = self.shown_ids(before), self.shown_ids(after)
        same = content_hash(self.calls(before)) == content_hash(self.calls(after))
        return AssayDiff(
            name=after.record.name,
            samples_added=count_not_in(new.samples, old.samples),
            features_added=count_not_in(new.features, old.features),
            units_changed=() if same else ("dosage",),
        )

    def seal(self, lake: Lake, assay: ReadAssay, publication: Publication) -> SealedAssay:
        calls, name = self.calls(assay), assay.record.name
        return SealedAssay(record_of(name, calls), tuple(write_calls(publication, name, calls)))

    def hash_table(
        self, tables: TableStore, record: DatasetRecord, assay: AssayRecord, pin: TablePin,
        files: list[str],
    ) -> str | None:  # fmt: skip
        return content_hash(tables.read(pin)) if pin.table == assay.table_of("calls") else None

    def plan_folding(
        self, lake: Lake, record: DatasetRecord, assay: AssayRecord
    ) -> ToyFolding | None:
        calls = lake.tables.read(record.pin_of(assay.table_of("calls")))
        chunks = pc.count_distinct(calls["chunk"]).as_py()
        counts = CompactionReceipt(blocks_before=chunks, blocks_after=1)
        return None if chunks < 2 or record.hides else ToyFolding(calls, assay, counts)

    def calls(self, assay: ReadAssay) -> pa.Table:
        return self.ask(assay, next(self.questions(assay))[1])

    def ask(self, assay: ReadAssay, tree: exp.Select) -> pa.Table:
        return EmbeddedEngine(assay.files).run(tree, assay.opened.pins).read_all()
