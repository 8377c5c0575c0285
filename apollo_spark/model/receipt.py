"""Receipts: the counts of the operation that made a version. They hold no value of a row."""

from apollo_spark.model.base import Record


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
    """The receipt of a load: rows per entity, warnings, and what changed since the last version."""

    operation: str = "load clinical"
    entities: tuple[EntityReceipt, ...]
    findings: tuple[FindingCount, ...] = ()
    schema_diff: SchemaDiff | None = None


class AssayReceipt(Record):
    """The receipt of an expression load; counts of features unless said."""

    operation: str = "load expression"
    assay: str
    unit: str
    storage: str
    scale: int
    samples: int
    features: int
    values: int
    features_repeated: int = 0
    versions_stripped: int = 0
    par_y: int = 0
    summary_rows: int = 0
    ids_unmapped: int = 0
    ids_ambiguous: int = 0
    annotated: int = 0
    annotation_unknown: int = 0
    annotation_retired: int = 0
