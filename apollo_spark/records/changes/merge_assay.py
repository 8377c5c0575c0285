"""Join an assay of a source to an entity of a target. No value is copied."""

from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from apollo_spark.errors import ConflictError, DictionaryError, NotFoundError
from apollo_spark.model.assay import AssayRecord, SampleLink, name_table
from apollo_spark.model.change import AssayMerge
from apollo_spark.model.field import FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.records.changes.combined import combine_contents, free_label, united_pins
from apollo_spark.records.changes.sample_entity import (
    bring_samples,
    guarded_samples,
    notes_of_samples,
)
from apollo_spark.records.changes.shown_rows import (
    AddedRules,
    guards_of_hidden_rows,
    guards_of_samples,
)
from apollo_spark.records.content import Content, Derived, samples_origin
from apollo_spark.records.field_link import find_spec, require_joined
from apollo_spark.records.open_codings import join_codings


def merge_assay(
    source: Content,
    target: Content,
    change: AssayMerge,
    *,
    link: TablePin | None,
    source_name: str,
) -> Derived:
    """Return the target with one more assay, whose samples belong to rows of one of its entities.

    Samples that the source hides stay hidden, by a rule on the samples themselves: the entity that
    they belonged to in the source does not come along, but for the fields that are their own.

    Args:
        source: What has the assay.
        target: What it is joined to.
        change: The assay, and the field of the target that its samples belong to.
        link: The table that says which sample belongs to which value of the field; None where
            the field holds the ids of the samples.
        source_name: The name of the source dataset, for tables whose names are taken.

    Raises:
        NotFoundError: The assay, the field or a field of samples is not there.
        DictionaryError: The field holds several values a row.
        ConflictError: The field is not text, the target has an assay of that name, or a coding of
            another content.
    """
    assay = _find_assay(source, change)
    name = _free_name(target, change)
    _check_field(target, change, is_linked=link is not None)
    beside = combine_contents(source, target, source_name=source_name)
    moved = next(each for each in beside.assays if each.name == assay.name)
    added = AddedRules(len(target.rules) + len(beside.rules))
    pin = None if link is None else _labelled(link, name, target, beside)
    joined = moved.model_copy(
        update={
            "name": name,
            "uuid": _free_uuid(target, moved, name),
            "entity": change.entity,
            "field": change.field,
            "link": None if pin is None else SampleLink(table=pin.table),
            "origin": samples_origin(source, assay),
            "guards": guards_of_samples(beside, moved, added),
        }
    )
    content = replace(
        target,
        slices={each.name: target.tables_of(each.name) for each in target.dictionary.entities},
        pins=united_pins(target.pins, beside.pins, () if pin is None else (pin,)),
        assays=(*target.assays, joined),
        rules=(*target.rules, *beside.rules),
        hides=source.hides or target.hides,
    )
    content, notes = _with_samples(content, beside, target, change, added)
    rules = (*content.rules, *added.rules) if _is_guarded(content) else target.rules
    content = replace(content, rules=rules)
    return Derived(content.only_used_pins(), added.parts, notes)


def _is_guarded(content: Content) -> bool:
    """Whether a rule hides samples of the assay that came last, or their own fields."""
    last = content.dictionary.entities[-1].name
    return bool(content.assays[-1].guards or content.tables_of(last)[0].guards)


def _with_samples(
    content: Content, beside: Content, target: Content, change: AssayMerge, added: AddedRules
) -> tuple[Content, tuple[str, ...]]:
    """Add the samples' own fields, hidden as the samples are, and tell what is left out."""
    joined = content.assays[-1]
    notes = notes_of_samples(beside, change)
    brought = bring_samples(beside, target, change, joined)
    if brought is None:
        return content, notes
    key = str(brought.entity.primary_key)
    hidden = guards_of_hidden_rows(content, joined, added)
    before = content.dictionary
    dictionary = before.model_copy(
        update={
            "entities": (*before.entities, brought.entity),
            "relations": (*before.relations, brought.relation),
            "codings": join_codings(before.codings, brought.codings),
        }
    )
    slices = {**content.slices, brought.entity.name: guarded_samples(brought.slices, key, hidden)}
    content = replace(content, dictionary=dictionary, slices=slices)
    return content, (*notes, *brought.notes)


def _find_assay(source: Content, change: AssayMerge) -> AssayRecord:
    found = next((each for each in source.assays if each.name == change.assay), None)
    if found is None:
        known = ", ".join(each.name for each in source.assays)
        raise NotFoundError(
            f"{change.source} has no assay {change.assay!r}.",
            fix=f"It has {known}." if known else "It has none.",
        )
    return found


def _free_name(target: Content, change: AssayMerge) -> str:
    name = change.name or change.assay
    taken = {each.name.casefold() for each in target.assays}
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    raise ConflictError(
        f"{change.target} has an assay {name!r} already.",
        fix=f"Give this one another name: add --name {name}_{number}, say.",
    )


def _check_field(target: Content, change: AssayMerge, *, is_linked: bool) -> None:
    path = f"{change.entity}.{change.field}"
    spec = find_spec(target.dictionary, change.entity, change.field)
    if spec is None:
        raise NotFoundError(f"{change.target} has no field {path}.")
    require_joined(target.dictionary, change.entity, f"{path} cannot link samples.")
    if spec.is_multi_select:
        raise DictionaryError(f"{path} cannot link samples.", why="It holds several values a row.")
    if not is_linked and spec.type is not FieldType.STRING:
        raise ConflictError(
            f"{path} cannot hold the ids of samples.",
            why=f"Its type is {spec.type}, and ids of samples are strings.",
            fix="Add --link-file F, which says which sample belongs to which value.",
        )


def _labelled(link: TablePin, name: str, target: Content, beside: Content) -> TablePin:
    taken = (each.table for each in (*target.pins, *beside.pins))
    return link.model_copy(update={"table": free_label(name_table(name, "link"), taken)})


def _free_uuid(target: Content, assay: AssayRecord, name: str) -> str:
    """Return the id of an assay, or one made of it where the target has the same assay already."""
    if assay.uuid not in {each.uuid for each in target.assays}:
        return assay.uuid
    return str(uuid5(NAMESPACE_OID, f"{assay.uuid} {name}"))
