"""Which field of a source holds the values of which field of a target: written, found, checked."""

from apollo_spark.errors import ConflictError, DictionaryError, NotFoundError, UsageError
from apollo_spark.model.change import ClashRule, FieldLink
from apollo_spark.model.dictionary import DataDictionary, Entity, Relationship
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.names import MEMBER_NAME

PREFIX = "prefix:"


def parse_field(text: str) -> tuple[str, str]:
    """Read `ENTITY.FIELD`.

    Raises:
        UsageError: The text is not such a name.
    """
    entity, dot, field = text.strip().partition(".")
    if not (dot and MEMBER_NAME.match(entity) and MEMBER_NAME.match(field)):
        raise UsageError(f"{text!r} names no field.", fix="Write a field as ENTITY.FIELD.")
    return entity, field


def parse_link(text: str) -> FieldLink:
    """Read `SOURCE_ENTITY.FIELD=TARGET_ENTITY.FIELD`.

    Raises:
        UsageError: The text is not such a link.
    """
    source, sign, target = text.partition("=")
    if not sign:
        raise UsageError(
            f"{text!r} is not a link.", fix="Write SOURCE_ENTITY.FIELD=TARGET_ENTITY.FIELD."
        )
    return _link(parse_field(source), parse_field(target))


def parse_clash_rule(text: str) -> ClashRule:
    """Read `refuse`, `join`, `prefix:P` or `join,prefix:P`.

    Raises:
        UsageError: The text is none of these.
    """
    words = [each.strip() for each in text.split(",")]
    prefixes = [each.removeprefix(PREFIX) for each in words if each.startswith(PREFIX)]
    others = [each for each in words if not each.startswith(PREFIX)]
    is_known = others in ([], ["join"]) or words == ["refuse"]
    if not is_known or len(prefixes) > 1 or not all(MEMBER_NAME.match(each) for each in prefixes):
        raise UsageError(
            f"{text!r} is not a rule for names that clash.",
            fix="It is refuse, join, prefix:P or join,prefix:P, where P begins a name.",
        )
    return ClashRule(is_joined="join" in words, prefix=prefixes[0] if prefixes else None)


def default_link(source: DataDictionary, target: DataDictionary) -> FieldLink:
    """Return the link of global key to global key.

    Raises:
        UsageError: A main entity has no key.
    """
    return _link(main_key(source, "source"), main_key(target, "target"))


def main_key(dictionary: DataDictionary, side: str) -> tuple[str, str]:
    """Return the main entity and its key.

    Raises:
        UsageError: It has none.
    """
    main = dictionary.find_entity(dictionary.main_entity)
    if main is None or main.primary_key is None:
        raise UsageError(
            f"The main entity of the {side} has no key to link by.",
            fix="Name the field with --link.",
        )
    return main.name, main.primary_key


def default_relationship(
    source: DataDictionary, target: DataDictionary, link: FieldLink
) -> Relationship:
    """Return one to one between two primary keys, else many to one."""
    ends = (
        (source.find_entity(link.source_entity), link.source_field),
        (target.find_entity(link.target_entity), link.target_field),
    )
    are_keys = all(entity is not None and entity.primary_key == field for entity, field in ends)
    return Relationship.ONE_TO_ONE if are_keys else Relationship.MANY_TO_ONE


def check_link(source: DataDictionary, target: DataDictionary, link: FieldLink) -> None:
    """Require that both fields are there, hold one value a row and are of one type.

    Raises:
        NotFoundError: A field is not there, or not to be seen.
        DictionaryError: A field holds several values a row, or an entity is joined to nothing.
        ConflictError: The fields are of different types.
    """
    lost = [
        f"  {entity}.{field} in the {side}"
        for side, dictionary, entity, field in (
            ("source", source, link.source_entity, link.source_field),
            ("target", target, link.target_entity, link.target_field),
        )
        if find_spec(dictionary, entity, field) is None
    ]
    if lost:
        raise NotFoundError("\n".join(["These fields of the link cannot be found:", *lost]))
    require_joined(source, link.source_entity, f"{link} cannot link rows.")
    require_joined(target, link.target_entity, f"{link} cannot link rows.")
    first = find_spec(source, link.source_entity, link.source_field)
    second = find_spec(target, link.target_entity, link.target_field)
    assert first is not None, "checked above"
    assert second is not None, "checked above"
    why = f"The first is {_describe(first)}, the second {_describe(second)}."
    fix = "Link fields of one type with one value in each row."
    if first.is_multi_select or second.is_multi_select:
        raise DictionaryError(f"{link} cannot link rows.", why=why, fix=fix)
    if first.type != second.type:
        raise ConflictError(f"{link} cannot link rows.", why=why, fix=fix)


def require_joined(dictionary: DataDictionary, entity: str, what: str) -> None:
    """Require that an entity is joined to the main one: through others nothing is reached.

    Args:
        dictionary: The entities and their relations.
        entity: The entity.
        what: What cannot be done, as a sentence.

    Raises:
        DictionaryError: It is joined to nothing.
    """
    if entity in dictionary.unjoined:
        raise DictionaryError(
            what,
            why=f"Entity {entity!r} is joined to nothing.",
            fix="Link by a field of an entity that is joined to the main one.",
        )


def find_spec(dictionary: DataDictionary, entity: str, field: str) -> FieldSpec | None:
    """Return a field of an entity, or None."""
    found: Entity | None = dictionary.find_entity(entity)
    return found.find_field(field) if found else None


def _describe(spec: FieldSpec) -> str:
    return f"{spec.type}{' with several values' if spec.is_multi_select else ''}"


def _link(source: tuple[str, str], target: tuple[str, str]) -> FieldLink:
    return FieldLink(
        source_entity=source[0],
        source_field=source[1],
        target_entity=target[0],
        target_field=target[1],
    )
