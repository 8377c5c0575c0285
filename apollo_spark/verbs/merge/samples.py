"""An assay as a merge would join it, before it is published: what matches, and what does not."""

from dataclasses import dataclass, replace

import pyarrow as pa

from apollo_spark.assays.ids import count_not_in
from apollo_spark.assays.types import shown_ids
from apollo_spark.engines.base import TableFiles
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.ingest.lookalikes import RULE as LOOKALIKE
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import AssayMerge
from apollo_spark.model.findings import Finding
from apollo_spark.model.receipt import AssayMergeReceipt
from apollo_spark.query.assay_scope import sample_keys
from apollo_spark.query.merge_keys import (
    LinkEnd,
    entity_end,
    link_table_end,
    samples_end,
    unmatched_count_tree,
)
from apollo_spark.sources.link_file import KEY, SAMPLE_ID, LinkFile
from apollo_spark.verbs.merge.counts import CountedLink, ask_numbers, count_link
from apollo_spark.verbs.merge.findings import counted_finding
from apollo_spark.verbs.merge.no_match import find_no_match, hints_of


@dataclass(frozen=True)
class MergedSamples:
    """The assay as the result would be read now, open for counting."""

    assay: AssayRecord
    opened: OpenDataset
    engine: EmbeddedEngine
    files: TableFiles
    file: LinkFile | None

    def count(self, change: AssayMerge) -> CountedLink:
        """Count the samples that belong to rows."""
        scope = self.opened.scope
        samples = LinkEnd(sample_keys(scope, self.assay), (SAMPLE_ID,), is_once=False)
        rows = entity_end(scope, change.entity, change.field, title=change.entity, is_once=True)
        found = count_link(samples, rows, self.engine, self.opened.pins)
        repeated = self.file.repeated if self.file else 0
        return replace(found, counts={**found.counts, "repeated_source": repeated})

    def receipt(self, counted: CountedLink) -> AssayMergeReceipt:
        """Return the counts of the receipt."""
        counts = counted.receipt_counts
        return AssayMergeReceipt(
            **counts,
            samples=counts["source_rows"],
            samples_matched=counts["source_matched"],
            features_in_common=self._features_in_common(),
        )

    def _features_in_common(self) -> int:
        """Count the features that another assay shows too; who is hidden has none of his own."""
        others = [
            self._features_of(each)
            for each in self.opened.record.assays
            if each.type == self.assay.type and each.name != self.assay.name
        ]
        if not others:
            return 0
        own = self._features_of(self.assay)
        return len(own) - count_not_in(own, pa.concat_arrays(others))

    def _features_of(self, assay: AssayRecord) -> pa.Array:
        return shown_ids(self.files, self.opened, assay).features

    def lookalike_links(self) -> tuple[Finding, ...]:
        """Return the rows of the linking table whose sample looks like one of the assay."""
        if self.assay.link is None:
            return ()
        links = link_table_end(self.assay.link.table)
        samples = samples_end(sample_keys(self.opened.scope, self.assay))
        found = CountedLink(links, samples, {}, self.engine, self.opened.pins).count_lookalikes()
        message = "a row of the linking file names a sample that looks like one of the assay, and "
        return counted_finding(
            LOOKALIKE, f"{message}differs by blanks or characters not seen", found
        )

    def links_nothing(self, receipt: AssayMergeReceipt, change: AssayMerge) -> tuple[Finding, ...]:
        """Return that a linking file with rows links no sample to one of the entity."""
        if self.file is None or not self.file.table.num_rows:
            return ()
        samples = self.engine.run(sample_keys(self.opened.scope, self.assay), self.opened.pins)
        known = samples.read_all().column(SAMPLE_ID).to_pylist()
        hints = hints_of(self.file.table.column(SAMPLE_ID).to_pylist(), known)
        if not hints and pa.types.is_string(self.file.table.schema.field(KEY).type):
            tree = self.opened.scope.values(change.entity, change.field)
            values = self.engine.run(tree, self.opened.pins).read_all().column(0).drop_null()
            hints = hints_of(self.file.table.column(KEY).to_pylist(), values.to_pylist())
        return find_no_match(receipt, "the linking file", hints=hints)

    def unused_links(self) -> tuple[Finding, ...]:
        """Return the rows of the linking table that name no sample that is shown."""
        if self.assay.link is None:
            return ()
        tree = unmatched_count_tree(
            link_table_end(self.assay.link.table),
            samples_end(sample_keys(self.opened.scope, self.assay)),
        )
        unused = ask_numbers(self.engine, tree, self.opened.pins)[0]
        unused += self.file.incomplete if self.file else 0
        message = "a row of the linking file has an empty cell, or names no sample of the assay"
        return counted_finding("merge_unused_link", message, unused)
