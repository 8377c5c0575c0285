"""The filter of an expression question, as JSON.

    location:   [{chromosome, starting_position, ending_position}, ...]   positions as texts
    annotation: {feature_id: [...]} or {feature_name: [...]}
    expression: {min_value, max_value}                                    both inclusive
    sample_id:  [...]

Locations are joined by or, and a feature counts that overlaps one in part; everything else is
joined by and. Lists may be of any length and locations of any span.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from apollo_spark.assays.expression.assay import normal_chromosome
from apollo_spark.errors import UsageError
from apollo_spark.model.base import Record
from apollo_spark.sources.suggest import did_you_mean

FILTERS = ("location", "annotation", "expression", "sample_id")
LOCATION_KEYS = ("chromosome", "starting_position", "ending_position")
ANNOTATION_KEYS = ("feature_id", "feature_name")
VALUE_KEYS = ("min_value", "max_value")
POSITION = re.compile(r"[0-9]{1,18}\Z")

_TYPE_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


class Location(Record):
    """A range of a chromosome; both ends belong to it, counted from 1."""

    chromosome: str
    start: int
    end: int


class ExpressionFilter(Record):
    """What is asked for; None means that nothing is said, an empty tuple that nothing fits.

    Locations are joined by or, all else by and. Bounds of the value are inclusive.
    """

    locations: tuple[Location, ...] | None = None
    feature_ids: tuple[str, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    sample_ids: tuple[str, ...] | None = None
    min_value: int | float | None = None
    max_value: int | float | None = None


def parse_filter_text(text: str) -> ExpressionFilter:
    """Read a filter from JSON text.

    Raises:
        UsageError: The text is not JSON, or not a filter.
    """
    try:
        content = json.loads(text, object_pairs_hook=_to_object)
    except json.JSONDecodeError as error:
        raise UsageError(
            "The filter is not JSON.", why=f"{error.msg}, at line {error.lineno}."
        ) from None
    except RecursionError:
        raise UsageError(
            "The filter cannot be read.", why="Lists and objects are nested too deeply."
        ) from None
    except ValueError:
        raise UsageError(
            "The filter cannot be read.", why="A number has too many digits."
        ) from None
    return parse_filter(content)


def parse_filter(content: Any) -> ExpressionFilter:
    """Check a filter, as it was read from JSON, and return it.

    Raises:
        UsageError: It breaks a rule; all that is wrong is listed.
    """
    problems = list(_find_problems(content))
    if problems:
        listed = "\n".join(f"- {each}" for each in problems)
        raise UsageError(f"The filter cannot be used:\n{listed}")
    annotation, expression = content.get("annotation", {}), content.get("expression", {})
    return ExpressionFilter(
        locations=_to_locations(content.get("location")),
        feature_ids=_to_texts(annotation.get("feature_id")),
        feature_names=_to_texts(annotation.get("feature_name")),
        sample_ids=_to_texts(content.get("sample_id")),
        # Whole numbers stay so: they may be longer than a float holds.
        min_value=expression.get("min_value"),
        max_value=expression.get("max_value"),
    )


def _find_problems(content: Any) -> Iterator[str]:
    if not isinstance(content, dict) or not content:
        yield "the filter is an object, and not an empty one"
        return
    yield from _find_unknown(content, FILTERS, "filter")
    checks = {
        "location": _find_location_problems,
        "annotation": _find_annotation_problems,
        "expression": _find_value_problems,
        "sample_id": _find_sample_problems,
    }
    for key, check in checks.items():
        if key in content:
            yield from check(content[key])
    if set(content) & set(FILTERS):
        yield from _find_clashes(content)


def _find_clashes(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield filters that exclude each other, and those that need another one."""
    if "location" in content and "annotation" in content:
        yield "exactly one of location or annotation may be given"
    needed = (
        ("expression", ("annotation", "location")),
        ("sample_id", ("annotation", "location", "expression")),
    )
    for key, others in needed:
        if key in content and not set(others) & set(content):
            yield f"{key} needs one of these beside it: {', '.join(others)}"


def _find_location_problems(items: Any) -> Iterator[str]:
    if problem := _find_type_problem("location", items, list):
        yield problem
        return
    if not items:
        yield "location is empty; without a location leave it out"
    for at, item in enumerate(items, start=1):
        where = f"location {at}"
        if problem := _find_type_problem(where, item, dict):
            yield problem
            continue
        yield from _find_unknown(item, LOCATION_KEYS, f"key of {where}")
        found = list(_find_range_problems(where, item))
        yield from found
        if not found and int(item["ending_position"]) <= int(item["starting_position"]):
            yield f"{where}: ending_position is not greater than starting_position"


def _find_range_problems(where: str, item: Mapping[str, Any]) -> Iterator[str]:
    for key in LOCATION_KEYS:
        if key not in item:
            yield f"{where}: {key} is missing"
        elif problem := _find_type_problem(f"{where}: {key}", item[key], str):
            yield problem
        elif key != "chromosome" and not POSITION.match(item[key]):
            yield f"{where}: {key} is not a whole number"
        elif not item[key].strip():
            yield f"{where}: {key} is empty"


def _find_annotation_problems(value: Any) -> Iterator[str]:
    if problem := _find_type_problem("annotation", value, dict):
        yield problem
        return
    yield from _find_unknown(value, ANNOTATION_KEYS, "key of annotation")
    given = [key for key in ANNOTATION_KEYS if key in value]
    if len(given) != 1:
        yield "annotation needs exactly one of feature_id or feature_name"
    for key in given:
        yield from _find_list_problems(key, value[key])


def _find_value_problems(value: Any) -> Iterator[str]:
    if problem := _find_type_problem("expression", value, dict):
        yield problem
        return
    yield from _find_unknown(value, VALUE_KEYS, "key of expression")
    given = [key for key in VALUE_KEYS if key in value]
    if not given:
        yield "expression needs min_value, max_value or both"
    bad = [key for key in given if not _is_number(value[key])]
    yield from (f"{key} is not a finite number" for key in bad)
    if len(given) == 2 and not bad and value["min_value"] > value["max_value"]:
        yield "min_value is greater than max_value"


def _find_sample_problems(value: Any) -> Iterator[str]:
    yield from _find_list_problems("sample_id", value)


def _find_list_problems(key: str, value: Any) -> Iterator[str]:
    if problem := _find_type_problem(key, value, list):
        yield problem
        return
    wrong = sum(not isinstance(each, str) for each in value)
    if wrong:
        yield f"{key}: {wrong:,} of {len(value):,} items are not text"


def _find_type_problem(what: str, value: Any, wanted: type) -> str | None:
    if isinstance(value, wanted):
        return None
    return f"{what} is not {_TYPE_NAMES[wanted]} but {_TYPE_NAMES.get(type(value), 'a number')}"


def _find_unknown(value: Mapping[str, Any], known: tuple[str, ...], what: str) -> Iterator[str]:
    for key in value:
        if key not in known:
            yield f"'{key}' is not a {what}{did_you_mean(key, known)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _to_locations(items: list[dict[str, str]] | None) -> tuple[Location, ...] | None:
    if items is None:
        return None
    return tuple(
        Location(
            chromosome=normal_chromosome(each["chromosome"]),
            start=int(each["starting_position"]),
            end=int(each["ending_position"]),
        )
        for each in items
    )


def _to_texts(items: list[str] | None) -> tuple[str, ...] | None:
    return None if items is None else tuple(dict.fromkeys(items))


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a key that occurs twice would silently lose a filter."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UsageError("The filter cannot be used.", why="A key occurs twice in one object.")
    return found
