"""Why a person is in a cohort or not: which part decided, by which rows, in which version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortOperation, CohortRecord, CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.filter import (
    Comparison,
    Day,
    Filter,
    FilterValue,
    Moment,
    Operator,
    comparisons_of,
)
from apollo_spark.model.names import parse_reference
from apollo_spark.model.record import PublishedRecord, require_kind
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.opening import People, load_cohort, open_cohort
from apollo_spark.operations.guarded.persons import require_people
from apollo_spark.query.cohorts.members import KEY, Members, Statement, main_key, new_circuit
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.sql import column, derived, labelled, literal
from apollo_spark.sources.filters.write import write_filter
from apollo_spark.verbs.cohort.attrition import Part, parts_of_people
from apollo_spark.verbs.cohort.explanation import (
    Explanation,
    ExplanationPair,
    PartOfPerson,
    changes_between,
)
from apollo_spark.workers.values.convert import convert

MOST_ROWS = 100
"""Rows of an entity that are shown."""
_FLAGS = "flags"


class ExplainRequest(VerbRequest):
    """What a person asks for: the options of `apollo cohort explain`.

    Attributes:
        name: The cohort.
        id: The id of the person.
        onto: Another version of the cohort, or of its dataset, to tell what changed.
    """

    verb = "cohort explain"

    name: str
    id: str
    onto: str | None = None


def explain(asker: Asker, request: ExplainRequest) -> ExplanationPair:
    """Explain why a person is in a cohort or not.

    Raises:
        NotFoundError: The cohort is not there, or no version shows the person.
    """
    return explain_person(asker.lake, request.name, request.id, onto=request.onto)


def explain_person(lake: Lake, name: str, key: str, *, onto: str | None) -> ExplanationPair:
    """Explain why a person is in a cohort or not: see `explain`."""
    record = load_cohort(lake, name)
    engine = EmbeddedEngine(lake.tables)
    people = open_cohort(lake, record)
    require_people(lake, people, "What is known of a person")
    first = _Person(lake, str(record), people, key, engine).explain()
    if onto is None:
        _require_shown(record, [first])
        return ExplanationPair(explanation=first)
    other, told = _onto(lake, record, people, onto)
    require_people(lake, other, "What is known of a person")
    second = _Person(lake, told, other, key, engine).explain()
    _require_shown(record, [first, second])
    return ExplanationPair(
        explanation=first, onto=second, changes=tuple(changes_between(first, second))
    )


def _onto(lake: Lake, record: CohortRecord, people: People, onto: str) -> tuple[People, str]:
    """Return a cohort over another version: its own other version, or what it means there."""
    found = lake.load(parse_reference(onto), PublishedRecord)
    if isinstance(found, CohortRecord):
        return open_cohort(lake, found), str(found)
    require_kind(found, found.kind, DatasetRecord)
    assert isinstance(found, DatasetRecord), "a kind has one class"
    there = People(lake.open_record(found), people.members, people.lists, names=people.names)
    return there, str(record)


def _require_shown(record: CohortRecord, found: Sequence[Explanation]) -> None:
    if not any(each.shown or each.withdrawn for each in found):
        raise NotFoundError(
            f"Nobody has that id in {record.dataset} among those who may be seen there."
        )


@dataclass(frozen=True)
class _Person:
    """One person of one version of a dataset, and a cohort.

    Attributes:
        lake: Where they are.
        cohort: What the cohort is called.
        people: The cohort, open.
        text: The id, as it is typed.
        engine: Who answers.
    """

    lake: Lake
    cohort: str
    people: People
    text: str
    engine: Engine

    def explain(self) -> Explanation:
        circuit = new_circuit()
        parts = parts_of_people(circuit, self.people)
        statement = Statement(self.people.dataset.scope, circuit.nodes)
        flags = self._flags(statement, [each.node for each in parts])
        whole = self.people.members.circuit
        member = self._flags(Statement(self.people.dataset.scope, whole[0].nodes), [whole[1][-1]])
        is_member = bool(member and member[0])
        return Explanation(
            cohort=self.cohort,
            dataset=str(self.people.dataset.record),
            shown=flags is not None,
            withdrawn=self._is_withdrawn(),
            is_member=is_member,
            parts=tuple(
                self._part(each, circuit.nodes[each.node].tree, holds, holds == is_member)
                for each, holds in zip(parts, flags or (), strict=flags is not None)
            ),
        )

    def _key(self) -> Any:
        _, type_ = main_key(self.people.dataset.scope)
        found = convert(pa.array([self.text], pa.string()), type_.value, ())
        return found.values[0].as_py()

    def _flags(self, statement: Statement, nodes: Sequence[int]) -> list[bool] | None:
        """Return which nodes hold for the person; None where nobody is shown."""
        key = self._key()
        if key is None:
            return None
        flags = [column(_FLAGS, f"flag {number}") for number in range(len(nodes))]
        found = exp.select(*(labelled(each, each.name) for each in flags))
        found = found.from_(derived(statement.flags(nodes), _FLAGS), copy=False)
        same = exp.EQ(this=column(_FLAGS, KEY), expression=literal(key))
        tree = found.where(same, copy=False)
        rows = self.engine.run(tree, self.people.pins).read_all().to_pylist()
        return [bool(each) for each in rows[0].values()] if rows else None

    def _part(self, part: Part, tree: Filter | None, holds: bool, decides: bool) -> PartOfPerson:
        if tree is None:
            return PartOfPerson(rule=part.rule, holds=holds, decides=decides)
        rows = dict(self._rows(tree))
        return PartOfPerson(
            rule=part.rule, holds=holds, decides=decides, rows=rows, codes=self._codes(tree, rows)
        )

    def _rows(self, tree: Filter) -> Iterator[tuple[str, tuple[dict[str, Any], ...]]]:
        """Yield the rows of the person that a filter reads, with the fields that it names."""
        opened = self._alone()
        dictionary = opened.dictionary
        needed = fields_needed(tree, dictionary, opened.scope.measured)
        for entity in dictionary.entities:
            names = {field for owner, field in needed if owner == entity.name}
            if not names:
                continue
            shown = [each.name for each in entity.fields
                     if each.name in names or each.name == entity.primary_key]  # fmt: skip
            source = opened.scope.source(entity.name, shown)
            values = [column(entity.name, each) for each in shown]
            tree_of_rows = exp.select(*values).from_(source, copy=False).limit(MOST_ROWS)
            found = self.engine.run(tree_of_rows, opened.pins).read_all().to_pylist()
            ordered = sorted(found, key=str)
            yield (
                entity.name,
                tuple({name: _as_json(value) for name, value in each.items()} for each in ordered),
            )

    def _alone(self) -> OpenDataset:
        """Return the dataset with this person alone."""
        opened = self.people.dataset
        key, _ = main_key(opened.scope)
        only = Comparison(
            entity=opened.dictionary.main_entity, field=key, operator=Operator.EQUAL,
            values=(_in_filter(self._key()),),
        )  # fmt: skip
        step = CohortStep(operation=CohortOperation.FILTER, text=write_filter(only))
        return opened.only(Members((step,)), {})

    def _codes(
        self, tree: Filter, rows: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return for fields compared by `under` each code of the person with those above it."""
        dictionary = self.people.dataset.dictionary
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for each in comparisons_of(tree):
            entity = dictionary.find_entity(each.entity)
            spec = entity.find_field(each.field) if entity else None
            coding = dictionary.find_coding(spec.coding_name) if spec else None
            if each.operator is not Operator.UNDER or coding is None:
                continue
            parents: dict[str, list[str]] = {}
            for place in coding.rows:
                parents.setdefault(place.code, []).append(place.parent_code)
            codes = {str(code) for row in rows.get(each.entity, ())
                     for code in _items(row.get(each.field))}  # fmt: skip
            path = f"{each.entity}.{each.field}"
            found[path] = {code: _above(code, parents) for code in sorted(codes)}
        return found

    def _is_withdrawn(self) -> bool:
        """Whether the person is among those who were taken out of what the dataset reads."""
        record = self.people.dataset.record
        main = record.find_entity(record.main_entity)
        assert main is not None, "a dataset has a main entity"
        location = record.pin_of(main.slices[0].table).location
        for each in self.lake.withdrawals():
            if each.location == location:
                # As values: `7`, `07` and `7.0` may be one key.
                return self._key() in self.lake.withdrawing.read_keys(each).to_pylist()
        return False


def _above(code: str, parents: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return all codes above one, each once, nearest first."""
    found: list[str] = []
    waiting = list(parents.get(code, ()))
    while waiting:
        each = waiting.pop(0)
        if each and each not in found:
            found.append(each)
            waiting += parents.get(each, ())
    return tuple(found)


def _items(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _in_filter(key: Any) -> FilterValue:
    if isinstance(key, datetime):
        return Moment(moment=key)
    return Day(day=key) if isinstance(key, date) else key


def _as_json(value: Any) -> Any:
    """Return a value as an extract shows it, numbers as numbers."""
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    return value
