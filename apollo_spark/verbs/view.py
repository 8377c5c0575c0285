"""Publish a view of a dataset. No row is copied, and no JVM is needed."""

from dataclasses import replace

from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.base import Record
from apollo_spark.model.change import ViewChange
from apollo_spark.model.names import parse_reference, require_dataset_name
from apollo_spark.model.receipt import ViewReceipt
from apollo_spark.operations.deriving import (
    Derivation,
    planned_dataset,
    planned_outcome,
    publish_derivation,
)
from apollo_spark.operations.outcome import Outcome
from apollo_spark.query.filters.check import notes_of_filter, read_filter, require_few_conditions
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.records.changes.view import RowFilter, make_view
from apollo_spark.sources.filters.text import parse_filter, write_filter
from apollo_spark.verbs.ask.extract import read_field_list


class ViewRequest(Record):
    """What a person asks for: the options of `apollo view`."""

    name: str
    as_name: str
    fields: str | None = None
    entities: tuple[str, ...] | None = None
    assays: tuple[str, ...] | None = None
    rows: str | None = None
    dry_run: bool = False


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
    if request.rows is not None:
        require_few_conditions(request.rows)
    return derive_view(lake, opened, change, rows=request.rows, name=request.as_name)


def derive_view(
    lake: Lake, opened: OpenDataset, change: ViewChange, *, rows: str | None, name: str
) -> Derivation:
    """Return a view of an open dataset; `rows` is the filter as it is typed."""
    rule = None if rows is None else check_rows(opened, rows)
    change = change.model_copy(update={"rows": None if rule is None else rule.text})
    base = lake.load_record(parse_reference(change.base))
    derived = make_view(lake.load_content(base), change, rule)
    if rule is not None:
        notes = notes_of_filter(parse_filter(rule.text), opened.dictionary)
        derived = replace(derived, notes=(*derived.notes, *notes))
    view = planned_dataset(lake, name, derived)
    dictionary = derived.content.dictionary
    receipt = ViewReceipt(
        entities=len(dictionary.entities),
        fields=sum(len(each.fields) for each in dictionary.entities),
        assays=len(derived.content.assays),
        rows=count_main_rows(lake, view),
    )
    return Derivation(
        name=name,
        change=change,
        parents=(base,),
        derived=derived,
        receipt=receipt,
        schema_tag=base.schema_tag,
    )


def check_rows(opened: OpenDataset, text: str) -> RowFilter:
    """Return a row rule that was checked against what a dataset shows.

    Raises:
        UsageError: The filter cannot be read, or compares what cannot be compared.
        NotFoundError: It names a field that is not there, or not to be seen.
    """
    tree = read_filter(text, opened.dictionary)
    return RowFilter(text=write_filter(tree), fields=fields_needed(tree, opened.dictionary))


def count_main_rows(lake: Lake, opened: OpenDataset) -> int:
    """Return how many rows of the main entity are shown."""
    scope = opened.scope
    main = scope.dictionary.main_entity
    entity = scope.dictionary.find_entity(main)
    assert entity is not None, "a dataset has a main entity"
    fields = [entity.primary_key or entity.fields[0].name]
    tree = exp.select(exp.Count(this=exp.Star())).from_(scope.source(main, fields), copy=False)
    found = EmbeddedEngine(lake.tables).run(tree, opened.pins).read_all()
    return int(found.column(0)[0].as_py())


def _main_rows(derivation: Derivation) -> int | None:
    receipt = derivation.receipt
    return receipt.rows if isinstance(receipt, ViewReceipt) else None


def publish_view(lake: Lake, request: ViewRequest, *, on_step: OnStep = no_step) -> Outcome:
    """Publish a view as the next version of its name, or for a dry run say what it would show."""
    on_step("plan")
    derivation = plan_view(lake, request)
    if request.dry_run:
        return planned_outcome(lake, derivation, people=_main_rows(derivation))
    return publish_derivation(lake, derivation, on_step=on_step)
