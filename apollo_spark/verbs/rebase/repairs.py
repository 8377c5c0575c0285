"""What may be meant by a field or a code that is gone: proposed, and taken only when accepted."""

from collections.abc import Callable, Iterable, Iterator

from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.rebase import Repair

IsLike = Callable[[FieldSpec, FieldSpec], bool]


def field_repairs(
    entity: str, gone: FieldSpec, before: DataDictionary, after: DataDictionary
) -> list[Repair]:
    """Return the one field that may be meant by one that is gone, or nothing.

    A field that was there before too is another one. Among new ones, the surest way in which
    exactly one is like it decides: the same column of the file, title or codes.
    """
    new = [
        (owner, spec)
        for owner, spec in _paths(after)
        if not _has(before, owner.name, spec.name) and spec.type is gone.type
    ]
    nearest = [each for each in new if each[0].name == entity]
    for is_like, why in _ways(before, after):
        for among in (nearest, new):
            like = [each for each in among if is_like(gone, each[1])]
            if len(like) == 1:
                owner, spec = like[0]
                path = f"{owner.name}.{spec.name}"
                return [Repair(old=f"{entity}.{gone.name}", new=path, why=why)]
    return []


def successor_of(label: str, coding: Coding) -> str | None:
    """Return the one code of a coding that has a label, whatever its case."""
    wanted = label.strip().casefold()
    found = [code for code, text in coding.meanings.items() if text.strip().casefold() == wanted]
    return found[0] if len(found) == 1 and wanted else None


def _ways(before: DataDictionary, after: DataDictionary) -> Iterable[tuple[IsLike, str]]:
    def same_column(old: FieldSpec, new: FieldSpec) -> bool:
        return old.header == new.header

    def same_title(old: FieldSpec, new: FieldSpec) -> bool:
        title = (old.title or "").strip().casefold()
        return bool(title) and title == (new.title or "").strip().casefold()

    def same_codes(old: FieldSpec, new: FieldSpec) -> bool:
        was, now = before.find_coding(old.coding_name), after.find_coding(new.coding_name)
        return was is not None and now is not None and was.meanings == now.meanings

    return (
        (same_column, "the same column of the file"),
        (same_title, "the same title"),
        (same_codes, "the same codes"),
    )


def _paths(dictionary: DataDictionary) -> Iterator[tuple[Entity, FieldSpec]]:
    for entity in dictionary.entities:
        for spec in entity.fields:
            yield entity, spec


def _has(dictionary: DataDictionary, entity: str, name: str) -> bool:
    found = dictionary.find_entity(entity)
    return found is not None and found.find_field(name) is not None
