"""A published dataset of samples with one expression assay, made without a load."""

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Lineage
from apollo_spark.records.content import Content, build_dataset_record, part_texts
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.values.stats import delta_stats
from tests.support.tiles import TileTables

DICTIONARY = DataDictionary(
    main_entity="sample",
    entities=(
        Entity(
            name="sample",
            primary_key="sample_id",
            fields=(
                FieldSpec(name="sample_id", type=FieldType.STRING),
                FieldSpec(name="tissue", type=FieldType.STRING),
            ),
        ),
    ),
    relations=(),
    codings=(),
)
LINEAGE = Lineage(
    operation="load expression", fingerprint="same", actor="ann",
    time=datetime(2026, 3, 1, tzinfo=timezone.utc),
)  # fmt: skip


def publish_assay(
    lake: Lake, tables: TileTables, tissues: Mapping[str, str], *, name: str = "cells"
) -> DatasetRecord:
    """Publish samples with their tissues, and the assay of some tables."""
    rows = {"sample_id": list(tissues), "tissue": list(tissues.values())}
    with lake.publication(name, holder="ann") as publication:

        def work() -> DatasetRecord:
            pins = [_write(publication, "sample", [pa.table(rows)])]
            for each, pin in tables.pins.items():
                parts = [pq.ParquetFile(path).read() for path in tables.files(pin)]
                pins.append(_write(publication, each, parts))
            content = Content(DICTIONARY, {}, tuple(pins), assays=(tables.assay.as_record(),))
            for text in part_texts(content.dictionary):
                lake.parts.put(text)
            receipt = lake.parts.put("{}")

            def build(version: int) -> DatasetRecord:
                return build_dataset_record(
                    name=name, version=version, content=content, lineage=LINEAGE,
                    receipt=receipt, schema_tag=None,
                )  # fmt: skip

            return publication.commit(build)

        return publication.run(work)


def _write(publication: Publication, name: str, parts: list[pa.Table]) -> TablePin:
    draft = publication.table(name)
    files = []
    for number, part in enumerate(parts):
        path = Path(draft.folder) / f"part-{number}.parquet"
        pq.write_table(part, path, row_group_size=2)
        footer: Any = pq.read_metadata(path)
        stats = delta_stats(part.schema, footer)
        files.append(
            WrittenFile(path=path.name, size=path.stat().st_size, rows=part.num_rows, stats=stats)
        )
    draft.commit(files, parts[0].schema)
    return draft.pin(content_hash="")
