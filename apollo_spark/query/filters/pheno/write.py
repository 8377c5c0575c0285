"""A tree as the original's filter JSON, or why it cannot be said there.

The original joins by `and` or `or` parts (C of `read.py`), each of which joins conditions on one
row by `and` or `or`, and rows below it of which there must be some. Nothing else can be said: what
would come out as another cohort is refused.
"""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from apollo_spark.errors import Problem, UsageError
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import And, Comparison, Exists, Filter, Not, Or, with_deep_recursion
from apollo_spark.query.filters.pheno.condition_json import NoJsonFormError, condition_as_json
from apollo_spark.query.filters.pheno.normal import is_nobody, normal
from apollo_spark.query.filters.pheno.read import MAIN_NAME
from apollo_spark.query.filters.reach import EntityTree
from apollo_spark.sources.filters.problems import list_problems

Json = dict[str, Any]

TITLE = "The filter cannot be written as JSON of the original"
_IN_OR = "an 'or' over conditions on a row and on rows below it is written only outermost"
_DEEP = "conditions are joined by 'and' inside 'or' inside 'and', which the original has not"


@with_deep_recursion
def write_pheno(tree: Filter | None, dictionary: DataDictionary) -> Json:
    """Return a filter as the original has it; None is every row.

    Raises:
        UsageError: Something cannot be said; all of it is listed, each with the reason.
    """
    writer = _Writer(dictionary)
    logic, compound = ("and", []) if tree is None else writer.write(normal(tree))
    if writer.problems:
        problems = tuple(dict.fromkeys(writer.problems))
        raise UsageError(list_problems(TITLE, problems), problems=problems)
    _name_children(compound)
    return {"pheno_filters": {"compound": compound, "logic": logic}, "logic": "and"}


class _Writer:
    def __init__(self, dictionary: DataDictionary) -> None:
        self._dictionary = dictionary
        self._entities = EntityTree(dictionary)
        self.problems: list[Problem] = []

    def write(self, tree: Filter) -> tuple[str, list[Json]]:
        """Return how parts are joined, and the parts."""
        main = self._dictionary.main_entity
        if isinstance(tree, Or):
            if all(self._is_on(each, main) for each in tree.parts):
                return "and", [self._part(main, "or", tree.parts)]
            return "or", [self._part(main, "and", _all_of(each)) for each in tree.parts]
        single = [each for each in _all_of(tree) if not isinstance(each, Or)]
        others = [each for each in _all_of(tree) if isinstance(each, Or)]
        parts = [self._part(main, "and", single)] if single else []
        return "and", parts + [self._part(main, "or", each.parts) for each in others]

    def _part(self, row: str, logic: str, conditions: Sequence[Filter], name: str = "") -> Json:
        filters: dict[str, list[Json]] = {}
        children: list[Json] = []
        for each in conditions:
            self._add(each, row, filters, children)
        if logic == "or" and filters and children:
            self.problems.append(Problem(_IN_OR))
        joined = logic if children else "and"
        below = {"logic": joined, "name": row, "operator": "exists", "children": children}
        return {"name": name or MAIN_NAME, "logic": logic, "filters": filters, "entity": below}

    def _add(
        self, tree: Filter, row: str, filters: dict[str, list[Json]], children: list[Json]
    ) -> None:
        try:
            self._say(tree, row, filters, children)
        except NoJsonFormError as why:
            self.problems.append(Problem(str(why)))

    def _say(
        self, tree: Filter, row: str, filters: dict[str, list[Json]], children: list[Json]
    ) -> None:
        is_opposite = isinstance(tree, Not)
        found = tree.part if isinstance(tree, Not) else tree
        if is_nobody(found) and isinstance(found, And) and self._is_on(found.parts[0], row):
            one = found.parts[0]
            assert isinstance(one, Comparison), "a field is asked"
            key = f"{one.entity}${one.field}"
            filters.setdefault(key, []).append({"condition": "in", "values": []})
        elif isinstance(found, Comparison) and found.entity == row:
            key = f"{found.entity}${found.field}"
            filters.setdefault(key, []).append(self._condition(found, is_opposite=is_opposite))
        elif isinstance(found, Comparison | Exists):
            if isinstance(found, Exists) and found.name is not None:
                raise NoJsonFormError("there are no words for a row with a name")
            if is_opposite:
                raise NoJsonFormError(f"there are no words for no row of {found.entity!r}")
            children.append(self._child(found, row))
        else:
            raise NoJsonFormError(_DEEP if isinstance(found, And | Or) else _no_words(found))

    def _condition(self, found: Comparison, *, is_opposite: bool) -> Json:
        entity = self._dictionary.find_entity(found.entity)
        spec = entity.find_field(found.field) if entity else None
        coding = self._dictionary.find_coding(spec.coding_name) if spec else None
        try:
            return condition_as_json(found, spec, coding, is_opposite=is_opposite)
        except NoJsonFormError as why:
            raise NoJsonFormError(f"{found.entity}.{found.field}: {why}") from None

    def _child(self, found: Comparison | Exists, row: str) -> Json:
        """Return the part for some row of another entity, inside those on the way to it."""
        way = self._entities.path(row, found.entity)
        if not way:
            raise NoJsonFormError(f"{found.entity!r} is not below {row!r}")
        inner = found.condition if isinstance(found, Exists) else found
        tree = None if inner is None else normal(inner)
        logic = "or" if isinstance(tree, Or) else "and"
        conditions = tree.parts if isinstance(tree, Or) else _all_of(tree)
        child = self._part(found.entity, logic, conditions, found.entity)
        for step in reversed(way[:-1]):
            outer = self._part(step.entity, "and", (), step.entity)
            outer["entity"]["children"].append(child)
            child = outer
        return child

    def _is_on(self, tree: Filter, row: str) -> bool:
        found = tree.part if isinstance(tree, Not) else tree
        found = found.parts[0] if isinstance(found, And) and is_nobody(found) else found
        return isinstance(found, Comparison) and found.entity == row


def _name_children(compound: Sequence[Json]) -> None:
    """Tell rows below apart; the original's names are random, and equal filters are equal here."""
    waiting, number = list(reversed(compound)), 0
    while waiting:
        children = waiting.pop()["entity"]["children"]
        for each in children:
            number += 1
            each["name"] += f"@{uuid5(NAMESPACE_URL, str(number))}"
        waiting.extend(reversed(children))


def _all_of(tree: Filter | None) -> tuple[Filter, ...]:
    if tree is None:
        return ()
    return tree.parts if isinstance(tree, And) and not is_nobody(tree) else (tree,)


def _no_words(found: Filter) -> str:
    return f"there are no words for '{found.kind}'"
