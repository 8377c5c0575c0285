"""The original's filter JSON as a tree.

    filters = {pheno_filters: {compound: [C, ...], logic}, assay_filters, logic}
    C = {name, logic, filters: {"entity$field": [{condition, values}, ...]},
         entity: {name, logic, operator: "exists", children: [C, ...]}}

Each child is some row of its entity that fulfils all of the child. What the text does not say is
refused by name: a cohort of other people than were meant is worse than none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apollo_spark.errors import Problem
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import (
    And,
    Comparison,
    Exists,
    Filter,
    Or,
    parts_of,
    with_deep_recursion,
)
from apollo_spark.model.names import MEMBER_NAME
from apollo_spark.query.filters.pheno.comparisons import read_condition
from apollo_spark.sources.filters.marks import Marks, values_at
from apollo_spark.sources.strict_json import JsonPath, path_problem
from apollo_spark.sources.suggest import find_near

NO_GENOTYPES = "genotype filters are not read: this product has no variants"
MAIN_NAME = "phenotype"
"""What the original calls a part about the main entity."""
NO_SQL = "this is SQL of another system, and is not read; combine cohorts instead"

_TYPE_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
_PHENO_KEYS = ("compound", "logic", "name", "filters", "entity")
_PART_KEYS = ("name", "logic", "filters", "entity")
_ENTITY_KEYS = ("logic", "name", "operator", "children")
_SQL_KEYS = ("base_sql", "baseSql", "combined")


@dataclass(frozen=True)
class PhenoFilter:
    """A filter that was read from JSON.

    Attributes:
        tree: The condition, None where every row is meant.
        marks: Where its comparisons and exists are, in the order of the tree.
        problems: Why something cannot be read.
    """

    tree: Filter | None
    marks: tuple[Marks, ...]
    problems: tuple[Problem, ...]


@with_deep_recursion
def read_pheno(content: Any, dictionary: DataDictionary) -> PhenoFilter:
    """Read the original's filters, as they are in a cohort or a request of it.

    Args:
        content: The object, from JSON that was found to be honest.
        dictionary: The fields that may be named: it says what values and `any` mean.
    """
    reader = _Reader(dictionary)
    tree = reader.read(content)
    asked = [each for each in _walk(tree) if isinstance(each, Comparison | Exists)]
    marks = tuple(reader.marks[id(each)] for each in asked)
    return PhenoFilter(tree, marks, tuple(dict.fromkeys(reader.problems)))


def _walk(tree: Filter | None) -> Iterator[Filter]:
    waiting = [] if tree is None else [tree]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(parts_of(found)))


class _Reader:
    """Reads, and keeps what is wrong and where each condition is.

    A condition of None means every row: nothing is asked.
    """

    def __init__(self, dictionary: DataDictionary) -> None:
        self._dictionary = dictionary
        self._kept: list[Filter] = []
        self.marks: dict[int, Marks] = {}
        self.problems: list[Problem] = []

    def read(self, content: Any) -> Filter | None:
        path = JsonPath()
        if not self._is(dict, content, path):
            return None
        for key in (each for each in _SQL_KEYS if content.get(each)):
            self._problem(path / key, NO_SQL)
        if "filters" in content and "pheno_filters" not in content:
            content, path = content["filters"], path / "filters"
            if not self._is(dict, content, path):
                return None
        self._require_keys(content, ("pheno_filters", "assay_filters", "logic", *_SQL_KEYS), path)
        if self._logic(content, path) == "or":
            self._problem(path / "logic", "only 'and' joins the filters of a dataset")
        self._require_no_genotypes(content.get("assay_filters"), path / "assay_filters")
        if content.get("pheno_filters") is None:
            return None
        return self._read_all(content["pheno_filters"], path / "pheno_filters")

    def _read_all(self, value: Any, path: JsonPath) -> Filter | None:
        if not self._is(dict, value, path):
            return None
        main = self._dictionary.main_entity
        if "compound" not in value:
            return self._read_part(value, path, main)
        self._require_keys(value, _PHENO_KEYS[:2], path)
        parts = self._each(value["compound"], path / "compound")
        return _joined(
            self._logic(value, path), [self._read_part(each, at, main) for each, at in parts]
        )

    def _read_part(self, value: Any, path: JsonPath, row: str) -> Filter | None:
        """Read a C: what it asks of the current row and of rows below it."""
        if not self._is(dict, value, path):
            return None
        self._require_keys(value, _PART_KEYS, path)
        self._is(str, value.get("name", ""), path / "name")
        logic = self._logic(value, path)
        asked = self._read_filters(value.get("filters"), path / "filters", row)
        entity, at = value.get("entity"), path / "entity"
        if entity is None or not self._is(dict, entity, at):
            return _joined(logic, asked)
        below = self._read_entity(entity, at, row)
        if logic == "or" and asked and below:
            self._problem(
                path,
                "an 'or' over filters of a row and rows below it is not read: how the original "
                "joins them was never seen",
            )
        return _joined("and", [_joined(logic, asked), _joined(self._logic(entity, at), below)])

    def _read_entity(
        self, value: Mapping[str, Any], path: JsonPath, row: str
    ) -> list[Filter | None]:
        self._require_keys(value, _ENTITY_KEYS, path)
        if value.get("operator", "exists") != "exists":
            self._problem(path / "operator", "only the operator 'exists' is read")
        name = value.get("name", row)
        if self._is(str, name, path / "name") and name != row:
            self._problem(path / "name", f"the current rows are of {row!r}")
        children = self._each(value.get("children", []), path / "children")
        return [self._read_child(each, at) for each, at in children]

    def _read_child(self, value: Any, path: JsonPath) -> Filter | None:
        name = self._child_entity(value, path)
        if name is None:
            return None
        found = Exists(entity=name, condition=self._read_part(value, path, name))
        return self._placed(found, path)

    def _child_entity(self, value: Any, path: JsonPath) -> str | None:
        """Return which entity a child is of: its `entity` says so, or else its name."""
        if not self._is(dict, value, path):
            return None
        entity = value.get("entity")
        found = entity.get("name") if isinstance(entity, dict) else None
        if found is None:
            name = value.get("name")
            found = name.partition("@")[0] if isinstance(name, str) else None
        if not isinstance(found, str) or not MEMBER_NAME.match(found):
            self._problem(path, "this child names no entity", expected='"name": "ENTITY@..."')
            return None
        return found

    def _read_filters(self, value: Any, path: JsonPath, row: str) -> list[Filter | None]:
        found: list[Filter | None] = []
        if value is None or not self._is(dict, value, path):
            return found
        for key, conditions in value.items():
            entity, _, field = key.partition("$")
            if not (MEMBER_NAME.match(entity) and MEMBER_NAME.match(field)):
                self._problem(path / key, "this names no field", expected="ENTITY$FIELD")
                continue
            for each, at in self._each(conditions, path / key):
                if self._is(dict, each, at):
                    found.append(self._read_condition(each, at, row, (entity, field)))
        return found

    def _read_condition(
        self, value: Mapping[str, Any], path: JsonPath, row: str, field: tuple[str, str]
    ) -> Filter | None:
        found, problems = read_condition(value, path, field, self._dictionary)
        self.problems.extend(problems)
        for each in _walk(found):
            self._placed(each, path, _places_of_values(each, value, path))
        is_known = self._dictionary.find_entity(field[0]) is not None
        if found is None or field[0] == row or not is_known:
            return found
        # Some row of another entity is meant, and all of the condition is about that row.
        return self._placed(Exists(entity=field[0], condition=found), path)

    def _require_no_genotypes(self, value: Any, path: JsonPath) -> None:
        if not value or not self._is(dict, value, path):
            return
        for key in ("compound", "filters"):
            if value.get(key):
                self._problem(path / key, NO_GENOTYPES)

    def _logic(self, value: Mapping[str, Any], path: JsonPath) -> str:
        logic = value.get("logic", "and")
        if logic not in ("and", "or"):
            self._problem(path / "logic", "this is neither 'and' nor 'or'")
            return "and"
        return str(logic)

    def _each(self, value: Any, path: JsonPath) -> Sequence[tuple[Any, JsonPath]]:
        if not self._is(list, value, path):
            return ()
        return [(each, path / at) for at, each in enumerate(value)]

    def _is(self, wanted: type, value: Any, path: JsonPath) -> bool:
        if isinstance(value, wanted):
            return True
        self._problem(path, f"this is not {_TYPE_NAMES[wanted]}", expected=_TYPE_NAMES[wanted])
        return False

    def _require_keys(self, value: Mapping[str, Any], known: Sequence[str], path: JsonPath) -> None:
        for key in value:
            if key not in known:
                near = find_near(key, known)
                hint = "" if near is None else f" (did you mean {near!r}?)"
                meant = () if near is None else (near,)
                self._problem(path / key, f"this key is not known here{hint}", suggestions=meant)

    def _placed(self, node: Filter, path: JsonPath, values: Sequence[JsonPath] = ()) -> Filter:
        # Kept, so that no other node gets its identity.
        self._kept.append(node)
        self.marks[id(node)] = Marks(path, values_at(values))
        return node

    def _problem(self, path: JsonPath, text: str, **more: Any) -> None:
        self.problems.append(path_problem(path, text, **more))


def _places_of_values(node: Filter, value: Mapping[str, Any], path: JsonPath) -> list[JsonPath]:
    """Return where the values of a comparison are, where each of them is one of the JSON."""
    given = value.get("values")
    count = len(node.values) if isinstance(node, Comparison) else 0
    if not isinstance(given, list):
        return [path / "values"] * (count == 1)
    return [path / "values" / number for number in range(count)] if count == len(given) else []


def _joined(logic: str, parts: Sequence[Filter | None]) -> Filter | None:
    """Join conditions; every row fulfils an `or` with one that every row fulfils."""
    asked = [each for each in parts if each is not None]
    if not asked or (logic == "or" and len(asked) < len(parts)):
        return None
    join: Callable[..., Filter] = And if logic == "and" else Or
    return asked[0] if len(asked) == 1 else join(parts=tuple(asked))
