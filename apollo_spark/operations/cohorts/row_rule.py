"""Rows of the main entity as a view keeps them: a filter, or how a cohort is made, by value."""

from collections.abc import Mapping, Sequence

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.change import ViewChange
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import DATASET_NAME
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.cohorts.meaning import check_beside_cohorts, read_meaning
from apollo_spark.operations.cohorts.one_dataset import require_dataset
from apollo_spark.operations.cohorts.opening import load_cohort
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.cohorts.text import in_cohort
from apollo_spark.query.filters.check import check_filter, read_filter
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.records.changes.view import RowFilter
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
            return _by_text(opened, only.text)
        return _by_members(opened, in_cohort(str(record)), program.steps, program.lists)
    meaning = read_meaning(lake, opened, text)
    if not meaning.cohorts:
        return _by_text(opened, write_filter(meaning.tree))
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
        tree = read_filter(change.rows, opened.dictionary)
        return RowFilter(text=write_filter(tree), fields=fields_needed(tree, opened.dictionary))
    rule = next(each for each in reversed(before.rules) if each.members)
    pins = {each.table: each for each in rule.pins}
    lists = {each.keys: pins[each.keys] for each in change.members if each.keys is not None}
    return _by_members(opened, change.rows, change.members, lists)


def is_reference(text: str) -> bool:
    """Return whether a text is the name of a record; a filter has blanks, a dot or a bracket."""
    return DATASET_NAME.match(text.strip().partition("@")[0]) is not None


def _by_text(opened: OpenDataset, text: str) -> RowFilter:
    tree = parse_filter(text)
    # A rule pins what it is based on, which are tables of entities alone.
    check_filter(tree, opened.dictionary)
    return RowFilter(text=text, fields=fields_needed(tree, opened.dictionary))


def _by_members(
    opened: OpenDataset, text: str, steps: Sequence[CohortStep], lists: Mapping[str, TablePin]
) -> RowFilter:
    dictionary = opened.dictionary
    fields = {(dictionary.main_entity, main_key(opened.scope)[0])}
    for each in steps:
        if each.text is not None:
            tree = parse_filter(each.text)
            check_beside_cohorts(tree, dictionary)
            fields |= fields_needed(tree, dictionary)
    pins = tuple(pin.model_copy(update={"table": name}) for name, pin in lists.items())
    return RowFilter(text, frozenset(fields), tuple(steps), pins)
