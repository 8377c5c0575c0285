"""Fold the small blocks of an assay, and the many small files that extensions leave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.assay import (
    ExpressionAssay,
    LayerRecord,
)
from apollo_spark.assays.expression.extend.places import ExtendedAssay, is_own, read_extended_assay
from apollo_spark.assays.expression.plan.formats import unit_rules
from apollo_spark.assays.expression.plan.rows import take_samples
from apollo_spark.assays.expression.tables import samples_in, written_files
from apollo_spark.assays.expression.tasks.retile import RetileTask, run_retile
from apollo_spark.assays.expression.tasks.tiles.file import tile_schema
from apollo_spark.assays.expression.tasks.tiles.spec import Features, Samples, TileTarget
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.tables.commits import require_intact
from apollo_spark.lake.tables.contents import StoredFile
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import CompactionReceipt
from apollo_spark.operations.compaction import RowFolding, plan_row_folding
from apollo_spark.tables.folding import Fold, SampleBlock, plan_folds
from apollo_spark.workers.values.hashing import hash_table


def plan_assay_folding(
    lake: Lake, record: DatasetRecord, assay: ExpressionAssay
) -> "AssayFolding | None":
    """Return what can be folded in an assay; None where nothing is, or others wrote it.

    Raises:
        BrokenPinError: A table cannot be read.
    """
    if not is_own(record, assay):
        return None
    planned = _plan(lake, read_extended_assay(lake, record, assay.name))
    return planned if planned.is_needed else None


def _plan(lake: Lake, extended: ExtendedAssay) -> "AssayFolding":
    tables, record = lake.tables, extended.record
    tiles = {
        each.unit: tables.stored_files(record.pin_of(each.table)) for each in extended.assay.layers
    }
    held = [_blocks_of(file, extended.sizes) for files in tiles.values() for file in files]
    folds = plan_folds(
        [SampleBlock(number, size) for number, size in extended.sizes.items()],
        held,
        block_size=extended.assay.block_size,
    )
    return AssayFolding(
        lake=lake,
        extended=extended,
        folds=folds,
        tiles=tiles,
        samples=plan_row_folding(lake, record, extended.assay.samples_table),
        entity=plan_row_folding(lake, record, extended.entity_table.table),
    )


def _blocks_of(file: StoredFile, known: Iterable[int]) -> frozenset[int]:
    least, largest = file.least.get("block"), file.largest.get("block")
    if least is None or largest is None:
        return frozenset(known)
    return frozenset(each for each in known if least <= each <= largest)


@dataclass(frozen=True)
class AssayFolding:
    """What is folded in one assay.

    Attributes:
        lake: Where it lies.
        extended: The assay as it is.
        folds: The blocks that become one.
        tiles: All files of tiles by unit.
        samples: The files of the table of samples.
        entity: The files of the table of the entity that the samples belong to.
    """

    lake: Lake
    extended: ExtendedAssay
    folds: tuple[Fold, ...]
    tiles: Mapping[str, tuple[StoredFile, ...]]
    samples: RowFolding
    entity: RowFolding

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to fold."""
        return bool(self.folds) or self.samples.is_needed or self.entity.is_needed

    @property
    def record(self) -> AssayRecord:
        """The assay after it was folded."""
        return self.extended.assay.model_copy(
            update={"block_count": self._blocks_after}
        ).as_record()

    @property
    def counts(self) -> CompactionReceipt:
        """Blocks and files before and after, and what is written for it."""
        removed = [file for each in self.tiles for file in self._removed(each)]
        all_files = sum(map(len, self.tiles.values()))
        written = len(self.folds) * len(self.tiles)
        files_before = all_files + len(self.samples.all_files) + len(self.entity.all_files)
        gone = len(removed) - written + sum(max(len(each) - 1, 0) for each in self._row_files)
        return CompactionReceipt(
            blocks_before=len(self.extended.sizes),
            blocks_after=self._blocks_after,
            files_before=files_before,
            files_after=files_before - gone,
            bytes_rewritten=sum(
                each.size for files in (removed, *self._row_files) for each in files
            ),
            samples_moved=sum(each.size for each in self.folds),
        )

    @property
    def _row_files(self) -> tuple[tuple[StoredFile, ...], ...]:
        """The files of rows that are written anew: where blocks move, all that name them."""
        samples, entity = (
            each.files if each.is_needed else () for each in (self.samples, self.entity)
        )
        return (self.samples.all_files if self.folds else samples, entity)

    @property
    def _blocks_after(self) -> int:
        return len(self.extended.sizes) - self._blocks_gone

    @property
    def _blocks_gone(self) -> int:
        return sum(len(each.blocks) - 1 for each in self.folds)

    def _removed(self, unit: str) -> list[StoredFile]:
        return [each for each in self.tiles[unit] if _blocks_of(each, self._folded)]

    @cached_property
    def _folded(self) -> frozenset[int]:
        return frozenset(each.number for fold in self.folds for each in fold.blocks)

    def write(self, publication: Publication, runner: TaskRunner) -> list[TablePin]:
        """Write and commit what is folded, and return the pins."""
        pins = []
        if self.folds:
            pins += [self._write_tiles(publication, runner, each) for each in self._layers]
            pins.append(self._write_samples(publication))
        elif self.samples.is_needed:
            pins.append(self.samples.write(publication))
        if self.entity.is_needed:
            pins.append(self.entity.write(publication))
        return pins

    @property
    def _layers(self) -> tuple[LayerRecord, ...]:
        return self.extended.assay.layers

    def _write_tiles(
        self, publication: Publication, runner: TaskRunner, layer: LayerRecord
    ) -> TablePin:
        draft = publication.table(layer.table)
        storage, removed = self.extended.storages[layer.unit], self._removed(layer.unit)
        target = TileTarget(draft.folder, storage, unit_rules(layer.unit))
        tasks = [self._task(fold, removed, target) for fold in self.folds]
        require_intact(path for task in tasks for path in task.paths)
        results = runner.run(run_retile, tasks)
        draft.commit(
            written_files(results),
            tile_schema(storage),
            mode="append",
            removed=[each.path for each in removed],
        )
        return draft.pin(content_hash=self.extended.record.pin_of(layer.table).content_hash)

    def _task(self, fold: Fold, removed: list[StoredFile], target: TileTarget) -> RetileTask:
        own = frozenset(each.number for each in fold.blocks)
        places = np.flatnonzero(np.isin(self._placed.blocks, list(own)))
        known = take_samples(self._placed, places)
        return RetileTask(
            paths=tuple(
                f"{target.folder}/{each.path}" for each in removed if _blocks_of(each, own)
            ),
            samples=Samples(
                known.ids,
                np.full(len(places), fold.target, np.int32),
                np.arange(len(places), dtype=np.int32),
            ),
            blocks=known.blocks,
            positions=known.positions,
            features=self._features,
            target=TileTarget(
                target.folder, target.storage, target.unit, name=f"fold-{fold.target:05d}"
            ),
        )

    def _write_samples(self, publication: Publication) -> TablePin:
        """Write the table of samples with the blocks where they are now."""
        pin = self.extended.record.pin_of(self.extended.assay.samples_table)
        schema = self.lake.tables.schema(pin)
        rows = self.lake.tables.read(pin).sort_by("sample")
        blocks, positions = rows["block"].to_numpy().copy(), rows["position"].to_numpy().copy()
        for fold in self.folds:
            places = np.flatnonzero(np.isin(blocks, [each.number for each in fold.blocks]))
            blocks[places] = fold.target
            positions[places] = np.arange(len(places), dtype=np.int32)
        for name, values in (("block", blocks), ("position", positions)):
            field = schema.field(name)
            rows = rows.set_column(schema.get_field_index(name), field, pa.array(values))
        draft = publication.table(self.extended.assay.samples_table)
        draft.write(rows)
        return draft.pin(content_hash=hash_table(rows).hex())

    @cached_property
    def _placed(self) -> Samples:
        return samples_in(self.extended.samples)

    @cached_property
    def _features(self) -> Features:
        ids = tuple(self.extended.feature_ids.to_pylist())
        return Features(ids, np.arange(len(ids), dtype=np.int32))
