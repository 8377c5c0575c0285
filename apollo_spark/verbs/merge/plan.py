"""Plan merges: what the result says, and what the link matches. Nothing is written to the lake."""

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.scratch import ScratchFiles
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.assay import AssayRecord, name_table
from apollo_spark.model.change import AssayMerge, ClinicalMerge
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import AssayMergeReceipt, MergeReceipt
from apollo_spark.operations.deriving import Derivation, Finish, planned_dataset
from apollo_spark.query.merge_keys import (
    entity_end,
)
from apollo_spark.records.changes.linked_ends import SOURCE, TARGET, linked_ends
from apollo_spark.records.changes.merge_assay import merge_assay
from apollo_spark.records.changes.merge_clinical import merge_clinical
from apollo_spark.records.content import Content, Derived
from apollo_spark.sources.link_file import LinkFile
from apollo_spark.verbs.merge.counts import CountedLink, count_link
from apollo_spark.verbs.merge.findings import (
    Side,
    find_lookalikes,
    find_unmatched,
)
from apollo_spark.verbs.merge.samples import MergedSamples
from apollo_spark.workers.values.hashing import hash_table

COUNT_MEMORY = "1GB"
"""Keys are counted in this much memory, and go to disk above it."""
ONE_SOURCE = frozenset({"one_to_one", "one_to_many"})
"""Relationships that allow a key in one row of the source only."""
ONE_TARGET = frozenset({"one_to_one", "many_to_one"})
"""Relationships that allow a key in one row of the target only."""


@dataclass(frozen=True)
class MergePlan:
    """A merge that is ready to be judged and published.

    Attributes:
        derivation: What is published, with its receipt.
        link: Both sides of the link, and their counts.
        relationship: How many rows may be on either side, as a sentence says it.
        findings: What a policy may refuse, under the rules' own severities.
    """

    derivation: Derivation
    link: CountedLink
    relationship: str
    findings: tuple[Finding, ...]


def plan_clinical_merge(lake: Lake, change: ClinicalMerge, *, name: str) -> MergePlan:
    """Plan a merge of the entities of two datasets.

    Args:
        lake: Where both are.
        change: The versions, as `name@version`, the link, and what becomes of names that clash.
        name: The name of the result.

    Raises:
        NotFoundError: A version or a field of the link is not there.
        DictionaryError: The fields of the link do not go together.
        ConflictError: Names clash.
        BrokenPinError: A pinned table cannot be read.
    """
    source, target = _parents(lake, change)
    contents = lake.load_content(source), lake.load_content(target)
    derived = merge_clinical(*contents, change, source_name=source.name)
    ends = linked_ends(*contents, change.link, source_name=source.name)
    opened = planned_dataset(lake, name, Derived(ends))
    link = change.link
    counted = count_link(
        entity_end(opened.scope, SOURCE, link.source_field, title=link.source_entity,
                   is_once=change.relationship in ONE_SOURCE),
        entity_end(opened.scope, TARGET, link.target_field, title=link.target_entity,
                   is_once=change.relationship in ONE_TARGET),
        EmbeddedEngine(lake.tables, memory_limit=COUNT_MEMORY),
        opened.pins,
    )  # fmt: skip
    receipt = MergeReceipt(**counted.receipt_counts)
    sides = (
        Side("row", f"{link.source_entity} ({source})"),
        Side("row", f"{link.target_entity} ({target})"),
    )
    return MergePlan(
        derivation=Derivation(
            name=name, change=change, made_of=(source, target), derived=derived, receipt=receipt
        ),
        link=counted,
        relationship=f"{link} is {change.relationship}",
        findings=(*find_unmatched(receipt, *sides), *find_lookalikes(counted, *sides)),
    )


def plan_assay_merge(
    lake: Lake,
    change: AssayMerge,
    *,
    name: str,
    link: LinkFile | TablePin | None,
    scratch: Path,
) -> MergePlan:
    """Plan to join an assay of one dataset to an entity of another.

    Args:
        lake: Where both are.
        change: The versions, as `name@version`, the assay, and the field that it is joined to.
        name: The name of the result.
        link: The linking file, or a table that was made of one before; None where the field
            holds the ids of the samples.
        scratch: A folder for the rows of the linking file until they are published.

    Raises:
        NotFoundError: A version, the assay or the field is not there.
        DictionaryError: The field cannot link samples.
        ConflictError: The target has an assay of that name.
        BrokenPinError: A pinned table cannot be read.
    """
    source, target = _parents(lake, change)
    files = ScratchFiles(lake.tables)
    pin = _scratch_pin(files, link, scratch) if isinstance(link, LinkFile) else link
    derived = merge_assay(
        lake.load_content(source),
        lake.load_content(target),
        change,
        link=pin,
        source_name=source.name,
    )
    assay = derived.content.assays[-1]
    if isinstance(link, LinkFile) and assay.link is not None:
        _name_scratch(files, link, scratch, assay.link.table)
    opened = planned_dataset(lake, name, derived)
    file = link if isinstance(link, LinkFile) else None
    engine = EmbeddedEngine(files, memory_limit=COUNT_MEMORY)
    reading = MergedSamples(opened.record.assays[-1], opened, engine, files, file)
    counted = reading.count(change)
    receipt = reading.receipt(counted)
    return MergePlan(
        derivation=Derivation(
            name=name,
            change=change,
            made_of=(source, target),
            derived=derived,
            receipt=receipt,
            inputs=() if file is None else (file.input,),
            schema_tag=target.schema_tag,
            finish=None if file is None else _writes_links(file, assay),
        ),
        link=counted,
        relationship=f"a sample belongs to one row by {change.entity}.{change.field}",
        findings=_find_unlinked(reading, counted, receipt, change),
    )


def _find_unlinked(
    reading: MergedSamples, counted: CountedLink, receipt: AssayMergeReceipt, change: AssayMerge
) -> tuple[Finding, ...]:
    ends = (
        Side("sample", f"{change.assay} ({change.source})"),
        Side("row", f"{change.entity} ({change.target})"),
    )
    return (
        *reading.links_nothing(receipt, change),
        *find_unmatched(receipt, *ends),
        *reading.unused_links(),
        *find_lookalikes(counted, *ends),
        *reading.lookalike_links(),
    )


def _parents(lake: Lake, change: ClinicalMerge | AssayMerge) -> tuple[DatasetRecord, DatasetRecord]:
    source, target = (
        lake.load_record(parse_reference(each)) for each in (change.source, change.target)
    )
    return source, target


def _scratch_pin(files: ScratchFiles, link: LinkFile, scratch: Path) -> TablePin:
    path = scratch / "link.parquet"
    pq.write_table(link.table, path)
    return files.add("link", [str(path)], link.table.schema)


def _name_scratch(files: ScratchFiles, link: LinkFile, scratch: Path, name: str) -> None:
    files.add(name, [str(scratch / "link.parquet")], link.table.schema)


def _writes_links(link: LinkFile, assay: AssayRecord) -> Finish:
    """Return what writes the linking table of an assay."""

    def finish(publication: Publication, derived: Derived) -> Derived:
        assert assay.link is not None, "a linking file makes a link"
        draft = publication.table(name_table(assay.name, "link"))
        files = [draft.add(link.table)] if link.table.num_rows else []
        draft.commit(files, link.table.schema)
        pin = draft.pin(content_hash=hash_table(link.table).hex())
        pin = pin.model_copy(update={"table": assay.link.table})
        planned = next(each for each in derived.content.pins if each.table == pin.table)
        return replace(derived, content=_with_pin(derived.content, planned, pin))

    return finish


def _with_pin(content: Content, planned: TablePin, written: TablePin) -> Content:
    """Return content that pins what was written where it pinned what was planned, rules and all."""

    def told(pins: tuple[TablePin, ...]) -> tuple[TablePin, ...]:
        return tuple(written if each == planned else each for each in pins)

    rules = tuple(each.model_copy(update={"pins": told(each.pins)}) for each in content.rules)
    return replace(content, pins=told(content.pins), rules=rules)
