"""Who is in cohorts before and after they are moved, and why: many cohorts are asked at once.

What cohorts of one dataset share is asked once: a statement answers for every person in which of
them they are. Why somebody came or went is looked up in this order: they were not there before or
are gone, a code has another place in its coding, rows of theirs that are asked for came or went;
what is left are values that changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.coding import Coding
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.rebase import Causes
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import KEY, Statement, new_circuit
from apollo_spark.query.scope import QueryScope
from apollo_spark.verbs.rebase.row_changes import RowChanges

AT_ONCE = 64
"""Cohorts that one statement answers for."""

Flags = npt.NDArray[np.bool_]
"""Whether each person, in the order of the keys."""


@dataclass(frozen=True)
class MovedCohort:
    """A cohort before and after a move.

    Attributes:
        before: The cohort.
        after: What it becomes; its count is not asked yet.
        entities: The entities whose rows it asks for, beside the main one.
        recoded: Whether a coding that it asks for differs.
    """

    before: CohortRecord
    after: CohortRecord
    entities: frozenset[str]
    recoded: bool


@dataclass(frozen=True)
class CohortCount:
    """People of a cohort as it was published, then, and both times; and why they differ."""

    before: int
    after: int
    kept: int
    causes: Causes


class CohortCounter:
    """Counts cohorts that move from one dataset to another.

    Args:
        lake: The lake, with the cohorts as they become.
        before: The dataset that they leave.
        after: The dataset that they go to.
        recoded: The scope of `after` with the codings of `before`.
        engine: Who answers.
    """

    def __init__(
        self,
        lake: Lake,
        before: OpenDataset,
        after: OpenDataset,
        recoded: QueryScope,
        engine: Engine,
    ) -> None:
        self._lake = lake
        self._before, self._after = before, after
        self._recoded = recoded
        self._engine = engine
        self._changes = RowChanges(before, after, engine)
        self._shares = False

    def count(self, cohorts: Sequence[MovedCohort]) -> list[CohortCount]:
        """Return the counts of cohorts, in their order."""
        found: list[CohortCount] = []
        for start in range(0, len(cohorts), AT_ONCE):
            found += self._count_some(cohorts[start : start + AT_ONCE])
        return found

    @property
    def shares_people(self) -> bool:
        """Whether both datasets show some person; known when cohorts were counted."""
        return self._shares

    def _count_some(self, cohorts: Sequence[MovedCohort]) -> list[CohortCount]:
        old = self._ask(self._before, self._before.scope, [each.before for each in cohorts])
        new = self._ask(self._after, self._after.scope, [each.after for each in cohorts])
        places = _Places.of(old.keys, new.keys)
        self._shares = bool(places.is_old.any())
        coded = [number for number, each in enumerate(cohorts) if each.recoded]
        as_before: dict[int, Flags] = {}
        if coded:
            again = self._ask(self._after, self._recoded, [cohorts[x].after for x in coded])
            order = pc.index_in(new.keys, value_set=again.keys).to_numpy(zero_copy_only=False)
            aligned = order.astype(np.int64)
            as_before = {x: again.flags[at][aligned] for at, x in enumerate(coded)}
        return [
            self._count_one(each, places, (old.flags[x], new.flags[x]), as_before.get(x))
            for x, each in enumerate(cohorts)
        ]

    def _count_one(
        self,
        cohort: MovedCohort,
        places: "_Places",
        flags: tuple[Flags, Flags],
        as_before: Flags | None,
    ) -> CohortCount:
        old, new = flags
        was = places.as_new(old)
        added, lost = new & ~was, was & ~new
        came, stayed = added & ~places.is_old, added & places.is_old
        gone = int(old.sum()) - int(was.sum())
        by_code = np.zeros(len(new), bool) if as_before is None else (as_before == was)
        coding = (stayed | lost) & by_code
        left = (stayed | lost) & ~by_code
        has_new, has_less = self._changes.of_people(cohort.entities, places.keys, left)
        withdrawn = max(0, cohort.before.published_count - int(old.sum()))
        causes = Causes(
            new_rows=int(came.sum()) + int((left & has_new).sum()),
            removed_rows=gone + int((left & ~has_new & has_less).sum()),
            changed_rows=int((left & ~has_new & ~has_less).sum()),
            coding=int(coding.sum()),
            withdrawn=withdrawn,
        )
        before = int(old.sum()) + withdrawn
        return CohortCount(before, int(new.sum()), int((new & was).sum()), causes)

    def _ask(
        self, opened: OpenDataset, scope: QueryScope, cohorts: Sequence[CohortRecord]
    ) -> "_Answer":
        program = Program(self._lake)
        places = program.add(*cohorts)
        circuit = new_circuit()
        nodes = circuit.add_steps(program.steps)
        tree = Statement(scope, circuit.nodes).flags([nodes[each] for each in places])
        found = self._engine.run(tree, {**opened.pins, **program.lists}).read_all()
        flags = [
            pc.fill_null(found.column(f"flag {x}").combine_chunks(), False).to_numpy(
                zero_copy_only=False
            )
            for x in range(len(cohorts))
        ]
        return _Answer(found.column(KEY).combine_chunks(), flags)


@dataclass(frozen=True)
class _Answer:
    keys: pa.Array
    flags: Sequence[Flags]


@dataclass(frozen=True)
class _Places:
    """The people of the new dataset, and where they are in the old one; -1 where they are not."""

    keys: pa.Array
    old: npt.NDArray[np.int64]

    @classmethod
    def of(cls, old: pa.Array, new: pa.Array) -> "_Places":
        texts = (old, new) if old.type == new.type else _as_texts(old, new)
        found = pc.fill_null(pc.index_in(texts[1], value_set=texts[0]), -1)
        return cls(new, found.to_numpy(zero_copy_only=False).astype(np.int64))

    @property
    def is_old(self) -> Flags:
        """Whether each person of the new dataset is in the old one."""
        return self.old >= 0

    def as_new(self, flags: Flags) -> Flags:
        """Return what holds for people of the old dataset in the order of the new one."""
        if not len(flags):
            return np.zeros(len(self.old), bool)
        return flags[self.old] & self.is_old


def _as_texts(*arrays: pa.Array) -> tuple[pa.Array, ...]:
    return tuple(each.cast(pa.string()) for each in arrays)


def scope_with_codings(after: OpenDataset, codings: Mapping[str, Coding]) -> QueryScope:
    """Return a dataset as a question would read it if some of its codings were others."""
    dictionary = after.dictionary
    changed = dictionary.model_copy(
        update={
            "codings": tuple(
                each.model_copy(update={"rows": codings.get(each.name, each).rows})
                for each in dictionary.codings
            )
        }
    )
    return replace(after.scope, dictionary=changed)
