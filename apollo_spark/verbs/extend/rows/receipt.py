"""Rows of an extension that may be stored, what was left out of them, and the receipt of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from apollo_spark.ingest.leaving_out import LeftOut, count_lines
from apollo_spark.ingest.new_codes import as_codes
from apollo_spark.model.findings import Finding
from apollo_spark.model.receipt import EntityReceipt, RowsReceipt, count_findings
from apollo_spark.query.row_checks import different_values
from apollo_spark.records.open_codings import ExtendedDictionary, extend_codings
from apollo_spark.sources.inference.infer import MOST_ASKED_CODES
from apollo_spark.verbs.extend.rows.comparing import ChangedRows, RowComparison


@dataclass(frozen=True)
class CheckedExtension:
    """Rows that may be stored, beside those that are.

    Attributes:
        compared: Both.
        left_out: Lines that were left out.
        findings: What was found wrong and refuses nothing.
    """

    compared: RowComparison
    left_out: LeftOut
    findings: tuple[Finding, ...]

    def notes_on(self, receipt: RowsReceipt) -> tuple[str, ...]:
        """Return what a person should know beside the receipt."""
        count = receipt.rows_changed
        changed = (
            f"{count:,} stored row{'s were' if count > 1 else ' was'} changed: cells of the file, "
            "empty ones too, replace what was stored (leave rows or columns out to keep it)"
        )
        return (*self.left_out.notes, *self.extended.notes, *((changed,) if count else ()))

    @cached_property
    def extended(self) -> ExtendedDictionary:
        """The dictionary, with the codes that came."""
        return _find_new_codes(self.compared)

    def receipt(self, counts: ChangedRows) -> RowsReceipt:
        """Return the counts of the extension."""
        compared = self.compared
        gone = count_lines(self.left_out.quarantined)
        return RowsReceipt(
            entity=compared.plan.entity.name,
            rows_read=counts.read + gone + self._withdrawn_rows,
            rows_added=counts.added,
            rows_changed=counts.changed,
            rows_unchanged=counts.unchanged,
            rows_deleted=counts.deleted,
            rows_quarantined=gone,
            withdrawn_left_out=count_lines(self.left_out.withdrawn),
            deletes_unmatched=len(compared.unmatched_deletes) if compared.deletes else 0,
            codes_added=self.extended.added,
            findings=count_findings(self.findings),
        )

    def entity_receipt(self, receipt: RowsReceipt) -> EntityReceipt:
        """Return the counts as the report of a load shows them."""
        data = self.compared.plan.data
        left_out = receipt.rows_quarantined + self._withdrawn_rows
        return EntityReceipt(
            entity=receipt.entity,
            files=0 if data is None else len(data.files),
            rows_read=receipt.rows_read,
            rows_stored=receipt.rows_read - left_out,
            rows_quarantined=receipt.rows_quarantined,
        )

    @property
    def _withdrawn_rows(self) -> int:
        """How many rows of the data files are of withdrawn people."""
        data = self.compared.plan.data
        files = () if data is None else data.files
        return sum(len(self.left_out.withdrawn.get(each.path, ())) for each in files)


def _find_new_codes(compared: RowComparison) -> ExtendedDictionary:
    """Return the dictionary with the values of rows given as codes, where codings are open."""
    plan = compared.plan
    values = dict(_values(compared))
    return extend_codings(plan.content.dictionary, plan.entity.name, values)


def _values(compared: RowComparison) -> Iterator[tuple[str, list[str] | None]]:
    """Yield the different values of each open field, None where they are too many for codes."""
    if compared.staged is None or not compared.staged.rows:
        return
    for each in compared.tables:
        for column, name in each.given.items():
            spec = compared.plan.entity.find_field(name)
            if spec is not None and spec.has_open_coding:
                yield name, _different(compared, each.new, column)


def _different(compared: RowComparison, table: str, column: str) -> list[str] | None:
    tree = different_values(table, column, limit=MOST_ASKED_CODES + 1)
    return as_codes(compared.values(tree))
