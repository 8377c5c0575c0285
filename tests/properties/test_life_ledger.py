"""Any life of records against a plain ledger: what is not retired reads the same, always."""

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import open_lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from tests.support.contexts import stepping
from tests.support.ending import apply_gc, plan_gc, retire
from tests.support.examples import examples
from tests.unit.lake.small_lake import CrashError, Study, crash_at, plain, publish, rows_of
from tests.unit.lake.test_retiring import merge

STUDIES: list[Study] = [
    {"patient": [("P1", 1), ("P2", 2)], "visit": [("V1", 10)]},
    {"patient": [("P3", 3)]},
    {"patient": [("P1", 1)], "visit": [("V2", 20), ("V3", 30)]},
]
NAMES = st.sampled_from(["study", "Other"])


class Life(RuleBasedStateMachine):
    """Loads, merges, retirements, sweeps and crashes of all of them."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        self.lake = open_lake(str(self.folder / "lake"))
        # The ledger: what each version must read, and which are retired.
        self.rows: dict[str, Study] = {}
        self.records: dict[str, DatasetRecord] = {}
        self.retired: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def left(self) -> list[str]:
        return [each for each in self.rows if each not in self.retired]

    def note(self, record: DatasetRecord, study: Study) -> None:
        name = record.name
        assert record.version == 1 + sum(each.startswith(f"{name}@") for each in self.rows)
        self.rows[str(record)], self.records[str(record)] = study, record

    @rule(name=NAMES, study=st.sampled_from(STUDIES))
    def load(self, name: str, study: Study) -> None:
        self.note(publish(self.lake, study, name=name), study)

    @rule(name=NAMES, study=st.sampled_from(STUDIES), step=st.integers(0, 8))
    def crash_while_loading(self, name: str, study: Study, step: int) -> None:
        # The shortest load has seven steps: the last one, and beyond it, publishes.
        try:
            record = publish(self.lake, study, name=name, on_step=crash_at(step))
        except CrashError:
            return
        self.note(record, study)

    @rule(data=st.data())
    def derive(self, data: st.DataObject) -> None:
        if parents := self.left():
            parent = data.draw(st.sampled_from(parents))
            name = f"of_{parent.replace('@', '_')}_{len(self.rows)}"
            self.note(merge(self.lake, self.records[parent], name=name), self.rows[parent])

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if self.rows:
            version = data.draw(st.sampled_from(sorted(self.rows)))
            retire(stepping(self.lake), version)
            self.retired.add(version)

    @precondition(lambda life: life.lake.is_there)
    @rule(step=st.integers(0, 12))
    def crash_while_sweeping(self, step: int) -> None:
        try:
            apply_gc(stepping(self.lake, crash_at(step)), grace_hours=0, clock_ns=tomorrow)
        except CrashError:
            return

    @precondition(lambda life: life.lake.is_there)
    @rule()
    def sweep(self) -> None:
        apply_gc(stepping(self.lake), grace_hours=0, clock_ns=tomorrow)

        # Exactly the files that the ledger needs are left.
        needed = {
            path
            for each in self.left()
            for pin in self.records[each].pins
            for path in self.lake.tables.files(pin)
        }
        found = (self.folder / "lake").glob("tables/*/*/*.parquet")
        assert {str(each) for each in found} == needed
        assert plan_gc(self.lake, grace_hours=0, clock_ns=tomorrow).plan.total.files == 0

    @invariant()
    def everything_that_is_left_reads_as_it_was(self) -> None:
        for version in self.left():
            record = self.lake.load_record(parse_reference(version))
            assert rows_of(self.lake, record) == plain(self.rows[version])
            assert [each for each in self.lake.verify(record, deep=True) if each.is_broken] == []

    @invariant()
    def everything_retired_is_not_found(self) -> None:
        for version in self.retired:
            with pytest.raises(NotFoundError, match="is retired"):
                self.lake.load_record(parse_reference(version))

    @invariant()
    def a_name_means_its_newest_version_that_is_left(self) -> None:
        records = self.lake.list_records() if self.lake.is_there else ()
        found = {each.name: str(each) for each in records}
        newest: dict[str, str] = {}
        for version in sorted(self.left(), key=lambda each: int(each.partition("@")[2])):
            newest[version.partition("@")[0]] = version
        assert found == newest


def tomorrow() -> int:
    return time.time_ns() + 24 * 3600 * 10**9


Life.TestCase.settings = examples(12, stateful_step_count=12, deadline=None)
test_any_life_agrees_with_the_ledger = Life.TestCase
