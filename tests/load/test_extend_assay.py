"""Samples added to an assay: what is written, what is refused, and what every version reads as."""

from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.errors import CheckFailedError
from apollo_spark.runtime.settings import read_settings
from tests.support.growing import (
    GENES,
    NEW,
    OLD,
    OTHER_FEATURES,
    Matrix,
    copy_lake,
    extend,
    files_of,
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
from tests.support.study import LOCAL_SETTINGS, apollo


def require_reads(lake: Path, version: str, matrix: Matrix) -> None:
    """Require that a version reads as a model, in every way there is."""
    assert read_rows(lake, version) == rows_of(matrix)
    found = read_matrix(lake, version)
    assert list(found) == list(matrix)
    assert found == matrix_of(matrix)
    for of in ("feature", "sample"):
        require_statistics(read_statistics(lake, version, of), statistics_of(matrix, of))


def test_new_samples_are_in_the_next_version_and_not_in_the_one_before(
    lake: Path, tmp_path: Path
) -> None:
    outcome = extend(lake, write_matrix(tmp_path / "new.csv", NEW))

    assert outcome.published == ("study@2",)
    require_reads(lake, "study@1", OLD)
    require_reads(lake, "study@2", {**OLD, **NEW})
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_only_new_blocks_and_small_tables_are_written(lake: Path, tmp_path: Path) -> None:
    before = files_of(lake)

    extend(lake, write_matrix(tmp_path / "new.csv", NEW))

    after = files_of(lake)
    assert {path: after.get(path) for path in before} == before
    added = {path: size for path, (size, _) in after.items() if path not in before}
    assert sorted(Path(each).parent.name for each in added) == [
        "rna_features", "rna_samples", "rna_tiles_tpm", "sample",
    ]  # fmt: skip
    tiles = {
        where: sum(size for path, (size, _) in files.items() if "tiles" in path)
        for where, files in (("before", before), ("after", after))
    }
    assert tiles["after"] - tiles["before"] < tiles["before"] / 5


def test_the_content_is_that_of_a_load_of_everything_at_once(lake: Path, tmp_path: Path) -> None:
    extend(lake, write_matrix(tmp_path / "new.csv", NEW))

    load(lake, write_matrix(tmp_path / "all.csv", {**OLD, **NEW}), name="whole")

    opened = ap.open_lake(str(lake))
    found = [
        {pin.table: pin.content_hash for pin in opened.dataset(name).record.pins}
        for name in ("study", "whole")
    ]
    for table in ("rna_tiles_tpm", "sample"):
        assert found[0][table] == found[1][table]


def test_the_record_says_what_came(lake: Path, tmp_path: Path) -> None:
    outcome = extend(lake, write_matrix(tmp_path / "new.csv", NEW))

    dataset = ap.open_lake(str(lake)).dataset("study")
    assay = dataset.assay().record
    assert (assay.sample_count, assay.feature_count, assay.block_count) == (303, 40, 3)
    assert dataset.record.lineage.parents == ("study@1",)
    assert [each.role for each in dataset.record.lineage.inputs] == ["tpm"]
    assert dataset.record.change is not None
    assert (dataset.record.change.kind, dataset.record.change.base) == ("extend", "study@1")
    values = len(rows_of(NEW))
    receipt = outcome.receipt_json()
    assert {key: receipt[key] for key in ("samples", "samples_before", "values")} == {
        "samples": 3, "samples_before": 300, "values": values,
    }  # fmt: skip
    assert (receipt["layers_rewritten"], receipt["files_rewritten"]) == ([], 0)


def test_the_same_extension_again_publishes_nothing(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", NEW)
    first = extend(lake, source)

    again = extend(lake, source)

    assert (again.published, again.current) == ((), ("study@2",))
    assert again.receipt == first.receipt


def test_an_extension_is_the_same_beneath_a_compaction(lake: Path, tmp_path: Path) -> None:
    sources = [write_matrix(tmp_path / f"{each}.csv", {each: NEW[each]}) for each in NEW]
    for each in sources:
        extend(lake, each)
    assert fold(lake).published == ("study@5",)

    assert extend(lake, sources[-1]).current == ("study@5",)
    with pytest.raises(CheckFailedError, match="sample_present"):
        extend(lake, sources[0])


def test_other_features_are_united_when_it_is_said(lake: Path, tmp_path: Path) -> None:
    new = OTHER_FEATURES
    source = write_matrix(tmp_path / "new.csv", new)

    outcome = extend(lake, source, features="union")

    receipt = outcome.receipt_json()
    assert (receipt["features"], receipt["features_added"], receipt["features_missing"]) == (
        41, 1, 1,
    )  # fmt: skip
    require_reads(lake, "study@1", OLD)
    require_reads(lake, "study@2", {**OLD, **new})
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_values_with_more_decimals_widen_the_layer_and_say_so(lake: Path, tmp_path: Path) -> None:
    new = {"N1": dict.fromkeys(GENES, 0.123456)}
    before = files_of(lake)

    outcome = extend(lake, write_matrix(tmp_path / "new.csv", new))

    assert {path: files_of(lake)[path] for path in before} == before
    require_reads(lake, "study@1", OLD)
    require_reads(lake, "study@2", {**OLD, **new})
    layers = [
        ap.open_lake(str(lake)).dataset(version).assay().record.layers[0]
        for version in ("study@1", "study@2")
    ]
    assert [(each.storage, each.scale) for each in layers] == [("scaled", 3), ("scaled", 6)]
    assert outcome.receipt_json()["layers_rewritten"] == ["tpm"]
    assert any("written again" in each for each in outcome.notes)
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


@pytest.mark.parametrize(
    ("value", "storage"),
    [(3_000_000.0, ("scaled", 3)), (1e17 + 0.5, ("double", 0)), (0.1234567891234, ("double", 0))],
)
def test_a_layer_is_widened_as_far_as_old_and_new_values_need(
    lake: Path, tmp_path: Path, value: float, storage: tuple[str, int]
) -> None:
    new = {"N1": dict.fromkeys(GENES, value)}

    extend(lake, write_matrix(tmp_path / "new.csv", new))

    layer = ap.open_lake(str(lake)).dataset("study").assay().record.layers[0]
    assert (layer.storage, layer.scale) == storage
    assert read_rows(lake, "study@2") == rows_of({**OLD, **new})
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_old_values_that_do_not_fit_the_new_decimals_widen_it_further(tmp_path: Path) -> None:
    old = {"S1": {gene(1): 2_000_000_000.0}, "S2": {gene(1): 1.0}}
    new = {"S3": {gene(1): 0.12345}}
    lake = tmp_path / "lake"
    load(lake, write_matrix(tmp_path / "old.csv", old))

    extend(lake, write_matrix(tmp_path / "new.csv", new))

    assert read_rows(lake, "study") == rows_of({**old, **new})
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_the_fields_of_new_samples_are_missing_with_a_warning(tmp_path: Path) -> None:
    lake, old = tmp_path / "lake", {each: OLD[each] for each in ("S0", "S1")}
    dictionary, table = tmp_path / "data_dictionary.csv", tmp_path / "sample.csv"
    dictionary.write_text(
        "entity,name,type,primary_key_type,coding_name\n"
        "sample,sample_id,string,global,\nsample,tissue,string,,\n"
    )
    table.write_text("sample_id,tissue\nS0,liver\nS1,skin\n")
    source = write_matrix(tmp_path / "old.csv", old)
    apollo("--lake", lake, "load", "expression", "study", "--assay", "rna", "--unit", "tpm",
           "--source", source, "--dictionary", dictionary, "--data", f"sample={table}")  # fmt: skip

    outcome = extend(lake, write_matrix(tmp_path / "new.csv", NEW))

    rows = ap.open_lake(str(lake)).dataset("study")["sample"].retrieve_fields().to_pylist()
    assert sorted((row["sample_id"], row["tissue"]) for row in rows) == [
        ("N1", None), ("N2", None), ("N3", None), ("S0", "liver"), ("S1", "skin"),
    ]  # fmt: skip
    assert [(each.rule, each.count) for each in outcome.findings] == [("sample_without_row", 3)]
    assert outcome.receipt_json()["samples_without_row"] == 3


def test_every_format_adds_the_same(lake: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.csv"
    rows = [f"{f},{s},{'' if v is None else v}" for s, col in NEW.items() for f, v in col.items()]
    long.write_text("\n".join(["feature_id,sample_id,value", *rows]) + "\n")
    turned = tmp_path / "turned.csv"
    cells = [["sample_id", *GENES]]
    cells += [[s, *("" if c[f] is None else str(c[f]) for f in GENES)] for s, c in NEW.items()]
    turned.write_text("\n".join(map(",".join, cells)) + "\n")
    for sample, column in NEW.items():
        known = [f"{f},{'' if v is None else v}" for f, v in column.items()]
        (tmp_path / f"{sample}.csv").write_text("\n".join(["feature_id,value", *known]) + "\n")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(["sample_id,file", *(f"{s},{s}.csv" for s in NEW)]) + "\n")

    for number, source in enumerate((long, turned, manifest)):
        copy = copy_lake(lake, tmp_path / f"lake{number}")
        extend(copy, source)
        require_reads(copy, "study@2", {**OLD, **NEW})


def test_python_extends_and_compacts(lake: Path, tmp_path: Path) -> None:
    opened = ap.open_lake(str(lake), settings=read_settings(LOCAL_SETTINGS))
    for sample in NEW:
        source = write_matrix(tmp_path / f"{sample}.csv", {sample: NEW[sample]})
        opened.extend_assay("study", assay="rna", source=str(source))

    planned = opened.compact("study")
    done = opened.compact("study", apply=True)

    assert (planned.version, done.version) == (None, "study@5")
    assert planned.receipt == done.receipt
    require_reads(lake, "study@5", {**OLD, **NEW})
