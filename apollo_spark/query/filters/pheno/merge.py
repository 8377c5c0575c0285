"""A cohort's JSON filters narrowed to ids, by the rules of the original's client."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apollo_spark.errors import UsageError
from apollo_spark.query.filters.pheno.read import MAIN_NAME

Json = dict[str, Any]
Id = str | int | float

ONLY_AND = "Invalid input cohort. Cohorts must have 'and' logic on the primary entity and field."
ONLY_LISTS = (
    'Invalid input cohort. Cohorts cannot have conditions other than "in", "not-in", or "exists" '
    "on the primary entity and field."
)


def merge_ids(filters: Mapping[str, Any], entity: str, field: str, ids: Sequence[Id]) -> Json:
    """Return filters that keep of the rows they keep only those of some ids.

    The first part that asks for the key says which; else the first about the main entity gets the
    ids; else the first with a field of it that joins by `and`; else there is one part more. A list
    that is left empty keeps nobody.

    Args:
        filters: The original's filters, as they are in a cohort; they are not changed.
        entity: The main entity.
        field: Its key.
        ids: The ids, as they are compared with the key.

    Raises:
        UsageError: The filters do not join by `and`, or ask of the key what is not a list.
    """
    _require_and(filters)
    pheno = filters.get("pheno_filters") or {"compound": [], "logic": "and"}
    if "compound" not in pheno:
        pheno = {"compound": [pheno], "logic": "and"}
    _require_and(pheno)
    compound = _merged(pheno["compound"], entity, f"{entity}${field}", ids)
    kept = {**pheno, "compound": compound, "logic": "and"}
    return {**filters, "pheno_filters": kept, "logic": "and"}


def _merged(parts: Sequence[Json], entity: str, key: str, ids: Sequence[Id]) -> list[Json]:
    for at, each in enumerate(parts):
        if key in each.get("filters", {}):
            _require_and(each)
            return _replaced(parts, at, key, _left(each["filters"][key], ids))
    for at, each in enumerate(parts):
        if (each.get("entity") or {}).get("name") == entity:
            _require_and(each)
            return _replaced(parts, at, key, ids)
    for at, each in enumerate(parts):
        asks = any(name.startswith(f"{entity}$") for name in each.get("filters", {}))
        if asks and each.get("logic", "and") == "and":
            return _replaced(parts, at, key, ids)
    return [*parts, {"name": MAIN_NAME, "logic": "and", "filters": {key: _listed(ids)}}]


def _replaced(parts: Sequence[Json], at: int, key: str, ids: Sequence[Id]) -> list[Json]:
    part = parts[at]
    changed = {**part, "filters": {**part.get("filters", {}), key: _listed(ids)}}
    return [*parts[:at], changed, *parts[at + 1 :]]


def _left(conditions: Sequence[Mapping[str, Any]], ids: Sequence[Id]) -> Sequence[Id]:
    """Return the ids that are left by what is asked of the key already."""
    left = ids
    for each in _lists(conditions):
        listed = set(each["values"])
        is_kept = each["condition"] == "in"
        left = sorted({one for one in left if (one in listed) is is_kept}, key=_order)
    return left


def _lists(conditions: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in conditions:
        if each.get("condition") in ("in", "not-in"):
            yield each
        elif each.get("condition") != "exists":
            raise UsageError(ONLY_LISTS)


def _order(value: Id) -> tuple[bool, Any]:
    return isinstance(value, str), value


def _listed(ids: Sequence[Id]) -> list[Json]:
    return [{"condition": "in", "values": list(ids)}]


def _require_and(part: Mapping[str, Any]) -> None:
    if part.get("logic", "and") != "and":
        raise UsageError(ONLY_AND)
