"""Datasets that are about to be merged: as content alone, and published without a load."""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.assay import AssayRecord, SampleLink, name_table
from apollo_spark.model.change import ClashRule, ClinicalMerge, FieldLink
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Lineage
from apollo_spark.records.content import Content, build_dataset_record, part_texts
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.workers.values.hashing import hash_table

STUDY = """
entity   name        type     primary_key_type  coding_name  referenced_entity_field  relationship
patient  patient_id  string   global            -            -                        -
patient  sex         string   -                 sex          -                        -
patient  age         integer  -                 -            -                        -
visit    visit_id    string   local             -            -                        -
visit    patient_id  string   -                 -            patient:patient_id       many_to_one
"""
REGISTRY = """
entity   name        type     primary_key_type  coding_name  referenced_entity_field  relationship
person   person_id   string   global            -            -                        -
person   study_id    string   -                 -            -                        -
person   gender      string   -                 sex          -                        -
stay     stay_id     string   local             -            -                        -
stay     person_id   string   -                 -            person:person_id         many_to_one
stay     ward_id     string   -                 -            ward:ward_id             many_to_one
ward     ward_id     string   local             -            -                        -
"""
SEX = "coding_name  code  meaning\nsex  F  Female\nsex  M  Male\n"


def pin(dataset: str, table: str, *, version: int = 0) -> TablePin:
    """Return the pin of a dataset's own table."""
    return TablePin(
        table=table,
        table_id=f"{dataset} {table}",
        location=f"tables/{dataset}/{table}",
        version=version,
        schema_hash="",
        rows=1,
        files_digest="",
        content_hash="",
    )


def content(
    dataset: str, dictionary: DataDictionary, *assays: AssayRecord, extra: tuple[str, ...] = ()
) -> Content:
    """Return what a freshly loaded dataset says: one table for each entity."""
    tables = [each.name for each in dictionary.entities]
    for each in assays:
        tables += each.all_tables
    return Content(
        dictionary=dictionary,
        slices={},
        pins=tuple(pin(dataset, each) for each in (*tables, *extra)),
        assays=assays,
    )


def assay(name: str, entity: str, field: str, *, link: str | None = None) -> AssayRecord:
    """Return an assay whose samples belong to a field."""
    return ExpressionAssay(
        name=name,
        uuid=f"uuid of {name}",
        feature_id_kind="ENSG",
        samples_table=name_table(name, "samples"),
        features_table=name_table(name, "features"),
        layers=(LayerRecord(unit="count", table=name_table(name, "tiles"), storage="integer"),),
        entity=entity,
        field=field,
        link=None if link is None else SampleLink(table=link),
        sample_count=1,
        feature_count=1,
        block_count=1,
    ).as_record()


def change(
    link: str, relationship: str = "one_to_one", *, join: bool = False, prefix: str | None = None
) -> ClinicalMerge:
    """Return a merge by `ENTITY.FIELD=ENTITY.FIELD`."""
    source, target = (each.split(".") for each in link.split("="))
    return ClinicalMerge.model_validate(
        {
            "source": "source@1",
            "target": "target@1",
            "link": FieldLink(
                source_entity=source[0],
                source_field=source[1],
                target_entity=target[0],
                target_field=target[1],
            ),
            "relationship": relationship,
            "on_clash": ClashRule(is_joined=join, prefix=prefix),
        }
    )


def publish_rows(
    lake: Lake, name: str, told: DataDictionary, rows: Mapping[str, list[dict[str, Any]]]
) -> DatasetRecord:
    """Publish rows as the next version of a dataset, without the files and checks of a load."""
    tables = {
        each.name: pa.Table.from_pylist(rows[each.name], schema=arrow_schema(each))
        for each in told.entities
    }

    def content(publication: Publication) -> Content:
        pins = (write_table(publication, each, table) for each, table in tables.items())
        return Content(told, {}, tuple(pins))

    return publish_content(lake, name, content)


def publish_content(
    lake: Lake,
    name: str,
    write: Callable[[Publication], Content],
    *,
    operation: str = "load clinical",
    receipt: str = "{}",
) -> DatasetRecord:
    """Publish what is written as the next version of a dataset."""
    with lake.publication(name, holder="ann") as publication:

        def work() -> DatasetRecord:
            found = write(publication)
            for text in part_texts(found.dictionary):
                lake.parts.put(text)
            stored = lake.parts.put(receipt)
            return publication.commit(
                lambda version: build_dataset_record(
                    name=name,
                    version=version,
                    content=found,
                    lineage=Lineage(
                        operation=operation,
                        fingerprint=f"{name} {version}",
                        actor="ann",
                        time=datetime(2026, 3, 1, tzinfo=timezone.utc),
                    ),
                    receipt=stored,
                    schema_tag=None,
                )
            )

        return publication.run(work)


def write_table(publication: Publication, name: str, table: pa.Table) -> TablePin:
    """Write a table of a dataset that is being published."""
    draft = publication.table(name)
    files = [draft.add(table)] if table.num_rows else []
    draft.commit(files, table.schema)
    return draft.pin(content_hash=hash_table(table).hex())


def files_of(lake: Path) -> dict[str, int]:
    """Return the data files of a lake with their sizes; the registry and reports are not data."""
    return {
        str(each.relative_to(lake)): each.stat().st_size
        for each in (lake / "tables").rglob("*.parquet")
    }
