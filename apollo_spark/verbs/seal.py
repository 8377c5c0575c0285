"""Write what a dataset shows as a lake of its own, for people who may see no more than that.

The copy holds the rows and columns that are shown, in new tables, and a record without parents:
nothing in it leads to what the dataset hides, nor to who made it, on which machine and where.
"""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sqlglot import exp

from apollo_spark.assays.base import ReadAssay, SealedAssay
from apollo_spark.assays.types import type_of
from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.sweep.traces import NOBODY, remove_traces, replacing_folder
from apollo_spark.model.assay import AssayRecord, SampleLink, name_table
from apollo_spark.model.base import sha256_text
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import SealReceipt
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.guarded.persons import require_rows
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.publish import commit
from apollo_spark.operations.work import Draft
from apollo_spark.query.assay_scope import sample_links
from apollo_spark.query.sql import ascending, column, labelled
from apollo_spark.records.changes.sample_entity import find_sample_entity
from apollo_spark.records.content import Content, content_of, part_texts, record_of
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.verbs.ask.shown_counts import count_rows, count_samples
from apollo_spark.workers.values.hashing import hash_table


class SealRequest(ActionRequest):
    """What a person asks for: the options of `apollo extract sealed`.

    Attributes:
        name: The version.
        output: The folder of the new lake; not there, or empty.
    """

    verb = "extract sealed"

    name: str
    output: str


class Seal(Action[SealRequest, OpenDataset, SealReceipt]):
    """Write a dataset as a lake of its own."""

    verb = "extract sealed"

    def plan(self) -> OpenDataset:
        """Open the dataset.

        Raises:
            NotFoundError: The dataset is not there.
            UsageError: The folder is not empty.
        """
        opened = self.context.lake.open(parse_reference(self.request.name))
        require_rows(self.context.lake, opened)
        folder = Path(self.request.output)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"The folder {folder} is not empty.", fix="Name one that is not there."
            )
        return opened

    def preview(self, plan: OpenDataset) -> Outcome[SealReceipt]:
        """Count what is shown."""
        lake = self.context.lake
        receipt = SealReceipt(
            rows=sum(count_rows(lake, plan, each.name) for each in plan.dictionary.entities),
            samples=sum(count_samples(lake, plan, each) for each in plan.record.assays),
        )
        outcome = Outcome(receipt, more={"written": []})
        return outcome.planned(f"{plan.record.name}@1 in {self.request.output}")

    def act(self, plan: OpenDataset) -> Outcome[SealReceipt]:
        """Write what is shown, and publish it there.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """
        lake, folder = self.context.lake, Path(self.request.output)
        with replacing_folder(folder) as scratch:
            target = lake.elsewhere(str(scratch))
            name, nobody = plan.record.name, replace(self.context, actor=NOBODY)
            with target.publication(name, holder=NOBODY, on_step=self.context.step) as publication:
                outcome = publication.run(lambda: _seal(nobody, plan, target, publication))
            remove_traces(target, scratch)
        return replace(outcome, more={"written": [self.request.output]})


def _seal(
    context: Context, opened: OpenDataset, target: Lake, publication: Publication
) -> Outcome[SealReceipt]:
    lake = context.lake
    engine = EmbeddedEngine(lake.tables)
    pins = [_seal_entity(engine, opened, each, publication) for each in opened.dictionary.entities]
    rows = sum(each.rows for each in pins)
    assays = []
    for assay in opened.record.assays:
        origin = _origin(opened, assay, pins)
        sealed = _seal_assay(lake, opened, assay, publication, origin=origin)
        assays.append(sealed.record)
        pins += sealed.pins
    content = Content(opened.dictionary, {}, tuple(pins), assays=tuple(assays))
    draft = Draft(
        SealReceipt(rows=rows, samples=sum(each.sample_count for each in assays)),
        record_of(content, schema_tag=opened.record.schema_tag),
        parts=part_texts(content.dictionary),
        profiled=content.dictionary,
    )
    lineage = context.lineage("seal", sha256_text(publication.load_id))
    version = commit(publication, target, draft, lineage, LocalTaskRunner())
    return Outcome(draft.receipt, published=(version,))


def _seal_assay(
    lake: Lake,
    opened: OpenDataset,
    assay: AssayRecord,
    publication: Publication,
    *,
    origin: str | None,
) -> SealedAssay:
    """Write what is shown of an assay, and how its samples are joined."""
    reading = ReadAssay(lake.tables, opened, assay)
    sealed = type_of(assay).seal(lake, reading, publication)
    joined = {"entity": assay.entity, "field": assay.field, "origin": origin, "link": None}
    record = sealed.record.model_copy(update={**joined, "uuid": str(uuid4()), "guards": ()})
    if assay.link is None:
        return SealedAssay(record, sealed.pins)
    tree = sample_links(opened.scope, assay)
    links = EmbeddedEngine(lake.tables).run(tree, opened.pins).read_all()
    draft = publication.table(name_table(assay.name, "link"))
    draft.write(links)
    pin = draft.pin(content_hash=hash_table(links).hex())
    record = record.model_copy(update={"link": SampleLink(table=pin.table)})
    return SealedAssay(record, (*sealed.pins, pin))


def _origin(opened: OpenDataset, assay: AssayRecord, pins: list[TablePin]) -> str | None:
    """Return where the copy has the own fields of samples that belong to another entity."""
    own = find_sample_entity(content_of(opened.record, opened.dictionary), assay)
    if own is None or own.name == assay.entity:
        return None
    return next(each.location for each in pins if each.table == own.name)


def _seal_entity(
    engine: Engine, opened: OpenDataset, entity: Entity, publication: Publication
) -> TablePin:
    draft = publication.table(entity.name)
    schema = arrow_schema(entity)
    publication.step(f"write {entity.name}")
    reader = engine.run(_rows_of(opened, entity), opened.pins)
    batches = (each.cast(schema) for each in reader if each.num_rows)
    files, content = draft.add_rows(batches, schema)
    draft.commit(files, schema)
    return draft.pin(content_hash=content.hex())


def _rows_of(opened: OpenDataset, entity: Entity) -> exp.Select:
    fields = [each.name for each in entity.fields]
    shown = [labelled(column(entity.name, each), each) for each in fields]
    tree = exp.select(*shown).from_(opened.scope.source(entity.name, fields), copy=False)
    if entity.primary_key is None:
        return tree
    return tree.order_by(ascending(column(entity.name, entity.primary_key)), copy=False)
