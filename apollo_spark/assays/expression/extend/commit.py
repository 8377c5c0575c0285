"""Commit what samples add to an assay, table by table, and say what the record keeps of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.extend.layers import ExtendedLayer
from apollo_spark.assays.expression.extend.places import AddedPlaces, ExtendedAssay
from apollo_spark.assays.expression.extend.tables import bare_rows, extended_features, new_samples
from apollo_spark.assays.expression.receipt import AssayExtensionReceipt
from apollo_spark.assays.expression.tables import (
    LayerStats,
    join_stats,
    written_files,
)
from apollo_spark.assays.expression.tasks.tiles.file import tile_schema
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import count_findings
from apollo_spark.workers.values.hashing import ContentHash, hash_table


@dataclass(frozen=True)
class AddedSamples:
    """Samples that were written and are not committed yet.

    Attributes:
        publication: The load.
        lake: Where the version before is read.
        extended: The assay as it was.
        places: Where the new samples go.
        layers: The layers with the new tiles.
        withdrawn: Ids of samples that count as not there.
        left_out: How many of them were given.
    """

    publication: Publication
    lake: Lake
    extended: ExtendedAssay
    places: AddedPlaces
    layers: tuple[ExtendedLayer, ...]
    withdrawn: frozenset[str] = frozenset()
    left_out: int = 0

    @property
    def assay(self) -> ExpressionAssay:
        """The assay with its new samples."""
        samples = self.places.placed_samples
        return self.extended.assay.model_copy(
            update={
                "layers": tuple(each.layer for each in self.layers),
                "sample_count": self.extended.assay.sample_count + len(samples.ids),
                "feature_count": len(self.places.feature_ids),
                "block_count": len(self.extended.sizes) + len(set(samples.blocks.tolist())),
            }
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        return tuple(
            f"the new values of {each.layer.unit} do not fit as the others are stored: "
            f"all {len(self.extended.samples):,} samples are written again, with "
            + (f"{each.layer.scale} decimals" if each.layer.storage != "double" else "doubles")
            for each in self.layers
            if self._is_widened(each)
        )

    def receipt(self, findings: tuple[Finding, ...]) -> AssayExtensionReceipt:
        """Return the counts."""
        new = [part for each in self.layers for part in written_files(each.written.results)]
        old = [part for each in self.layers for part in written_files(each.rewritten or ())]
        samples, before = self.places.placed_samples, self.extended.assay
        return AssayExtensionReceipt(
            assay=before.name,
            units=tuple(each.layer.unit for each in self.layers),
            samples=len(samples.ids),
            samples_before=before.sample_count - self._hidden,
            features=len(self.places.feature_ids),
            features_added=len(self.places.feature_ids) - before.feature_count,
            features_missing=self.places.features_missing,
            values=sum(each.written.content.rows for each in self.layers),
            files_added=len(new),
            layers_rewritten=tuple(
                each.layer.unit for each in self.layers if self._is_widened(each)
            ),
            files_rewritten=len(old),
            samples_without_row=self.places.samples_without_row,
            withdrawn_left_out=self.left_out,
            findings=count_findings(findings),
        )

    @property
    def _hidden(self) -> int:
        """How many of the samples that are there are withdrawn."""
        known = self.extended.samples["sample_id"].to_pylist() if self.withdrawn else []
        return sum(str(each) in self.withdrawn for each in known)

    def _is_widened(self, layer: ExtendedLayer) -> bool:
        return layer.written.storage != self.extended.storages[layer.layer.unit]

    def commit(self) -> list[TablePin]:
        """Commit every table, and return their pins."""
        return [*self._commit_tiles(), *self._commit_tables()]

    def _commit_tiles(self) -> Iterator[TablePin]:
        for each in self.layers:
            draft = self.publication.table(each.layer.table)
            schema = tile_schema(each.written.storage)
            files = written_files(each.written.results)
            if each.rewritten is None:
                draft.commit(files, schema, mode="append")
            else:
                draft.commit([*files, *written_files(each.rewritten)], schema)
            yield draft.pin(
                content_hash=self._extended_hash(each.layer.table, each.written.content)
            )

    def _commit_tables(self) -> Iterator[TablePin]:
        features = extended_features(self.extended, self.places, self._stats)
        draft = self.publication.table(self.extended.assay.features_table)
        draft.write(features)
        yield draft.pin(content_hash=hash_table(features).hex())
        for name, rows in self._added_rows():
            draft = self.publication.table(name)
            draft.write(rows, mode="append")
            yield draft.pin(content_hash=self._extended_hash(name, hash_table(rows)))

    def _added_rows(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield the rows to add to the table of samples, and to that of their entity."""
        assay, record, tables = self.extended.assay, self.extended.record, self.lake.tables
        schema = tables.schema(record.pin_of(assay.samples_table))
        yield assay.samples_table, new_samples(self.extended, self.places, self._stats, schema)
        place = self.extended.entity_table
        ids = pa.array(self.places.placed_samples.ids, pa.string())
        yield (
            place.table,
            bare_rows(tables.schema(record.pin_of(place.table)), place.column_of(assay.field), ids),
        )

    def _extended_hash(self, table: str, added: ContentHash) -> str:
        before = ContentHash.from_hex(self.extended.record.pin_of(table).content_hash)
        return (before + added).hex()

    @cached_property
    def _stats(self) -> Mapping[str, LayerStats]:
        return {
            each.layer.unit: join_stats(
                each.written.answers,
                samples=self.places.placed_samples,
                feature_count=len(self.places.feature_ids),
            )
            for each in self.layers
        }
