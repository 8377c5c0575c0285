"""Describe the columns of a file that came without a dictionary."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import (
    DataDictionary,
    DictionaryExtension,
    Entity,
    Relation,
    Relationship,
)
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.names import STOPWORDS, find_name_problem
from apollo_spark.sources.inference.categories import AS_THEY_LOOK, Categories
from apollo_spark.sources.inference.infer import ColumnFacts

LONGEST_NAME = 200


def infer_fields(
    entity: Entity,
    dictionary: DataDictionary,
    facts: Mapping[str, ColumnFacts],
    categories: Categories = AS_THEY_LOOK,
) -> DictionaryExtension:
    """Describe new fields of an entity; what the file does not say of its key is known.

    Args:
        entity: The entity with its primary key.
        dictionary: The dictionary that it is in.
        facts: The facts of each column, in the order of the file.
        categories: What is said about categories.
    """
    key = key_field(entity, facts)
    others = {each: facts[each] for each in facts if each != key.header}
    fields, codings = _describe(
        entity.name, others, dictionary, {each.name for each in entity.fields}, categories
    )
    bare = Entity(name=entity.name, primary_key=key.name, fields=(key, *fields))
    return DictionaryExtension(entity=bare, codings=codings, is_inferred=True)


def infer_entity(
    name: str,
    dictionary: DataDictionary,
    facts: Mapping[str, ColumnFacts],
    categories: Categories = AS_THEY_LOOK,
) -> DictionaryExtension:
    """Describe a new entity, joined by the first column that is called like a key.

    The key of the main entity is looked for first, then those of the others in their order. A
    column `NAME_id` or `id` is its own primary key.
    """
    reference = find_reference(dictionary, facts)
    own = next((each for each in (f"{name}_id", "id") if each in facts), None)
    if own is not None and reference is not None and own == reference.from_field:
        own = None
    coded = {each: facts[each] for each in facts if each != own and not _is(reference, each)}
    fields, codings = _describe(
        name, coded, dictionary, {each for each in facts if each not in coded}, categories
    )
    by_header = {each.header: each for each in fields}
    if own is not None:
        by_header[own] = FieldSpec(name=own, type=facts[own].type)
    if reference is not None:
        target = _field(dictionary, reference.to_entity, reference.to_field)
        by_header[reference.from_field] = FieldSpec(name=reference.from_field, type=target.type)
        reference = reference.model_copy(update={"from_entity": name})
    return DictionaryExtension(
        entity=Entity(name=name, primary_key=own, fields=tuple(by_header[each] for each in facts)),
        relations=() if reference is None else (reference,),
        codings=codings,
        is_inferred=True,
    )


def key_field(entity: Entity, columns: Iterable[str], header: str | None = None) -> FieldSpec:
    """Return the key of an entity as a file holds it.

    Its column is called as a dictionary says, else as the field, else as in the file that the
    entity was loaded from.
    """
    key = entity.find_field(entity.primary_key or "")
    assert key is not None, "fields are added to entities with a key"
    found = header or (key.name if key.name in columns or key.header not in columns else key.header)
    return FieldSpec(
        name=key.name,
        type=key.type,
        coding_name=key.coding_name,
        is_sparse=key.is_sparse,
        source_column=None if found == key.name else found,
    )


def find_reference(dictionary: DataDictionary, columns: Iterable[str]) -> Relation | None:
    """Return how rows with these columns refer to an entity; the caller says `from_entity`."""
    names = set(columns)
    main = dictionary.main_entity
    # What hangs from an entity that is joined to nothing would be joined to no person either.
    for entity in sorted(dictionary.entities, key=lambda each: each.name != main):
        if entity.primary_key in names and entity.name not in dictionary.unjoined:
            return Relation(
                from_entity=entity.name,
                from_field=str(entity.primary_key),
                to_entity=entity.name,
                to_field=str(entity.primary_key),
                relationship=Relationship.MANY_TO_ONE,
            )
    return None


def _is(reference: Relation | None, column: str) -> bool:
    return reference is not None and reference.from_field == column


def _field(dictionary: DataDictionary, entity: str, name: str) -> FieldSpec:
    found = dictionary.find_entity(entity)
    spec = found.find_field(name) if found else None
    assert spec is not None, "a reference was found by this field"
    return spec


def _describe(
    entity: str,
    facts: Mapping[str, ColumnFacts],
    dictionary: DataDictionary,
    taken: Iterable[str],
    categories: Categories,
) -> tuple[tuple[FieldSpec, ...], tuple[Coding, ...]]:
    """Return a field for each column, and the codings of those that are categories."""
    names = make_names(tuple(facts), taken)
    fields: list[FieldSpec] = []
    codings: dict[str, Coding] = {}
    for column, name in names.items():
        codes = categories.codes(column, name, facts[column])
        coding = None
        if codes is not None:
            coding = _coding(f"{entity}_{name}", codes, dictionary, codings)
            codings[coding.name] = coding
        fields.append(
            FieldSpec(
                name=name,
                type=facts[column].type,
                coding_name=None if coding is None else coding.name,
                is_open_coding=coding is not None,
                source_column=None if column == name else column,
                title=None if column == name else column,
            )
        )
    new = tuple(each for each in codings.values() if dictionary.find_coding(each.name) is None)
    return tuple(fields), new


def _coding(
    wanted: str,
    codes: Sequence[str],
    dictionary: DataDictionary,
    made: Mapping[str, Coding],
) -> Coding:
    """Return the coding of some codes, under a name that no other coding has."""
    places = tuple(
        CodePlace(code=code, meaning=code, display_order=order)
        for order, code in enumerate(codes, start=1)
    )
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}_{number}"
        coding = Coding(name=name, rows=places)
        known = dictionary.find_coding(name) or made.get(name)
        if known is None or known == coding:
            return coding
        number += 1


def make_names(columns: Sequence[str], taken: Iterable[str]) -> dict[str, str]:
    """Return a legal field name for each column.

    A column whose name is legal keeps it, whatever is taken: that is for others to judge. The
    others get names that nothing else has.
    """
    found = {each: each for each in columns if find_name_problem(each) is None}
    used = {each.lower() for each in (*found.values(), *taken)}
    for number, column in enumerate(columns, start=1):
        if column in found:
            continue
        bare = _bare(column) or f"column_{number}"
        name, count = bare, 1
        while name.lower() in used or name.lower() in STOPWORDS:
            count += 1
            name = f"{bare}_{count}"
        found[column] = name
        used.add(name.lower())
    return {each: found[each] for each in columns}


def _bare(column: str) -> str:
    """Return what is left of a text when only letters, digits and underscores may stay."""
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode()
    text = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST_NAME]
    return f"column_{text}" if text and not text[0].isalpha() else text
