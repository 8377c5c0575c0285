"""Whether what is asked of a dataset means the same in another one: fields, types, units, codes.

Codings are compared by what they say, and not by their names. A field that lies in the same column
of the same table is the same field; one that lies elsewhere is another one where its type, unit or
the labels of the codes asked for differ, though it has the same name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import DatasetRecord, home_of
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    AssayValue,
    Comparison,
    Filter,
    Operator,
    comparisons_of,
    conditions_of,
)
from apollo_spark.model.rebase import RebaseProblem, Repair
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.query.filters.values import codes_under
from apollo_spark.records.changes.renaming import NewNames, renamed
from apollo_spark.sources.filters.write import write_measured
from apollo_spark.verbs.rebase.repairs import field_repairs, successor_of

NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})


@dataclass
class MeaningComparison:
    """What of a record's questions is another one or gone, and what may be meant instead.

    Attributes:
        names: What fields and codes are called where it is moved to; who names a field or a code
            says that it is what is meant.
        problems: What is another one or gone.
        repairs: What may be meant instead.
    """

    names: NewNames
    problems: list[RebaseProblem] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    @property
    def broken(self) -> tuple[RebaseProblem, ...]:
        """The problems because of which it cannot be moved."""
        return tuple(each for each in self.problems if each.breaks)


def compare_meaning(
    trees: Iterable[Filter],
    before: OpenDataset,
    after: OpenDataset,
    found: MeaningComparison,
) -> None:
    """Find what becomes of the fields and codes that filters ask for.

    Args:
        trees: The filters, as they are asked of `before`.
        before: The dataset that they were made for.
        after: The dataset that they are moved to.
        found: Takes it.
    """
    comparer = _Comparer(before, after, found)
    asked = list(trees)
    paths = {path for each in asked for path in fields_needed(each, before.dictionary,
                                                              before.scope.measured)}  # fmt: skip
    kept = {path for path in sorted(paths) if comparer.compare_field(*path)}
    for tree in asked:
        for each in comparisons_of(tree):
            if (each.entity, each.field) in kept:
                comparer.compare_codes(each)
        for one in conditions_of(tree):
            if isinstance(one, AssayValue):
                comparer.compare_measured(one)


def relation_of(before: DatasetRecord, after: DatasetRecord, *, shares: bool) -> str:
    """Return how a dataset is related to one: by the tables of its people, their keys, or names.

    Args:
        before: The one.
        after: The other.
        shares: Whether they show some person in common.
    """
    places = [
        each.pin_of(main.slices[0].table).location
        for each in (before, after)
        if (main := each.find_entity(each.main_entity)) is not None
    ]
    if len(set(places)) == 1:
        return "same tables"
    return "same keys" if shares else "same names only"


@dataclass
class _Comparer:
    before: OpenDataset
    after: OpenDataset
    found: MeaningComparison
    _told: set[tuple[str, str]] = field(default_factory=set)

    def compare_field(self, entity: str, name: str) -> bool:
        """Compare one field, and return whether its codes are to be compared."""
        old = _spec(self.before, entity, name)
        if old is None:
            return False
        there = renamed(entity, name, self.found.names.fields)
        path, new = ".".join(there), _spec(self.after, *there)
        if new is None:
            self._tell(RebaseProblem(kind="field gone", name=f"{entity}.{name}", breaks=True))
            self.found.repairs += field_repairs(entity, old, self.before.dictionary,
                                                self.after.dictionary)  # fmt: skip
            return False
        is_same = _column(self.before, entity, name) == _column(self.after, *there)
        is_meant = is_same or f"{entity}.{name}" in self.found.names.fields
        for what, was, now in _differences(old, new):
            breaks = not is_meant or (what == "units" and not self._is_named(entity, name))
            kind = "field retyped" if is_same and what == "type" else "other field"
            before, after = f"{what} {was}", f"{what} {now}"
            self._tell(
                RebaseProblem(kind=kind, name=path, before=before, after=after, breaks=breaks)
            )
        return old.coding_name is not None and new.coding_name is not None

    def compare_codes(self, asked: Comparison) -> None:
        """Compare the codes of a field that are asked for."""
        entity, name = asked.entity, asked.field
        there = renamed(entity, name, self.found.names.fields)
        old, new = _spec(self.before, entity, name), _spec(self.after, *there)
        assert old is not None, "fields were compared before"
        assert new is not None, "fields were compared before"
        was, now = _coding(self.before, old), _coding(self.after, new)
        is_same = _column(self.before, entity, name) == _column(self.after, *there)
        for code in map(str, (*asked.values, *asked.exceptions)):
            if code not in was.meanings:
                continue
            key = (f"{entity}.{name}", code)
            new_code = self.found.names.codes.get(key, code)
            place = f"{'.'.join(there)}={new_code}"
            if new_code not in now.meanings:
                self._gone(key, ".".join(there), was, now, is_open=new.is_open_coding)
                continue
            meanings = was.meanings[code], now.meanings[new_code]
            if meanings[0] != meanings[1]:
                breaks = not is_same and key not in self.found.names.codes
                self._tell(RebaseProblem(kind="code relabelled", name=place, before=meanings[0],
                                   after=meanings[1], breaks=breaks))  # fmt: skip
            if asked.operator is Operator.UNDER:
                self._compare_below(place, codes_under(was, code), codes_under(now, new_code))

    def compare_measured(self, asked: AssayValue) -> None:
        """Compare the feature of an assay that is asked for, and its unit."""
        was, now = self.before.measured, self.after.measured
        if was is None or now is None or was.find_problem(asked) is not None:
            return
        name = write_measured(asked)
        if (gone := now.find_problem(asked)) is not None:
            self._tell(RebaseProblem(kind="value gone", name=name, after=gone.text, breaks=True))
        elif (there := now.meant(asked)) != (here := was.meant(asked)):
            problem = RebaseProblem(
                kind="other feature", name=name, before=str(here), after=str(there), breaks=True
            )
            self._tell(problem)

    def _gone(
        self, key: tuple[str, str], there: str, was: Coding, now: Coding, *, is_open: bool
    ) -> None:
        path, code = key
        label = was.meanings[code]
        problem = RebaseProblem(
            kind="code gone", name=f"{path}={code}", before=label, breaks=not is_open
        )
        if self._tell(problem) and (successor := successor_of(label, now)):
            self.found.repairs.append(
                Repair(old=f"{path}={code}", new=f"{there}={successor}", why="the same label")
            )

    def _compare_below(self, place: str, was: Iterable[str], now: Iterable[str]) -> None:
        before, after = set(was), set(now)
        if before != after:
            gone, come = len(before - after), len(after - before)
            left, added = f"{gone:,} codes leave it", f"{come:,} codes come to be under it"
            self._tell(RebaseProblem(kind="code moved", name=place, before=left, after=added))

    def _is_named(self, entity: str, name: str) -> bool:
        return f"{entity}.{name}" in self.found.names.fields

    def _tell(self, problem: RebaseProblem) -> bool:
        """Keep a problem, once; return whether it is new."""
        key = (problem.kind, problem.name + (problem.before or ""))
        is_new = key not in self._told
        self._told.add(key)
        if is_new:
            self.found.problems.append(problem)
        return is_new


def _differences(old: FieldSpec, new: FieldSpec) -> Iterator[tuple[str, str, str]]:
    """Yield what of two fields differs, and how it was and is."""
    if _type(old) != _type(new):
        yield "type", _type(old), _type(new)
    if (old.units or "") != (new.units or ""):
        yield "units", old.units or "none", new.units or "none"
    if (old.coding_name is None) != (new.coding_name is None):
        yield "coding", old.coding_name or "none", new.coding_name or "none"


def _type(spec: FieldSpec) -> str:
    # A whole number compares as a number with a fraction does.
    type_ = "number" if spec.type in NUMBERS else spec.type.value
    return f"{type_}, several values" if spec.is_multi_select else type_


def _spec(opened: OpenDataset, entity: str, name: str) -> FieldSpec | None:
    found = opened.dictionary.find_entity(entity)
    return None if found is None else found.find_field(name)


def _coding(opened: OpenDataset, spec: FieldSpec) -> Coding:
    found = opened.dictionary.find_coding(spec.coding_name)
    return Coding(name="", rows=()) if found is None else found


def _column(opened: OpenDataset, entity: str, name: str) -> tuple[str, str] | None:
    """Return the table and column of a field."""
    tables = opened.scope.tables_of(entity)
    home = tables[home_of(tables, name)]
    pin: Mapping[str, str] = {each.table: each.location for each in opened.record.pins}
    location = pin.get(home.table)
    return None if location is None else (location, home.column_of(name))
