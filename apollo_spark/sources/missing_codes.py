"""Texts that mean missing and are codes too: cells that hold them are missing, which is told."""

from collections.abc import Iterable

from apollo_spark.model.dictionary import DataDictionary


def notes_of_missing_codes(
    dictionary: DataDictionary, missing: Iterable[str], entity: str | None = None
) -> tuple[str, ...]:
    """Return a note for each coding that has a code which means missing.

    Args:
        dictionary: Fields and codings.
        missing: The texts that mean missing.
        entity: The entity whose rows are read; all where not given.
    """
    markers = set(missing)
    fields: dict[str, list[str]] = {}
    for owner, spec in dictionary.paths():
        if spec.coding_name is not None and entity in (None, owner.name):
            fields.setdefault(spec.coding_name, []).append(f"{owner.name}.{spec.name}")
    return tuple(
        f"{count:,} codes of the coding {coding.name} are texts that mean missing, and cells of "
        f"{_shown(fields[coding.name])} that hold them are missing; leave them out of --missing "
        "to keep the codes"
        for coding in dictionary.codings
        if coding.name in fields and (count := len(markers & set(coding.codes)))
    )


def _shown(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
