"""Additions and compactions in any order against a plain model: every version stays readable."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apollo_spark.api.lake import open_lake
from apollo_spark.errors import CheckFailedError
from tests.support.examples import examples
from tests.support.growing import (
    Matrix,
    extend,
    fold,
    gene,
    load,
    matrix_of,
    read_matrix,
    read_rows,
    read_statistics,
    require_statistics,
    rows_of,
    statistics_of,
    write_matrix,
)
from tests.support.loading import CrashError, raise_at, require_sound

GENES = [gene(each) for each in range(1, 4)]
VALUES = st.one_of(
    st.none(),
    st.integers(0, 4).map(float),
    st.integers(0, 10**4).map(lambda n: n / 100),
    st.sampled_from([0.123456, 2.0**31, 1e17]),
)
COLUMNS = st.fixed_dictionaries(dict.fromkeys(GENES, VALUES))
PARTS = st.lists(COLUMNS, min_size=1, max_size=3)
# An extension has 18 steps at most, a compaction fewer; later ones come after the publishing.
STEPS = st.integers(0, 16)


class Growing(RuleBasedStateMachine):
    """One assay that grows, is folded, and whose writers end anywhere."""

    @initialize(columns=PARTS)
    def begin(self, columns: list[dict[str, float | None]]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        self.root = self.folder / "lake"
        self.count = 0
        # The model: what each version holds.
        self.versions: list[Matrix] = [self.named(columns)]
        load(self.root, self.write(self.versions[0]))

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            require_sound(self.root)
            shutil.rmtree(self.folder)

    def named(self, columns: list[dict[str, float | None]]) -> Matrix:
        first, self.count = self.count, self.count + len(columns)
        return {f"S{first + number}": each for number, each in enumerate(columns)}

    def write(self, matrix: Matrix) -> Path:
        return write_matrix(self.folder / f"{self.count}.csv", matrix)

    @rule(columns=PARTS, deed=st.sampled_from(["add", "add", "crash", "repeat"]), step=STEPS)
    def add(self, columns: list[dict[str, float | None]], deed: str, step: int) -> None:
        new, before = self.named(columns), len(self.versions)
        source = self.write(new)
        if deed == "crash":
            try:
                extend(self.root, source, on_step=raise_at(step, CrashError))
            except CrashError:
                if self.newest() == before:
                    return
        else:
            assert extend(self.root, source).published == (f"study@{before + 1}",)
        self.versions.append({**self.versions[-1], **new})
        if deed == "repeat":
            assert extend(self.root, source).current == (f"study@{before + 1}",)

    @rule(columns=COLUMNS, version=st.integers(0, 9))
    def add_what_is_there(self, columns: dict[str, float | None], version: int) -> None:
        known = list(self.versions[-1])
        self.count += 1
        again = {known[version % len(known)]: columns, f"T{self.count}": columns}
        with pytest.raises(CheckFailedError, match="sample_present"):
            extend(self.root, self.write(again))

    @rule(deed=st.sampled_from(["fold", "fold", "crash"]), step=STEPS)
    def put_together(self, deed: str, step: int) -> None:
        before = len(self.versions)
        if deed == "crash":
            try:
                fold(self.root, on_step=raise_at(step, CrashError))
            except CrashError:
                assert self.newest() in (before, before + 1)
        else:
            fold(self.root)
            assert fold(self.root).published == ()
        if self.newest() > before:
            self.versions.append(self.versions[-1])

    def newest(self) -> int:
        (entry,) = open_lake(str(self.root)).list()
        return int(entry.version)

    @invariant()
    def every_version_reads_as_the_model(self) -> None:
        if not hasattr(self, "versions"):
            return
        assert self.newest() == len(self.versions)
        for number, matrix in enumerate(self.versions, start=1):
            version = f"study@{number}"
            assert read_rows(self.root, version) == rows_of(matrix)
            found = read_matrix(self.root, version)
            assert list(found) == list(matrix)
            assert found == matrix_of(matrix)
        for of in ("feature", "sample"):
            require_statistics(
                read_statistics(self.root, "study", of), statistics_of(self.versions[-1], of)
            )


Growing.TestCase.settings = examples(6, stateful_step_count=8, deadline=None, derandomize=True)
test_growth_agrees_with_the_model = Growing.TestCase
