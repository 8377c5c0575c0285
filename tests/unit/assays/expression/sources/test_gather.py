"""One list of features from many files, and where the files differ."""

import numpy as np
import pytest

from apollo_spark.assays.expression.sources.formats.gather import FeatureGathering
from apollo_spark.assays.expression.sources.ids.features import DuplicateRule

A, B, C = "ENSG00000000001", "ENSG00000000002", "ENSG00000000003"


def gather(
    *files: list[str], on_duplicate: DuplicateRule = "refuse", is_union: bool = False
) -> tuple[FeatureGathering, list[list[int]]]:
    """Gather files called 0, 1, ... whose rows begin on line 2."""
    found = FeatureGathering(
        id_rule="ensembl", id_map=None, on_duplicate=on_duplicate, is_union=is_union
    )
    rows = [
        found.add(ids, np.arange(2, 2 + len(ids)), str(number)).tolist()
        for number, ids in enumerate(files)
    ]
    return found, rows


def described(gathering: FeatureGathering) -> list[tuple[str, str | None, int, list[int | None]]]:
    return [
        (each.rule, each.file, each.count, [place.line for place in each.places])
        for each in gathering.findings
    ]


def test_rows_of_all_files_get_their_feature_whatever_their_version_and_order() -> None:
    gathering, rows = gather([f"{A}.1", B], [B, f"{A}.2"], [f"{A}.1", B])

    assert rows == [[0, 1], [1, 0], [0, 1]]
    features = gathering.features()
    assert (features.ids.to_pylist(), features.repeated) == ([A, B], 0)
    assert gathering.texts.to_pylist() == [f"{A}.1", B, f"{A}.2"]
    assert features.feature_of_row.tolist() == [0, 1, 0]
    assert gathering.findings == []


def test_rows_without_feature_may_stand_in_some_files_only() -> None:
    gathering, rows = gather([A, B], ["N_unmapped", B, A, "__ambiguous"])

    assert rows == [[0, 1], [-1, 1, 0, -1]]
    assert gathering.findings == []
    assert gathering.features().summary_rows == 2


@pytest.mark.parametrize(
    ("second", "count"), [([A], 1), ([A, B, C], 1), ([C], 3), ([B, A], 0)],
    ids=["fewer", "more", "others", "the same"],
)  # fmt: skip
def test_a_file_with_other_features_is_named_with_how_many(second: list[str], count: int) -> None:
    gathering, _ = gather([A, B], second)
    united, _ = gather([A, B], second, is_union=True)

    expected = [("features_differ", "1", count, [])] if count else []
    assert described(gathering) == expected
    assert united.findings == []


def test_features_are_compared_with_those_of_the_first_file() -> None:
    gathering, _ = gather([A], [A, B], [A, B])

    assert described(gathering) == [
        ("features_differ", "1", 1, []), ("features_differ", "2", 1, []),
    ]  # fmt: skip


def test_a_repeated_feature_is_found_in_each_file_that_repeats_it() -> None:
    gathering, _ = gather([A, B], [f"{A}.1", B, f"{A}.2"], [B, A])
    merged, rows = gather([A, B, A], on_duplicate="sum")

    assert described(gathering) == [("feature_repeated", "1", 1, [4])]
    assert gathering.features().repeated == 1
    assert (merged.findings, rows) == ([], [[0, 1, 0]])


def test_other_kinds_of_ids_in_later_files_are_called_so() -> None:
    gathering, _ = gather([A, B], ["ENST00000000001", B, A, "BRCA1"], is_union=True)

    assert described(gathering) == [
        ("feature_kind", "1", 1, [5]), ("feature_kind", "1", 1, [2]),
    ]  # fmt: skip


def test_a_file_of_which_rows_are_missing_is_not_blamed_for_what_it_lacks() -> None:
    gathering = FeatureGathering(
        id_rule="ensembl", id_map=None, on_duplicate="refuse", is_union=False
    )
    gathering.add([A, B], np.array([2, 3]), "whole")
    gathering.add([A], np.array([2]), "ragged", is_whole=False)

    assert gathering.findings == []
