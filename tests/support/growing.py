"""Assays that grow: sources written from plain matrices, and what every version reads as."""

import csv
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apollo_spark.api.lake import open_lake as open_public_lake
from apollo_spark.assays.expression.query import STATISTICS
from apollo_spark.assays.expression.request import AssayExtension, ExpressionLoad
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.operations.outcome import Outcome
from apollo_spark.verbs.compact import CompactRequest
from apollo_spark.verbs.table import perform
from tests.support.contexts import loading

Column = Mapping[str, float | None]
"""The values of one sample by feature; None is missing."""
Matrix = Mapping[str, Column]
"""Samples in the order in which they came."""

BLOCK_BYTES = 1 << 20


def write_matrix(path: Path, matrix: Matrix) -> Path:
    """Write features x samples; a feature is there where any sample names it."""
    features = list(dict.fromkeys(each for column in matrix.values() for each in column))
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["feature_id", *matrix])
        for feature in features:
            values = [column.get(feature) for column in matrix.values()]
            writer.writerow([feature, *("" if each is None else each for each in values)])
    return path


def engines_of(lake: Lake) -> LoadEngines:
    """Return the runner and engine of a load without Java."""
    return LoadEngines(LocalTaskRunner(1), EmbeddedEngine(lake.tables, threads=1))


def load(
    root: Path, source: Path, *, name: str = "study", unit: str = "tpm", on_step: OnStep = no_step
) -> Outcome[Any]:
    """Load one unit of the assay `rna`."""
    lake = open_lake(str(root))
    request = ExpressionLoad(name=name, assay="rna", unit=unit, sources=(str(source),))
    return perform(loading(lake, on_step, block_bytes=BLOCK_BYTES), request)


def extend(
    root: Path,
    *sources: Path | str,
    name: str = "study",
    features: str = "refuse",
    on_step: OnStep = no_step,
) -> Outcome[Any]:
    """Add samples to the assay `rna`."""
    lake = open_lake(str(root))
    request = AssayExtension(
        name=name, assay="rna", sources=tuple(map(str, sources)), features=features
    )
    return perform(loading(lake, on_step, block_bytes=BLOCK_BYTES), request)


def fold(root: Path, name: str | None = "study", *, on_step: OnStep = no_step) -> Outcome[Any]:
    """Compact a dataset."""
    lake = open_lake(str(root))
    return perform(loading(lake, on_step), CompactRequest(name=name, apply=True))


def read_rows(root: Path, version: str, unit: str | None = None) -> list[tuple[str, str, float]]:
    """Return the measured values by SQL over the tiles, sorted."""
    assay = open_public_lake(str(root)).dataset(version).assay("rna")
    rows = assay.expression(unit=unit, to="arrow").to_pylist()
    return sorted(tuple(each.values()) for each in rows)


def rows_of(matrix: Matrix) -> list[tuple[str, str, float]]:
    """Return the measured values of a model, sorted."""
    return sorted(
        (feature, sample, value)
        for sample, column in matrix.items()
        for feature, value in column.items()
        if value is not None
    )


def read_matrix(root: Path, version: str, unit: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the matrix as it is read straight from the tiles: samples in their order."""
    table = open_public_lake(str(root)).dataset(version).assay("rna").matrix(unit=unit, to="arrow")
    rows = table.to_pylist()
    return {row.pop("sample_id"): row for row in rows}


def matrix_of(matrix: Matrix) -> dict[str, dict[str, Any]]:
    """Return a model as `read_matrix` gives it: every feature for every sample."""
    features = dict.fromkeys(each for column in matrix.values() for each in column)
    return {
        sample: {each: column.get(each) for each in features} for sample, column in matrix.items()
    }


def read_statistics(root: Path, version: str, of: str) -> dict[str, dict[str, Any]]:
    """Return the stored statistics by feature or sample."""
    table = open_public_lake(str(root)).dataset(version).assay("rna").statistics(of, to="arrow")
    return {row.pop(f"{of}_id"): row for row in table.to_pylist()}


def statistics_of(matrix: Matrix, of: str) -> dict[str, dict[str, Any]]:
    """Return the statistics of a model, computed from all values at once."""
    groups: dict[str, list[float]] = {}
    for sample, column in matrix.items():
        for feature, value in column.items():
            own = groups.setdefault(feature if of == "feature" else sample, [])
            if value is not None:
                own.append(value)
    return {key: _summary(values) for key, values in groups.items()}


def _summary(values: Sequence[float]) -> dict[str, Any]:
    count = len(values)
    mean = math.fsum(values) / count if count else None
    variance = None
    if count > 1:
        variance = math.fsum((each - math.fsum(values) / count) ** 2 for each in values)
        variance /= count - 1
    detected, total = sum(each > 0 for each in values), math.fsum(values)
    return dict(zip(STATISTICS, (count, detected, total, mean, variance), strict=True))


def require_statistics(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Require equal statistics: counts exactly, floats within 1e-12 relative."""
    assert found.keys() == wanted.keys()
    for key, values in wanted.items():
        close = pytest.approx(values["total"], rel=1e-12, abs=0)
        assert found[key]["total"] == close, key
        for name in ("mean", "variance"):
            if values[name] is None:
                assert found[key][name] is None, (key, name)
            else:
                # A variance of equal values is zero but for the rounding of their mean.
                least = 1e-24 * max(1.0, abs(values["total"])) ** 2
                assert found[key][name] == pytest.approx(values[name], rel=1e-12, abs=least), key
        assert [found[key][each] for each in ("measured", "detected")] == [
            values["measured"],
            values["detected"],
        ]


def random_matrix(
    seed: int, samples: Sequence[str], features: Sequence[str], *, decimals: int = 3
) -> dict[str, dict[str, float | None]]:
    """Return values as they are in nature: many zeros, a few large ones, some missing."""
    random = np.random.default_rng(seed)
    values = np.round(random.lognormal(1, 2, (len(samples), len(features))), decimals)
    values[random.random(values.shape) < 0.3] = 0
    is_missing = random.random(values.shape) < 0.05
    return {
        sample: {
            feature: None if is_missing[row, column] else float(values[row, column])
            for column, feature in enumerate(features)
        }
        for row, sample in enumerate(samples)
    }


def gene(number: int) -> str:
    """Return the id of a gene."""
    return f"ENSG{number:011d}"


def files_of(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every data file of a lake, by its path."""
    return {
        str(each.relative_to(root)): (each.stat().st_size, each.stat().st_mtime_ns)
        for each in (root / "tables").rglob("*.parquet")
        if "_delta_log" not in each.parts
    }


def copy_lake(source: Path, target: Path) -> Path:
    """Copy a whole lake."""
    shutil.copytree(source, target)
    return target


GENES = [gene(each) for each in range(1, 41)]
OLD = random_matrix(1, [f"S{each}" for each in range(300)], GENES)
NEW = random_matrix(2, ["N1", "N2", "N3"], GENES[::-1])
OTHER_FEATURES: Matrix = {"N1": dict.fromkeys([*GENES[1:], gene(99)], 1.0)}
