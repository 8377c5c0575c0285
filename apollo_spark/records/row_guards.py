"""Guards by which the rows of every entity follow those of the main entity that a rule shows."""

from collections.abc import Callable

from apollo_spark.errors import UsageError
from apollo_spark.model.dataset import TableSlice, home_of
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.join_path import path_to

Tables = tuple[TableSlice, ...]


def with_guards(
    dictionary: DataDictionary, tables_of: Callable[[str], Tables], *, rule: int
) -> dict[str, Tables]:
    """Return the tables of all entities, the first one of each with a guard of a rule.

    Args:
        dictionary: The entities, of which a path leads to each.
        tables_of: Gives the tables of an entity.
        rule: The number of the rule.

    Raises:
        UsageError: The rows of an entity cannot be told apart.
    """
    return {
        each.name: _guarded(dictionary, tables_of(each.name), each, rule)
        for each in dictionary.entities
    }


def _guarded(dictionary: DataDictionary, tables: Tables, entity: Entity, rule: int) -> Tables:
    first, *others = tables
    own, above, meant = _guarding_field(dictionary, tables, entity)
    guard = RowGuard(rule=rule, column=first.column_of(own), entity=above, field=meant)
    return (first.model_copy(update={"guards": (*first.guards, guard)}), *others)


def _guarding_field(
    dictionary: DataDictionary, tables: Tables, entity: Entity
) -> tuple[str, str, str]:
    """Return a field of an entity's first table, with the entity and field that limit it."""
    key = entity.primary_key
    if entity.name != dictionary.main_entity:
        step = path_to(dictionary, entity.name)[-1]
        if home_of(tables, step.field) == 0:
            return step.field, step.parent, step.parent_field
    if key is None:
        raise UsageError(
            f"The rows of {entity.name} cannot be limited: it has several tables and no key."
        )
    return key, entity.name, key
