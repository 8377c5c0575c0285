"""Publish a view of a dataset. No row is copied, and no JVM is needed."""

from dataclasses import replace
from pathlib import Path

from apollo_spark.assays.types import only_asked
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.change import ViewChange
from apollo_spark.model.names import parse_reference, require_dataset_name
from apollo_spark.model.receipt import ViewReceipt
from apollo_spark.model.request import ResultRequest
from apollo_spark.operations.cohorts.row_rule import read_rows
from apollo_spark.operations.deriving import Derivation, DerivedOperation, planned_dataset
from apollo_spark.operations.field_lists import read_field_list
from apollo_spark.query.filters.check import notes_of_filter
from apollo_spark.query.filters.prose import describe_filter
from apollo_spark.records.changes.row_filter import RowFilter
from apollo_spark.records.changes.view import make_view
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.verbs.ask.shown_counts import count_rows


class ViewRequest(ResultRequest):
    """What a person asks for: the options of `apollo view`."""

    verb = "view"

    name: str
    fields: str | None = None
    entities: tuple[str, ...] | None = None
    assays: tuple[str, ...] | None = None
    rows: str | None = None


class PublishView(DerivedOperation[ViewRequest]):
    """Publish a view as the next version of its name."""

    verb = "view"

    def derive(self, scratch: Path) -> Derivation:  # noqa: ARG002 nothing is unpacked
        """Return the view that is asked for, with what it shows counted."""
        return plan_view(self.context.lake, self.request)

    @property
    def bases(self) -> tuple[str, ...]:
        """What it is a view of."""
        return (self.request.name,)


def plan_view(lake: Lake, request: ViewRequest) -> Derivation:
    """Return the view that is asked for, with what it shows counted.

    Raises:
        NotFoundError: The dataset, an entity, a field or an assay is not there, or not to be seen.
        UsageError: A name is not legal, or the filter has no meaning.
        BrokenPinError: A pinned table cannot be read.
    """
    require_dataset_name(request.as_name)
    opened = lake.open(parse_reference(request.name))
    change = ViewChange(
        base=str(opened.record),
        entities=request.entities,
        fields=None if request.fields is None else read_field_list(request.fields),
        assays=request.assays,
    )
    rule = None if request.rows is None else read_rows(lake, opened, request.rows)
    made = derive_view(lake, opened, change, rule=rule, name=request.as_name)
    if rule is None or rule.members:
        return made
    said = describe_filter(parse_filter(rule.text), opened.dictionary)
    derived = replace(made.derived, notes=(f"the view keeps: {said}", *made.derived.notes))
    return replace(made, derived=derived)


def derive_view(
    lake: Lake, opened: OpenDataset, change: ViewChange, *, rule: RowFilter | None, name: str
) -> Derivation:
    """Return a view of an open dataset; `rule` was checked against it."""
    if rule is not None:
        change = change.model_copy(update={"rows": rule.text, "members": rule.members})
    base = lake.load_record(parse_reference(change.base))
    content, asked = lake.load_content(base), rule and rule.measured
    assays = only_asked(content.assays, asked.units) if asked else ()
    derived = make_view(content, change, rule, assays)
    if rule is not None and not rule.members:
        notes = notes_of_filter(parse_filter(rule.text), opened.dictionary)
        derived = replace(derived, notes=(*derived.notes, *notes))
    planned = planned_dataset(lake, name, derived)
    rows_shown = count_rows(lake, planned, planned.dictionary.main_entity)
    dictionary = derived.content.dictionary
    receipt = ViewReceipt(
        entities=len(dictionary.entities),
        fields=sum(len(each.fields) for each in dictionary.entities),
        assays=len(derived.content.assays),
        rows=rows_shown,
    )
    return Derivation(
        name=name,
        change=change,
        made_of=(base,),
        derived=derived,
        receipt=receipt,
        schema_tag=base.schema_tag,
        people=rows_shown,
    )
