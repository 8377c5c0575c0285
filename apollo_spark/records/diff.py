"""What changed between two data dictionaries."""

from collections.abc import Iterable

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.receipt import FieldChange, SchemaDiff


def diff_dictionaries(before: DataDictionary, after: DataDictionary) -> SchemaDiff:
    """Compare two dictionaries field by field.

    A field is renamed when a field of the same entity, type and source column takes its place
    under another name; retyped when its type or multi-select flag changes.
    """
    old = {each.name: each for each in before.entities}
    new = {each.name: each for each in after.entities}
    kept = [(old[name], new[name]) for name in old if name in new]
    renamed = tuple(change for pair in kept for change in _renamed(*pair))
    gone = {change.before for change in renamed}
    come = {change.after for change in renamed}
    return SchemaDiff(
        entities_added=tuple(name for name in new if name not in old),
        entities_removed=tuple(name for name in old if name not in new),
        fields_added=tuple(path for path in _only_in(new, old) if path not in come),
        fields_removed=tuple(path for path in _only_in(old, new) if path not in gone),
        fields_renamed=renamed,
        fields_retyped=tuple(change for pair in kept for change in _retyped(*pair)),
        codings_changed=_codings_changed(before, after),
    )


NAMES_SHOWN = 5


def describe_lost(before: str, diff: SchemaDiff, assays: Iterable[str]) -> str | None:
    """Say what of a version a load leaves behind, or None where it leaves nothing.

    >>> describe_lost("study@1", SchemaDiff(fields_removed=("patient.bmi",)), ("rna",))
    'left behind in study@1: field patient.bmi, assay rna'
    """
    fields = [each for each in diff.fields_removed if _entity_of(each) not in diff.entities_removed]
    lost = [f"entity {each}" for each in diff.entities_removed]
    lost += [f"field {each}" for each in fields] + [f"assay {each}" for each in assays]
    if not lost:
        return None
    more = len(lost) - NAMES_SHOWN
    ending = f" and {more} more" if more > 0 else ""
    return f"left behind in {before}: {', '.join(lost[:NAMES_SHOWN])}{ending}"


def _entity_of(path: str) -> str:
    return path.partition(".")[0]


def _only_in(here: dict[str, Entity], there: dict[str, Entity]) -> list[str]:
    return [
        f"{name}.{spec.name}"
        for name, entity in here.items()
        for spec in entity.fields
        if name not in there or there[name].find_field(spec.name) is None
    ]


def _renamed(old: Entity, new: Entity) -> list[FieldChange]:
    lost = [spec for spec in old.fields if new.find_field(spec.name) is None]
    found = {spec.header: spec for spec in new.fields if old.find_field(spec.name) is None}
    return [
        FieldChange(
            entity=old.name,
            before=f"{old.name}.{spec.name}",
            after=f"{new.name}.{found[spec.header].name}",
        )
        for spec in lost
        if spec.header in found and _kind(found[spec.header]) == _kind(spec)
    ]


def _retyped(old: Entity, new: Entity) -> list[FieldChange]:
    pairs = [(spec, new.find_field(spec.name)) for spec in old.fields]
    return [
        FieldChange(
            entity=old.name,
            before=f"{old.name}.{spec.name} {_kind(spec)}",
            after=f"{new.name}.{now.name} {_kind(now)}",
        )
        for spec, now in pairs
        if now is not None and _kind(now) != _kind(spec)
    ]


def _kind(spec: FieldSpec) -> str:
    return f"{spec.type}{' multi-select' if spec.is_multi_select else ''}"


def _codings_changed(before: DataDictionary, after: DataDictionary) -> tuple[str, ...]:
    names = [each.name for each in before.codings if after.find_coding(each.name) is not None]
    return tuple(name for name in names if before.find_coding(name) != after.find_coding(name))
