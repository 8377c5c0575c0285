"""One condition on one field: `{condition, values}` as a tree."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apollo_spark.errors import Problem
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    LISTS,
    NO_VALUE,
    And,
    Comparison,
    Day,
    Filter,
    FilterValue,
    Moment,
    Not,
    Operator,
)
from apollo_spark.query.filters.pheno.conditions import MEANINGS, UNSEEN, OperatorMeaning
from apollo_spark.sources.strict_json import JsonPath, path_problem, scalar_problem
from apollo_spark.sources.suggest import find_near
from apollo_spark.workers.values.dates import parse_date, parse_datetime

Found = tuple[Filter | None, list[Problem]]


def read_condition(
    value: Mapping[str, Any], path: JsonPath, field: tuple[str, str], dictionary: DataDictionary
) -> Found:
    """Return the condition on a row of the field's entity, None where every row fulfils it."""
    problems = [
        path_problem(path / key, "this key is not known here")
        for key in value
        if key not in ("condition", "values")
    ]
    name = value.get("condition")
    meaning = MEANINGS.get(name) if isinstance(name, str) else None
    if meaning is None:
        return None, [*problems, _unknown_condition(name, path / "condition")]
    entity = dictionary.find_entity(field[0])
    spec = entity.find_field(field[1]) if entity else None
    values, wrong = _read_values(value.get("values"), path / "values", meaning.operator, spec)
    problems += wrong
    if problems:
        return None, problems
    coding = dictionary.find_coding(spec.coding_name) if spec else None
    return _condition(field, meaning, values, spec, coding), problems


def _condition(
    field: tuple[str, str],
    meaning: OperatorMeaning,
    values: tuple[FilterValue, ...],
    spec: FieldSpec | None,
    coding: Coding | None,
) -> Filter | None:
    operator, is_opposite = meaning
    if operator in LISTS and not values:
        holds = (operator is Operator.ALL_OF) is not is_opposite
        return None if holds else nobody(*field)
    is_tree = coding is not None and coding.is_hierarchical
    if is_tree and operator in (Operator.ANY_OF, Operator.ALL_OF):
        found = _under(field, operator, values)
    else:
        is_single = spec is not None and not spec.is_multi_select
        asked = Operator.IN if operator is Operator.ANY_OF and is_single else operator
        found = Comparison(entity=field[0], field=field[1], operator=asked, values=values)
    return Not(part=found) if is_opposite else found


def _under(field: tuple[str, str], operator: Operator, values: tuple[FilterValue, ...]) -> Filter:
    """Of a coding with parents, the original asks for codes with all below them."""
    entity, name = field
    if operator is Operator.ANY_OF:
        return Comparison(entity=entity, field=name, operator=Operator.UNDER, values=values)
    each: tuple[Filter, ...] = tuple(
        Comparison(entity=entity, field=name, operator=Operator.UNDER, values=(one,))
        for one in dict.fromkeys(values)
    )
    return each[0] if len(each) == 1 else And(parts=each)


def nobody(entity: str, field: str) -> Filter:
    """Return a condition that no row fulfils: one of an empty list."""
    missing, there = (
        Comparison(entity=entity, field=field, operator=each)
        for each in (Operator.IS_MISSING, Operator.IS_NOT_MISSING)
    )
    return And(parts=(missing, there))


def _read_values(
    given: Any, path: JsonPath, operator: Operator, spec: FieldSpec | None
) -> tuple[tuple[FilterValue, ...], list[Problem]]:
    if operator in NO_VALUE:
        return (), [path_problem(path, "this condition has no values")] if given else []
    if isinstance(given, dict) or given is None:
        return (), [path_problem(path, "this is not a list of values", expected="a list")]
    listed = given if isinstance(given, list) else [given]
    found, problems = [], []
    for at, each in enumerate(listed):
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            problems.append(path_problem(path / at, "this is neither a text nor a number"))
        elif not scalar_problem(each):
            # What is not JSON was reported of where the text was read.
            found.append(_typed(each, spec))
    needed = 2 if operator in BETWEENS else 1
    if operator not in LISTS and len(listed) != needed:
        words = "two values" if needed == 2 else "one value"
        problems.append(path_problem(path, f"this condition has {words}", expected=words))
    return tuple(found), problems


def _typed(value: str | int | float, spec: FieldSpec | None) -> FilterValue:
    """Return a value as it would be written in a text: dates are without quotes."""
    if not isinstance(value, str) or spec is None:
        return value
    if spec.type in (FieldType.DATE, FieldType.DATETIME):
        day = parse_date(value)
        if day is not None:
            # A year or a month alone is not a day: left as it is, it is refused as a value.
            return value if day.is_partial else Day(day=day.value)
    if spec.type is FieldType.DATETIME:
        moment = parse_datetime(value)
        if moment is not None and isinstance(moment.value, datetime):
            return Moment(moment=moment.value)
    return value


def _unknown_condition(name: Any, path: JsonPath) -> Problem:
    known: Sequence[str] = tuple(MEANINGS)
    expected = f"one of {', '.join(known)}"
    if not isinstance(name, str):
        return path_problem(path, "a condition is missing here", expected=expected)
    if name in UNSEEN:
        return path_problem(
            path, f"the condition {name!r} is not read: what its values mean was never seen"
        )
    near = find_near(name, known)
    hint = "" if near is None else f" (did you mean {near!r}?)"
    meant = () if near is None else (near,)
    return path_problem(
        path, f"there is no such condition{hint}", expected=expected, suggestions=meant
    )
