"""A matrix straight from tiles: every value in its place, in any order, within the memory."""

from pathlib import Path

import numpy as np
import pytest

from apollo_spark.assays.expression.read import tile_index
from apollo_spark.assays.expression.read.matrix import MatrixResult
from apollo_spark.assays.expression.read.reader import AssayFiles
from apollo_spark.errors import BrokenPinError, UsageError
from tests.support.tiles import NAN, TileTables, write_assay

FEATURES = ["F0", "F1", "F2", "F3", "F4"]
SAMPLES = ["S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7"]
# Blocks of three samples: 012, 345, 67.
COUNTS = [[10 * feature + sample for sample in range(8)] for feature in range(5)]
HOLED = [[NAN if (feature + sample) % 4 == 0 else sample for sample in range(8)]
         for feature in range(5)]  # fmt: skip
DECIMALS = [[feature + sample / 1000 for sample in range(8)] for feature in range(5)]
THIRDS = [[NAN if sample == 7 else (feature + 1) / 3 for sample in range(8)]
          for feature in range(5)]  # fmt: skip
UNITS = {"count": COUNTS, "other:holed": HOLED, "tpm": DECIMALS, "fpkm": THIRDS}


@pytest.fixture
def tables(tmp_path: Path) -> TileTables:
    return write_assay(tmp_path, FEATURES, SAMPLES, UNITS)


def read(tables: TileTables, unit: str, features: list[int], samples: list[int]) -> MatrixResult:
    layer = tables.assay.find_layer(unit)
    assert layer is not None
    files = AssayFiles(tables, tables.pins, tables.assay)
    return files.read_matrix(layer, np.array(features, int), np.array(samples, int))


def test_the_units_are_stored_in_four_ways(tables: TileTables) -> None:
    stored = [(each.storage, each.scale) for each in tables.assay.layers]

    assert stored == [("integer", 0), ("integer", 0), ("scaled", 3), ("double", 0)]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("features", "samples"),
    [
        pytest.param(range(5), range(8), id="everything"),
        pytest.param([3], range(8), id="one feature"),
        pytest.param(range(5), [4], id="one sample"),
        pytest.param([4, 0, 2], [7, 3, 1, 5, 4], id="some, in another order"),
        pytest.param([1, 2, 3], [3, 4, 5], id="a block"),
        pytest.param([], [1], id="no feature"),
        pytest.param([1], [], id="no sample"),
    ],
)
def test_a_matrix_has_every_value_in_its_place(
    tables: TileTables, unit: str, features: list[int], samples: list[int]
) -> None:
    features, samples = list(features), list(samples)
    wanted = np.array(UNITS[unit], float)[np.ix_(features, samples)].T

    found = read(tables, unit, features, samples)

    assert found.feature_ids == tuple(FEATURES[each] for each in features)
    assert found.sample_ids == tuple(SAMPLES[each] for each in samples)
    np.testing.assert_array_equal(found.is_missing, np.isnan(wanted))
    np.testing.assert_array_equal(found.values, np.where(found.missing, 0, wanted)
                                  if found.missing is not None else wanted)  # fmt: skip


def test_whole_numbers_stay_whole_and_say_where_they_are_missing(tables: TileTables) -> None:
    whole, holed = read(tables, "count", [1], [0, 1]), read(tables, "other:holed", [1], [2, 3])

    assert (whole.values.dtype, whole.missing) == (np.int64, None)
    assert (holed.values.dtype, holed.values.tolist()) == (np.int64, [[2], [0]])
    assert holed.missing is not None
    assert holed.missing.tolist() == [[False], [True]]


def test_a_tile_that_is_not_there_is_missing(tables: TileTables) -> None:
    path = Path(tables.files(tables.pins["rna_tiles_count"])[1])
    path.unlink()

    found = read(tables, "count", [0, 4], [0, 6])

    assert found.missing is not None
    assert found.missing.tolist() == [[False, True], [False, True]]


def test_row_groups_without_a_wanted_tile_are_not_read(
    tables: TileTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    found = tile_index.find_groups

    def watch(*arguments: object) -> object:
        groups = found(*arguments)  # type: ignore[arg-type]
        seen.extend(number for each in groups for number in each.numbers)
        return groups

    monkeypatch.setattr("apollo_spark.assays.expression.read.reader.find_groups", watch)
    read(tables, "count", [3], [6])

    # 15 tiles in groups of two; file 1 holds features 3 and 4, and block 2 is its last group.
    assert seen == [2]


def test_too_large_a_matrix_says_its_size_and_the_way_out(tables: TileTables) -> None:
    files = AssayFiles(tables, tables.pins, tables.assay)
    places = np.arange(5), np.arange(8)

    with pytest.raises(UsageError, match=r"8 samples x 5 features takes 320 bytes.*to_file"):
        files.read_matrix(tables.assay.layers[0], *places, max_memory=319)


def test_pieces_put_together_are_the_whole(tables: TileTables) -> None:
    files = AssayFiles(tables, tables.pins, tables.assay)
    features, samples = np.array([4, 1, 0, 3]), np.arange(8)
    layer = tables.assay.layers[2]
    whole = files.read_matrix(layer, features, samples).values

    by_sample = list(files.read_by_samples(layer, features, samples, max_memory=100))
    by_feature = list(files.read_by_features(layer, features, samples, max_memory=130))

    assert [each.values.shape for each in by_sample] == [(3, 4), (3, 4), (2, 4)]
    assert [each.values.shape for each in by_feature] == [(8, 2), (8, 2)]
    np.testing.assert_array_equal(np.vstack([each.values for each in by_sample]), whole)
    np.testing.assert_array_equal(np.hstack([each.values for each in by_feature]), whole)


def test_an_estimate_says_rows_and_bytes(tables: TileTables) -> None:
    files = AssayFiles(tables, tables.pins, tables.assay)

    found = files.estimate(tables.assay.layers[0], np.array([1, 3]), np.array([0, 1, 7]))

    assert (found.samples, found.features, found.rows, found.bytes) == (3, 2, 6, 48)
    assert (
        0
        < found.stored_bytes
        < sum(Path(each).stat().st_size for each in tables.files(tables.pins["rna_tiles_count"]))
    )


def test_a_missing_file_is_a_broken_pin(tables: TileTables) -> None:
    present = tables.files(tables.pins["rna_tiles_count"])
    tables.files = lambda pin: (  # type: ignore[method-assign]
        [*present, f"{present[0]}-gone"] if pin.table == "rna_tiles_count"
        else TileTables.files(tables, pin)
    )  # fmt: skip

    with pytest.raises(BrokenPinError, match="is missing or damaged"):
        read(tables, "count", [0], [0])


def test_a_tile_shorter_than_its_block_is_a_broken_pin(tables: TileTables, tmp_path: Path) -> None:
    short = write_assay(tmp_path / "short", FEATURES, SAMPLES[:2], {"count": np.ones((5, 2))},
                        files=1)  # fmt: skip
    content = Path(short.files(short.pins["rna_tiles_count"])[0]).read_bytes()
    Path(tables.files(tables.pins["rna_tiles_count"])[0]).write_bytes(content)

    with pytest.raises(BrokenPinError, match="for each sample of its block"):
        read(tables, "count", [0, 1], [2])
