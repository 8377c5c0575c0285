"""Describe records for people and programs, from the registry alone."""

import json
import re
from collections.abc import Mapping
from typing import Any

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import DatasetRecord, RowRule
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.names import parse_reference
from apollo_spark.model.record import PublishedRecord, require_kind
from apollo_spark.model.request import VerbRequest
from apollo_spark.model.suppressed import plain_json
from apollo_spark.operations.asker import Asker
from apollo_spark.records.showing import ShownPin, hides_details, shown_pins, shown_record


class FieldLine(Record):
    """One field as `fields` lists it."""

    path: str
    type: str
    title: str
    folder: str
    coding: str
    units: str


class FieldsRequest(VerbRequest):
    """What a person asks for: the options of `apollo fields`."""

    verb = "fields"

    name: str
    pattern: str | None = None


class FieldList(Record):
    """Fields, in the order of the dictionary."""

    fields: tuple[FieldLine, ...]


class ShowRequest(VerbRequest):
    """What a person asks for: the options of `apollo show`.

    Attributes:
        name: The version.
        pins: Whether pins are shown whole.
        full: Whether to show what a view keeps to itself.
    """

    verb = "show"

    name: str
    pins: bool = False
    full: bool = False


class Description(Record):
    """A record as people and programs read it.

    Attributes:
        shown: It, as JSON; of what is guarded with what is there in the place of numbers.
        with_pins: Whether its pins are shown whole.
    """

    shown: Mapping[str, Any]
    with_pins: bool

    def as_json(self) -> dict[str, Any]:
        """Return it."""
        found: dict[str, Any] = plain_json(self.shown)
        return found


class CohortDescription(Description):
    """A cohort as people and programs read it."""

    with_pins: bool = False


class DashboardDescription(Description):
    """A dashboard as people and programs read it."""

    with_pins: bool = False


def show(asker: Asker, request: ShowRequest) -> Description:
    """Describe one version of a record.

    Raises:
        NotFoundError: There is no such version.
        BrokenPinError: It is not as it was published.
    """
    lake, with_pins = asker.lake, request.pins or request.full
    record = lake.load(parse_reference(request.name), PublishedRecord)
    if isinstance(record, CohortRecord):
        # What people it has is asked of an engine.
        from apollo_spark.verbs.cohort.asking import describe_cohort

        return CohortDescription(shown=_given(lake, record, describe_cohort(lake, record)))
    if isinstance(record, DashboardRecord):
        # Whether its tiles can be answered is asked of what they read.
        from apollo_spark.verbs.dashboard.describing import describe_dashboard

        return DashboardDescription(shown=_given(lake, record, describe_dashboard(lake, record)))
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    shown = describe_record(lake, record, with_pins=with_pins, full=request.full)
    if record.hides:
        # Counting loads an engine.
        from apollo_spark.verbs.ask.shown_counts import count_shown, with_counts

        shown = with_counts(shown, count_shown(lake, record))
    return Description(shown=_given(lake, record, shown), with_pins=with_pins)


def _given(lake: Lake, record: PublishedRecord, shown: dict[str, Any]) -> dict[str, Any]:
    """Return a description as it is given: in few lakes something is guarded."""
    if not lake.registry.snapshot().guards:
        return shown
    from apollo_spark.operations.guarded.describing import guarded_description

    return guarded_description(lake, record, shown)


def list_fields(asker: Asker, request: FieldsRequest) -> FieldList:
    """Return the fields whose name, title, folder or coding contains a pattern.

    Raises:
        NotFoundError: There is no such version.
        UsageError: The pattern is not a regular expression.
    """
    record = asker.lake.load_record(parse_reference(request.name))
    return FieldList(fields=find_fields(asker.lake.load_dictionary(record), request.pattern))


def describe_record(
    lake: Lake, record: DatasetRecord, *, with_pins: bool = False, full: bool = False
) -> dict[str, Any]:
    """Return a record as the JSON object that `show --json` prints.

    Of a view, parents, receipt and rules are said only where they are asked for; numbers of rows
    are those of whole tables, and None where something of them is hidden.

    Args:
        lake: Where it is.
        record: The record.
        with_pins: Whether pins have the absolute path, rows, file digest and content hash, enough
            for any other Delta reader.
        full: Whether to show what a view keeps to itself.
    """
    dictionary = lake.load_dictionary(record)
    shown = shown_record(record, full=full)
    return {
        "name": record.name,
        "version": record.version,
        "id": record.id,
        "kind": record.kind,
        "schema": record.schema_tag,
        "published": record.lineage.time.isoformat(),
        "main_entity": record.main_entity,
        "entities": {each.name: _entity(record, each) for each in dictionary.entities},
        "relations": [
            {
                "from": f"{each.from_entity}.{each.from_field}",
                "to": f"{each.to_entity}.{each.to_field}",
                "relationship": each.relationship.value,
            }
            for each in record.relations
        ],
        "unjoined": sorted(dictionary.unjoined),
        "codings": {each.name: each.code_count for each in record.codings},
        "assays": [_assay(record, each) for each in record.assays],
        "pins": [
            _pin(lake, record, pin, with_pins=with_pins, full=full)
            for pin in shown_pins(record, full=full)
        ],
        "parents": list(shown.lineage.parents),
        "operation": record.lineage.operation,
        # Of a view, whom its base lost is not reported either.
        "withdrawn": lake.withdrawn_from(record) if full or not record.hides else {},
        "inputs": [each.model_dump(mode="json") for each in shown.lineage.inputs],
        "receipt": json.loads(lake.parts.get(shown.receipt)) if shown.receipt else {},
        **({"rules": [_rule(each) for each in shown.rules]} if full else {}),
    }


def _entity(record: DatasetRecord, entity: Entity) -> dict[str, Any]:
    entry = record.find_entity(entity.name)
    rows = None if entry is None or record.hides else record.pin_of(entry.slices[0].table).rows
    return {
        "title": entity.title,
        "primary_key": entity.primary_key,
        "rows": rows,
        "fields": [spec.name for spec in entity.fields],
    }


def _assay(record: DatasetRecord, assay: AssayRecord) -> dict[str, Any]:
    # Only records with assays wait for the types of assays.
    from apollo_spark.assays.types import summary_of

    summary = summary_of(assay)
    return {
        "name": assay.name,
        "type": assay.type,
        "unit": summary.default_unit,
        "units": list(summary.units),
        # What only hidden samples have is not there, and is not counted.
        "features": None if record.hides and record.rules else summary.features,
        "samples": None if record.hides else assay.sample_count,
        "of": f"{assay.entity}.{assay.field}",
    }


def _rule(rule: RowRule) -> dict[str, Any]:
    pins = [str(each) for each in rule.pins]
    assays = [each.name for each in rule.assays]
    return {
        "entity": rule.entity,
        "text": rule.text,
        "keys": rule.keys,
        **({"assays": assays} if assays else {}),
        "pins": pins,
    }


def _pin(
    lake: Lake, record: DatasetRecord, shown: ShownPin, *, with_pins: bool, full: bool
) -> dict[str, Any]:
    # Where tables lie names their datasets, and a content hash begins with the number of rows.
    is_hidden, pin = hides_details(record, full=full), shown.pin
    short = {
        "table": shown.table,
        "version": pin.version,
        "location": None if is_hidden else pin.location,
        "rows": None if is_hidden else pin.rows,
    }
    if not with_pins:
        return short
    return {
        **short,
        "path": None if is_hidden else str(lake.tables.folder_of(pin)),
        "content_hash": None if is_hidden else pin.content_hash,
        "files_digest": None if is_hidden else pin.files_digest,
    }


def find_fields(dictionary: DataDictionary, pattern: str | None) -> tuple[FieldLine, ...]:
    """Return the fields whose name, title, folder or coding contains a pattern.

    The pattern is a regular expression, matched anywhere and without regard to case.

    Raises:
        UsageError: The pattern is not a regular expression.
    """
    try:
        wanted = re.compile(pattern or "", re.IGNORECASE)
    except re.error as wrong:
        raise UsageError(
            f"{pattern!r} is not a valid regular expression.",
            why=f"As a regular expression: {wrong}.",
        ) from None
    lines = (_line(entity, spec) for entity, spec in dictionary.paths())
    return tuple(
        line
        for line in lines
        if any(wanted.search(text) for text in (line.path, line.title, line.folder, line.coding))
    )


def _line(entity: Entity, spec: FieldSpec) -> FieldLine:
    return FieldLine(
        path=f"{entity.name}.{spec.name}",
        type=f"{spec.type}{' multi-select' if spec.is_multi_select else ''}",
        title=spec.title or "",
        folder=" > ".join(spec.folder_path),
        coding=f"{spec.coding_name}{_kind_of_coding(spec)}" if spec.coding_name else "",
        units=spec.units or "",
    )


def _kind_of_coding(spec: FieldSpec) -> str:
    if spec.is_sparse:
        return " (sparse)"
    return " (open)" if spec.is_open_coding else ""
