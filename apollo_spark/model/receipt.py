"""Receipts: the counts of the operation that made a version. They hold no value of a row."""

import operator
from typing import Annotated

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.model.guess import Guess


class EntityReceipt(Record):
    """What became of the rows of one entity: read = stored + quarantined."""

    entity: str
    files: int
    rows_read: int
    rows_stored: int
    rows_quarantined: int


class FindingCount(Record):
    """How often a rule was broken by a load that was published all the same."""

    rule: str
    severity: str
    entity: str | None
    column: str | None
    count: int


class FieldChange(Record):
    """A field that is the same and yet not: renamed or retyped."""

    entity: str
    before: str
    after: str


class SchemaDiff(Record):
    """What changed between two data dictionaries; fields are written `entity.field`."""

    entities_added: tuple[str, ...] = ()
    entities_removed: tuple[str, ...] = ()
    fields_added: tuple[str, ...] = ()
    fields_removed: tuple[str, ...] = ()
    fields_renamed: tuple[FieldChange, ...] = ()
    fields_retyped: tuple[FieldChange, ...] = ()
    codings_changed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether both dictionaries describe the same columns and codings."""
        return not any(getattr(self, name) for name in type(self).model_fields)


class LoadReceipt(Record):
    """The receipt of a load: rows per entity, warnings, and what changed since the last version.

    `withdrawn_left_out` are rows of withdrawn people, and what hangs from them, `codes_added` new
    values that open codings took in. `guesses` are those of a dictionary that was drafted from the
    files of the load.
    """

    operation: str = "load clinical"
    entities: tuple[EntityReceipt, ...]
    findings: tuple[FindingCount, ...] = ()
    withdrawn_left_out: int = 0
    codes_added: int = 0
    schema_diff: SchemaDiff | None = None
    guesses: Annotated[tuple[Guess, ...], Field(exclude_if=operator.not_)] = ()


class RowsReceipt(Record):
    """The receipt of rows that came, changed and went in one entity.

    Rows read = added + changed + unchanged + quarantined + those of withdrawn people, which are
    left out. `withdrawn_left_out` counts these, with keys to delete that are theirs;
    `deletes_unmatched` are keys to delete that no row has, `codes_added` new values that open
    codings took in.
    """

    operation: str = "extend rows"
    entity: str
    rows_read: int
    rows_added: int
    rows_changed: int
    rows_unchanged: int
    rows_deleted: int
    rows_quarantined: int = 0
    withdrawn_left_out: int = 0
    deletes_unmatched: int = 0
    codes_added: int = 0
    findings: tuple[FindingCount, ...] = ()


class ExtensionReceipt(Record):
    """The receipt of new fields of an entity, or of a new entity.

    `rows_matched` are stored, `rows_unmatched` were left out because the entity, or the one that
    they refer to, has no such row; `rows_missing` are rows of that one that no row of the file is
    for. `withdrawn_left_out` are of withdrawn people and left out as well. `codes_added` are new
    values that open codings took in. `tables_folded` are
    earlier extensions whose fields were written into one table with these.
    """

    operation: str = "extend"
    mode: str
    entity: str
    fields_added: tuple[str, ...]
    is_inferred: bool
    rows_read: int
    rows_matched: int
    rows_unmatched: int
    rows_missing: int
    withdrawn_left_out: int = 0
    codes_added: int = 0
    tables_folded: int = 0
    entities: tuple[EntityReceipt, ...]
    findings: tuple[FindingCount, ...] = ()


class CompactionReceipt(Record):
    """The receipt of a compaction: rows and values are those of the version before."""

    operation: str = "compact"
    blocks_before: int = 0
    blocks_after: int = 0
    files_before: int = 0
    files_after: int = 0
    bytes_rewritten: int = 0
    samples_moved: int = 0

    def __add__(self, other: "CompactionReceipt") -> "CompactionReceipt":
        """Return the counts of both."""
        names = [each for each in type(self).model_fields if each != "operation"]
        sums = {each: getattr(self, each) + getattr(other, each) for each in names}
        return CompactionReceipt(**sums)


class ViewReceipt(Record):
    """The receipt of a view: what it shows; `rows` are those of the main entity."""

    operation: str = "view"
    entities: int
    fields: int
    assays: int
    rows: int


class RetireReceipt(Record):
    """The receipt of a version that ended: what is left of its name, and what was made of it."""

    versions_left: int
    records_that_stand_on_it: int


class CohortReceipt(Record):
    """The receipt of a cohort.

    Attributes:
        count: How many people are in it.
        of: How many people its dataset shows.
        ids: Ids of its list, each counted once; all of them are of people of the dataset.
        repeated: Lines of the list with an id that occurred before.
        elsewhere: Ids of the list that are in the dataset, and not in the cohort that is narrowed.
    """

    operation: str = "cohort"
    count: int
    of: int
    ids: int | None = None
    repeated: int = 0
    elsewhere: int = 0


class DashboardReceipt(Record):
    """The receipt of a dashboard: its tiles, and the people whom they are about."""

    operation: str = "dashboard"
    tiles: int
    people: int


class SealReceipt(Record):
    """The receipt of a sealed copy: rows of all entities, and samples of all assays."""

    operation: str = "seal"
    rows: int
    samples: int


class MergeReceipt(Record):
    """The receipt of a merge: what the link matches among the rows that both datasets show.

    `duplicate_keys` are keys that occur more often on a side than the relationship allows,
    `fan_out_max` the most source rows of one target row.
    """

    source_rows: int
    source_matched: int
    source_unmatched: int
    target_rows: int
    target_matched: int
    target_unmatched: int
    duplicate_keys: int
    fan_out_max: int


class AssayMergeReceipt(MergeReceipt):
    """The receipt of an assay merge: its source rows are samples.

    `features_in_common` are those that another assay of the target has too.
    """

    samples: int
    samples_matched: int
    features_in_common: int


class StoredReceipt(Record):
    """A receipt as it is stored, whatever operation it is of."""

    text: str

    def to_json(self) -> str:
        """Return the stored text."""
        return self.text


def count_findings(findings: tuple[Finding, ...]) -> tuple[FindingCount, ...]:
    """Sum findings over the files of an entity."""
    counts: dict[tuple[str, str, str | None, str | None], int] = {}
    for each in findings:
        key = (each.rule, each.severity.value, each.entity, each.column)
        counts[key] = counts.get(key, 0) + each.count
    return tuple(
        FindingCount(rule=rule, severity=severity, entity=entity, column=column, count=count)
        for (rule, severity, entity, column), count in counts.items()
    )
