"""Which codings a filter asks for, as they are in a version: a newer one may mean other people."""

from collections.abc import Iterable

from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter, comparisons_of

Codings = tuple[tuple[str, str], ...]
"""Names of codings with the SHA-256 of their parts."""


def codings_of(tree: Filter, dictionary: DataDictionary, record: DatasetRecord) -> Codings:
    """Return the codings of the fields that a filter compares."""
    parts = {each.name: each.part for each in record.codings}
    found: dict[str, str] = {}
    for each in comparisons_of(tree):
        entity = dictionary.find_entity(each.entity)
        spec = entity.find_field(each.field) if entity else None
        if spec is not None and spec.coding_name in parts:
            found[spec.coding_name] = parts[spec.coding_name]
    return tuple(sorted(found.items()))


def united_codings(several: Iterable[Codings]) -> Codings:
    """Return the codings of several filters together."""
    return tuple(sorted({pair for each in several for pair in each}))
