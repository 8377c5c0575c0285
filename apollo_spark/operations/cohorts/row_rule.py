"""Rows of the main entity as a view keeps them: a filter, or how a cohort is made, by value."""

from collections.abc import Mapping, Sequence

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.change import ViewChange
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.filter import (
    AssayValue,
    Filter,
    conditions_of,
    with_deep_recursion,
    with_parts,
)
from apollo_spark.model.names import DATASET_NAME
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.cohorts.meaning import check_beside_cohorts, read_meaning
from apollo_spark.operations.cohorts.one_dataset import require_dataset
from apollo_spark.operations.cohorts.opening import load_cohort
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.cohorts.text import in_cohort
from apollo_spark.query.filters.check import check_filter, read_filter
from apollo_spark.query.filters.measured import MeasuredFeature, MeasuredValues
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.records.changes.row_filter import MeasuredInRule, RowFilter
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter


def read_rows(lake: Lake, opened: OpenDataset, text: str) -> RowFilter:
    """Return a row rule that is typed: a filter, or the name of a cohort.

    Raises:
        UsageError: The filter cannot be read, or compares what cannot be compared.
        NotFoundError: It names something that is not there, or not to be seen.
        ConflictError: A cohort is based on another version.
    """
    program = Program(lake)
    if is_reference(text):
        record = load_cohort(lake, text)
        require_dataset(record, str(opened.record), opened.record.id)
        program.add(record)
        only = program.steps[0]
        if len(program.steps) == 1 and only.text is not None:
            tree = parse_filter(only.text)
            check_filter(tree, opened.dictionary, measured=opened.measured)
            return _by_tree(opened, tree)
        return _by_members(opened, in_cohort(str(record)), program.steps, program.lists)
    meaning = read_meaning(lake, opened, text)
    if not meaning.cohorts:
        return _by_tree(opened, meaning.tree)
    step = meaning.step(program.add(*meaning.cohorts))
    return _by_members(opened, str(step.text), [*program.steps, step], program.lists)


def rows_again(opened: OpenDataset, change: ViewChange, before: DatasetRecord) -> RowFilter | None:
    """Return the row rule of a view for another version of its base.

    Args:
        opened: That version.
        change: The view; fields go by the names that they have there.
        before: The view as it was published: it pins the lists of ids.

    Raises:
        UsageError: The rule has no meaning there.
        NotFoundError: Something that it names is not there.
    """
    if change.rows is None:
        return None
    if not change.members:
        tree = read_filter(change.rows, opened.dictionary, opened.measured)
        return _by_tree(opened, tree)
    rule = next(each for each in reversed(before.rules) if each.members)
    pins = {each.table: each for each in rule.pins}
    lists = {each.keys: pins[each.keys] for each in change.members if each.keys is not None}
    return _by_members(opened, change.rows, change.members, lists)


def is_reference(text: str) -> bool:
    """Return whether a text is the name of a record; a filter has blanks, a dot or a bracket."""
    return DATASET_NAME.match(text.strip().partition("@")[0]) is not None


def _by_tree(opened: OpenDataset, tree: Filter) -> RowFilter:
    """Return the rule of a filter that was checked."""
    text, fields = write_filter(tree), fields_needed(tree, opened.dictionary, opened.measured)
    units = _asked(tree, opened.measured)
    kept = MeasuredInRule(units, text=_by_ids(text, opened.measured)) if units else None
    return RowFilter(text, fields, measured=kept)


def _by_members(
    opened: OpenDataset, text: str, steps: Sequence[CohortStep], lists: Mapping[str, TablePin]
) -> RowFilter:
    dictionary = opened.dictionary
    fields = {(dictionary.main_entity, main_key(opened.scope)[0])}
    units: set[tuple[str, str | None]] = set()
    for each in steps:
        if each.text is not None:
            tree = parse_filter(each.text)
            check_beside_cohorts(tree, dictionary, opened.measured)
            fields |= fields_needed(tree, dictionary, opened.measured)
            units |= _asked(tree, opened.measured)
    pins = tuple(pin.model_copy(update={"table": name}) for name, pin in lists.items())
    kept = None
    if units:
        by_ids = (
            each
            if each.text is None
            else each.model_copy(update={"text": _by_ids(each.text, opened.measured)})
            for each in steps
        )
        kept = MeasuredInRule(frozenset(units), members=tuple(by_ids))
    return RowFilter(text, frozenset(fields), tuple(steps), pins, kept)


def _asked(tree: Filter, measured: MeasuredValues | None) -> frozenset[tuple[str, str | None]]:
    """Return the assays that a filter asks for, each with a unit."""
    asked = (each for each in conditions_of(tree) if isinstance(each, AssayValue))
    return frozenset((each.assay, _meant(each, measured).unit) for each in asked)


@with_deep_recursion
def _by_ids(text: str, measured: MeasuredValues | None) -> str:
    """Return a filter in which features go by their ids, and have units."""
    return write_filter(_with_ids(parse_filter(text), measured))


def _with_ids(tree: Filter, measured: MeasuredValues | None) -> Filter:
    if not isinstance(tree, AssayValue):
        return with_parts(tree, lambda part: _with_ids(part, measured))
    found = _meant(tree, measured)
    return tree.model_copy(update={"feature": found.feature, "unit": found.unit})


def _meant(tree: AssayValue, measured: MeasuredValues | None) -> MeasuredFeature:
    assert measured is not None, "the filter was checked"
    return measured.meant(tree)
