"""What a dataset says after it was extended, and the record that follows its version before."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord, TableSlice
from apollo_spark.model.dictionary import DataDictionary, DictionaryExtension, Entity
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Lineage
from apollo_spark.records.content import Content, MakeRecord


def added_dictionary(base: DataDictionary, extension: DictionaryExtension) -> DataDictionary:
    """Return a dictionary with new fields of an entity, or with a new entity."""
    name = extension.entity.name
    before = base.find_entity(name)
    if before is None:
        entities: tuple[Entity, ...] = (*base.entities, extension.entity)
    else:
        wider = before.model_copy(update={"fields": (*before.fields, *extension.fields)})
        entities = tuple(wider if each.name == name else each for each in base.entities)
    return base.model_copy(
        update={
            "entities": entities,
            "relations": (*base.relations, *extension.relations),
            "codings": (*base.codings, *extension.codings),
        }
    )


def added_content(
    base: Content,
    extension: DictionaryExtension,
    slices: Iterable[TableSlice],
    pins: Iterable[TablePin],
) -> Content:
    """Return the content with an extension.

    Args:
        base: The content that it is added to.
        extension: The fields or the entity.
        slices: All tables of the entity, the one with every row first.
        pins: Those of them that are new.
    """
    content = replace(
        base,
        dictionary=added_dictionary(base.dictionary, extension),
        slices={**base.slices, extension.entity.name: tuple(slices)},
        pins=(*base.pins, *pins),
    )
    return content.only_used_pins()


def record_after(
    base: DatasetRecord,
    *,
    pins: Iterable[TablePin],
    assays: Iterable[AssayRecord] = (),
    change: Extension,
) -> MakeRecord:
    """Return what makes a record like the one before, with a new id.

    Args:
        base: The version before.
        pins: Pins that take the place of those of the same tables.
        assays: Assays that take the place of those of the same names.
        change: What was done.
    """
    new_pins = {each.table: each for each in pins}
    new_assays = {each.name: each for each in assays}

    def make(name: str, version: int, lineage: Lineage, receipt: str) -> DatasetRecord:
        return base.model_copy(
            update={
                "name": name,
                "version": version,
                "id": str(uuid4()),
                "pins": tuple(new_pins.get(each.table, each) for each in base.pins),
                "assays": tuple(new_assays.get(each.name, each) for each in base.assays),
                "change": change,
                "lineage": lineage,
                "receipt": receipt,
            }
        )

    return make


def leaves_alone(record: DatasetRecord, member: str) -> bool:
    """Return whether a version has the same content of an entity or assay as the one before."""
    change = record.change
    return isinstance(change, Extension) and (change.mode == "compact" or change.member != member)
