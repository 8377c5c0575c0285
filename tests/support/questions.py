"""Every kind of question that the query layer can build, by name, for tests of engines."""

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.query import keys
from apollo_spark.query.diff import (
    ComparedEntity,
    count_differences,
    count_field_changes,
    differing_keys,
)
from apollo_spark.query.extract import ExtractRequest, build_extract, build_extract_per_entity
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode


def all_fields(dictionary: DataDictionary) -> tuple[str, ...]:
    """Every field as `entity.field`."""
    return tuple(f"{entity.name}.{spec.name}" for entity, spec in dictionary.paths())


def extract_questions(dictionary: DataDictionary) -> dict[str, exp.Query]:
    """Extracts of everything, joined with each kind of values, and decoded one by one."""
    found: dict[str, exp.Query] = {}
    for values in ValueMode:
        request = ExtractRequest(fields=all_fields(dictionary), values=values)
        found[f"joined {values}"] = build_extract(QueryScope(dictionary), request).tree
    decoded = ExtractRequest(fields=all_fields(dictionary), values=ValueMode.DECODED)
    for entity, plan in build_extract_per_entity(QueryScope(dictionary), decoded).items():
        found[f"{entity} decoded"] = plan.tree
    return found


def key_questions(
    table: str, column: str, target_table: str, target_column: str
) -> dict[str, exp.Query]:
    """Every check of a column that refers to another."""
    target = (target_table, target_column)
    return {
        "repeated": keys.repeated_keys(table, column),
        "first repeated": keys.repeated_keys(table, column, 1),
        "unresolved": keys.unresolved_keys(table, column, *target),
        "first unresolved": keys.unresolved_keys(table, column, *target, 1),
    }


def diff_questions(
    dictionary: DataDictionary, entity: str, key: str, *fields: tuple[str, str]
) -> dict[str, exp.Query]:
    """Every comparison of two versions, each of them the same but for the names of fields."""
    scope = QueryScope(dictionary)
    by_key = ComparedEntity(scope, scope, entity, (key, key), fields)
    whole = ComparedEntity(scope, scope, entity, None, fields)
    return {
        "by key": count_differences(by_key),
        "by field": count_field_changes(by_key),
        "whole rows": count_differences(whole),
        "changed keys": differing_keys(by_key, "changed"),
        "added keys": differing_keys(by_key, "added"),
    }
