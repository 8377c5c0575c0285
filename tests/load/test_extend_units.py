"""Samples added to an assay of several units."""

from collections.abc import Callable
from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.errors import UsageError
from tests.support.growing import (
    extend,
    gene,
    load,
    random_matrix,
    read_rows,
    rows_of,
    write_matrix,
)

GENES = [gene(each) for each in range(1, 41)]
OLD = random_matrix(1, [f"S{each}" for each in range(300)], GENES)
NEW = random_matrix(2, ["N1", "N2"], GENES)


@pytest.fixture
def two_units(tmp_path: Path) -> Path:
    """A lake with tpm, and counts beside them."""
    lake = tmp_path / "lake"
    load(lake, write_matrix(tmp_path / "tpm.csv", OLD))
    counts = {s: {f: float(n) for n, f in enumerate(column)} for s, column in OLD.items()}
    load(lake, write_matrix(tmp_path / "counts.csv", counts), unit="count")
    return lake


def test_an_assay_of_several_units_gets_values_of_all_of_them(
    two_units: Path, tmp_path: Path
) -> None:
    counts = {s: {f: float(n) for n, f in enumerate(GENES)} for s in reversed(NEW)}
    tpm = write_matrix(tmp_path / "new.csv", NEW)
    count = write_matrix(tmp_path / "new_counts.csv", counts)

    outcome = extend(two_units, f"count={count}", f"tpm={tpm}")

    assert outcome.published == ("study@3",)
    assert read_rows(two_units, "study@3", "tpm") == rows_of({**OLD, **NEW})
    found = [row for row in read_rows(two_units, "study@3", "count") if row[1] in NEW]
    assert found == rows_of(counts)
    assert ap.open_lake(str(two_units)).verify(deep=True).problems == ()


def cut_samples(path: Path) -> list[Path]:
    """Counts of 300 samples in two files that part them elsewhere than blocks do."""
    names = [f"M{each}" for each in range(300)]
    return [
        write_matrix(path / f"counts{part}.csv", {s: dict.fromkeys(GENES, 2.0) for s in some})
        for part, some in enumerate((names[:100], names[100:]))
    ]


def test_units_may_come_in_files_that_part_the_samples_otherwise(
    two_units: Path, tmp_path: Path
) -> None:
    new = random_matrix(3, [f"M{each}" for each in range(300)], GENES)
    tpm = write_matrix(tmp_path / "new.csv", new)

    extend(two_units, f"tpm={tpm}", *(f"count={each}" for each in cut_samples(tmp_path)))

    assert read_rows(two_units, "study", "tpm") == rows_of({**OLD, **new})
    found = [row for row in read_rows(two_units, "study", "count") if row[1] in new]
    assert found == sorted((f, s, 2.0) for s in new for f in GENES)
    assert ap.open_lake(str(two_units)).verify(deep=True).problems == ()


def one_unit(tmp_path: Path) -> list[str]:
    return [f"tpm={write_matrix(tmp_path / 'new.csv', NEW)}"]


def no_unit(tmp_path: Path) -> list[str]:
    return [str(write_matrix(tmp_path / "new.csv", NEW))]


def other_samples(tmp_path: Path) -> list[str]:
    counts = {"X": dict.fromkeys(GENES, 1.0)}
    return [*one_unit(tmp_path), f"count={write_matrix(tmp_path / 'counts.csv', counts)}"]


@pytest.mark.parametrize("sources", [one_unit, no_unit, other_samples])
def test_units_must_come_together(
    two_units: Path, tmp_path: Path, sources: Callable[[Path], list[str]]
) -> None:
    with pytest.raises(UsageError, match="unit"):
        extend(two_units, *sources(tmp_path))
