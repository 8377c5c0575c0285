"""Receipts of expression: what its loads and extensions count."""

from apollo_spark.model.base import Record
from apollo_spark.model.receipt import EntityReceipt, FindingCount


class AssayReceipt(Record):
    """The receipt of an expression load; counts of features unless said.

    `entities` has the sample table where one was loaded; `samples_without_row` are those that it
    lacks. `layers_kept` are the units that were there before and stay. `withdrawn_left_out` are
    samples, and rows of the sample table, that are or look like withdrawn ones.
    """

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
    layers_kept: tuple[str, ...] = ()
    entities: tuple[EntityReceipt, ...] = ()
    samples_without_row: int = 0
    withdrawn_left_out: int = 0
    findings: tuple[FindingCount, ...] = ()


class AssayExtensionReceipt(Record):
    """The receipt of samples that were added to an assay; `values` are those that came.

    `features_missing` are features of the assay that the new samples lack. `layers_rewritten` are
    the units whose storage was too narrow for the new values: all their files were written anew.
    `withdrawn_left_out` are samples that are withdrawn, which `samples_before` does not count.
    """

    operation: str = "extend expression"
    assay: str
    units: tuple[str, ...]
    samples: int
    samples_before: int
    features: int
    features_added: int = 0
    features_missing: int = 0
    values: int
    files_added: int
    layers_rewritten: tuple[str, ...] = ()
    files_rewritten: int = 0
    samples_without_row: int = 0
    withdrawn_left_out: int = 0
    findings: tuple[FindingCount, ...] = ()
