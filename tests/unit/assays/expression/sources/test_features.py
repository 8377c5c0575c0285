"""Feature ids: what is stripped, joined, mapped, left out and refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from apollo_spark.assays.expression.sources.ids.features import FeatureIds, resolve_feature_ids
from apollo_spark.assays.expression.sources.ids.id_map import read_id_map

Y, X = "ENSG00000228572.7_PAR_Y", "ENSG00000228572.7"


def resolve(*ids: str, **rules: Any) -> FeatureIds:
    return resolve_feature_ids(ids, lines=np.arange(2, 2 + len(ids)), file="m.tsv", **rules)


def counts(found: FeatureIds) -> dict[str, int]:
    names = ("repeated", "versions_stripped", "par_y", "summary_rows", "unmapped", "ambiguous")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def findings(found: FeatureIds) -> list[tuple[str, list[int | None], str]]:
    return [
        (each.rule, [place.line for place in each.places], each.message) for each in found.findings
    ]


def test_versions_are_taken_away_and_the_copy_on_y_stays_apart() -> None:
    found = resolve(X, Y, "ENSG02")

    assert found.ids.to_pylist() == ["ENSG00000228572", "ENSG00000228572_PAR_Y", "ENSG02"]
    assert found.feature_of_row.tolist() == [0, 1, 2]
    assert (found.kind, counts(found)) == ("ENSG", {"versions_stripped": 2, "par_y": 1})
    assert found.findings == ()


def test_summary_rows_are_left_out_and_counted() -> None:
    found = resolve("N_unmapped", "N_noFeature", "ENST01", "__no_feature", "__ambiguous")

    assert found.feature_of_row.tolist() == [-1, -1, 0, -1, -1]
    assert (found.kind, counts(found), found.findings) == ("ENST", {"summary_rows": 4}, ())


def test_ids_that_differ_by_version_are_one_feature_that_is_refused() -> None:
    found = resolve("ENSG01.1", "ENSG02", "ENSG01.2", "ENSG01")

    assert found.ids.to_pylist() == ["ENSG01", "ENSG02"]
    assert found.feature_of_row.tolist() == [0, 1, 0, 0]
    assert counts(found) == {"repeated": 1, "versions_stripped": 2}
    assert findings(found) == [
        ("feature_repeated", [4, 5],
         "features occur more than once; --on-duplicate sum, mean or first would join them"),
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["sum", "mean", "first"])
def test_repeated_features_are_joined_by_the_other_rules(rule: Any) -> None:
    found = resolve("ENSG01", "ENSG01", on_duplicate=rule)

    assert (found.feature_of_row.tolist(), found.findings) == ([0, 0], ())


def test_every_wrong_id_is_reported_at_once() -> None:
    found = resolve("ENSG01", "A1BG", "ENST02", "", "ENSG03", "ENSG01")

    assert findings(found) == [
        ("feature_kind", [5], "a feature has no id"),
        ("feature_kind", [3],
         ("ids are neither ENSG nor ENST: they look like gene symbols; map them with --id-map, "
         "or allow them with --feature-ids any")),
        ("feature_kind", [4], "ids are not ENSG as most are; an assay has one kind"),
        ("feature_repeated", [7],
         "features occur more than once; --on-duplicate sum, mean or first would join them"),
    ]  # fmt: skip


def test_any_ids_are_taken_as_they_are() -> None:
    found = resolve("A|1", "ENSG01.2", "ENST7", "N_unmapped", id_rule="any")

    assert found.ids.to_pylist() == ["A|1", "ENSG01.2", "ENST7"]
    assert (found.kind, counts(found), found.findings) == ("any", {"summary_rows": 1}, ())


def test_mapped_ids_replace_the_source_s_and_the_others_are_left_out_and_counted() -> None:
    id_map = {"A": ("ENSG01.3",), "B": ("ENSG02", "ENSG03"), "ENSG04": ("ENSG05",)}

    found = resolve("A", "B", "C", "ENSG04.8", "B", id_map=id_map)

    assert found.ids.to_pylist() == ["ENSG01", "ENSG05"]
    assert found.feature_of_row.tolist() == [0, -1, -1, 1, -1]
    assert counts(found) == {"versions_stripped": 1, "unmapped": 1, "ambiguous": 2}
    assert found.findings == ()


def test_arrow_arrays_and_empty_lists_are_ids_too() -> None:
    found = resolve_feature_ids(pa.array(["ENSG01"]))

    assert (found.ids.to_pylist(), resolve_feature_ids([]).ids.to_pylist()) == (["ENSG01"], [])


def test_an_id_map_keeps_all_names_of_an_id(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("from,to\nA,ENSG01\nB,ENSG02\nB,ENSG03\nB,ENSG02\n,ENSG04\n")

    found = read_id_map(tmp_path / "map.csv")

    assert found.targets["A"] == ("ENSG01",)
    assert found.targets["B"] == ("ENSG02", "ENSG03")
    assert [(each.rule, each.line, each.message) for each in found.findings] == [
        ("source_format", 6, "a row of the id map lacks an id")
    ]


def test_an_id_map_has_two_columns(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("from,to,more\nA,ENSG01,x\n")

    assert [each.message for each in read_id_map(tmp_path / "map.csv").findings] == [
        "an id map has the two columns from and to, and this file has 3"
    ]
