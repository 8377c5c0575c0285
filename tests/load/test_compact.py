"""Small blocks and files put together: the next version has the same content."""

from pathlib import Path

import pytest

import apollo_spark as ap
from apollo_spark.errors import LeaseHeldError, NotFoundError
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.compaction import MOST_FILES
from tests.support.growing import (
    Matrix,
    extend,
    files_of,
    fold,
    gene,
    load,
    random_matrix,
    read_matrix,
    read_rows,
    read_statistics,
    write_matrix,
)
from tests.support.study import apollo

GENES = [gene(each) for each in range(1, 21)]
FIRST = random_matrix(1, [f"S{each}" for each in range(150)], GENES)
ADDED = [random_matrix(each, [f"N{each}A", f"N{each}B"], GENES) for each in range(2, 5)]
NEWEST = f"study@{len(ADDED) + 1}"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a block of 150 samples and three of 2, which tests copy."""
    folder = tmp_path_factory.mktemp("stand")
    load(folder / "lake", write_matrix(folder / "first.csv", FIRST))
    for number, each in enumerate(ADDED):
        extend(folder / "lake", write_matrix(folder / f"{number}.csv", each))
    return folder / "lake"


def everything(lake: Path, version: str) -> tuple[object, ...]:
    """Return all that can be read of a version; the matrix with its samples in their order."""
    statistics = [read_statistics(lake, version, each) for each in ("feature", "sample")]
    return (
        read_rows(lake, version),
        list(read_matrix(lake, version).items()),
        statistics,
        [pin.content_hash for pin in ap.open_lake(str(lake)).dataset(version).record.pins
         if pin.table != "rna_samples"],
    )  # fmt: skip


def names(lake: Path) -> list[str]:
    return [str(each) for each in open_lake(str(lake)).history("study")]


def test_the_next_version_has_fewer_blocks_and_the_same_content(lake: Path) -> None:
    before = {version: everything(lake, version) for version in names(lake)}

    outcome = fold(lake)

    assert outcome.published == ("study@5",)
    assert everything(lake, "study@5") == before[NEWEST]
    assert {version: everything(lake, version) for version in before} == before
    opened = ap.open_lake(str(lake))
    assert opened.verify(deep=True).problems == ()
    assert [each.record.block_count for each in opened.dataset("study").assays] == [2]


def test_old_files_stay_and_those_of_full_blocks_are_not_written_again(lake: Path) -> None:
    before = files_of(lake)
    tables, record = open_lake(str(lake)).tables, ap.open_lake(str(lake)).dataset(NEWEST).record
    full = [file.path for file in tables.stored_files(record.pin_of("rna_tiles_tpm"))
            if file.least["block"] == 0]  # fmt: skip

    fold(lake)

    after = files_of(lake)
    assert {path: after.get(path) for path in before} == before
    now = ap.open_lake(str(lake)).dataset("study").record.pin_of("rna_tiles_tpm")
    stored = {each.path for each in tables.stored_files(now)}
    assert set(full) < stored
    assert len(stored) == len(full) + 1


def test_the_plan_says_what_is_done_and_writes_nothing(lake: Path) -> None:
    before = sorted(lake.rglob("*"))

    planned = apollo("--lake", lake, "compact", "study", "--json").json["plans"]

    assert sorted(lake.rglob("*")) == before
    (plan,) = planned
    counts = plan["counts"]
    assert (plan["name"], plan["version"]) == ("study", 4)
    assert (counts["blocks_before"], counts["blocks_after"], counts["samples_moved"]) == (4, 2, 6)
    done = apollo("--lake", lake, "compact", "study", "--apply", "--json").json
    assert done == {"published": ["study@5"], "receipt": counts}
    record = ap.open_lake(str(lake)).dataset("study").record
    tables = open_lake(str(lake)).tables
    stored = sum(
        len(tables.files(record.pin_of(each)))
        for each in ("rna_tiles_tpm", "rna_samples", "sample")
    )
    assert stored == counts["files_after"]


def test_the_plan_is_shown_to_people(lake: Path) -> None:
    result = apollo("--lake", lake, "compact")

    assert result.code == 0
    header, row = result.out.splitlines()
    assert header.split()[:2] == ["version", "blocks"]
    assert row.startswith("study@4  4 -> 2")
    assert "--apply" in result.err


def test_what_was_compacted_needs_nothing_more(lake: Path) -> None:
    fold(lake)

    again = fold(lake)

    assert (again.published, again.current, again.parts) == ((), ("study@5",), ())
    assert apollo("--lake", lake, "compact").out == ""
    result = apollo("--lake", lake, "compact", "study", "--apply")
    assert (result.out, result.code) == ("study@5\n", 0)
    assert "already study@5" in result.err


def test_a_compacted_assay_grows_and_is_compacted_again(lake: Path, tmp_path: Path) -> None:
    fold(lake)
    more = random_matrix(9, ["Z1"], GENES)
    extend(lake, write_matrix(tmp_path / "more.csv", more))
    before = everything(lake, "study@6")

    assert fold(lake).published == ("study@7",)

    assert everything(lake, "study@7") == before
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_all_units_are_folded(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    parts: list[Matrix] = [random_matrix(each, [f"S{each}"], GENES) for each in range(3)]
    counts = [{s: {f: float(n) for n, f in enumerate(c)} for s, c in part.items()}
              for part in parts]  # fmt: skip
    load(lake, write_matrix(tmp_path / "tpm.csv", parts[0]))
    load(lake, write_matrix(tmp_path / "count.csv", counts[0]), unit="count")
    for number in (1, 2):
        extend(
            lake,
            f"tpm={write_matrix(tmp_path / f'tpm{number}.csv', parts[number])}",
            f"count={write_matrix(tmp_path / f'count{number}.csv', counts[number])}",
        )
    before = [read_rows(lake, "study@4", each) for each in ("tpm", "count")]

    assert fold(lake).published == ("study@5",)

    assert [read_rows(lake, "study@5", each) for each in ("tpm", "count")] == before
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_features_that_only_some_samples_have_stay_missing_for_the_others(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(lake, write_matrix(tmp_path / "1.csv", {"S1": {gene(1): 1.0, gene(2): 2.0}}))
    new = write_matrix(tmp_path / "2.csv", {"S2": {gene(2): 3.0, gene(3): 4.0}})
    extend(lake, new, features="union")
    before = everything(lake, "study@2")

    fold(lake)

    assert everything(lake, "study@3") == before
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_many_small_files_of_rows_become_one(tmp_path: Path) -> None:
    lake, column = tmp_path / "lake", {gene(1): 1.0}
    wide = {f"S{each}": column for each in range(200)}
    load(lake, write_matrix(tmp_path / "0.csv", wide))
    for number in range(MOST_FILES):
        # More than half a block each, so that no block is folded.
        wide = {f"N{number}x{each}": column for each in range(130)}
        extend(lake, write_matrix(tmp_path / "n.csv", wide))
    before = everything(lake, "study")

    assert fold(lake).published == (f"study@{MOST_FILES + 2}",)

    assert everything(lake, "study") == before
    record = ap.open_lake(str(lake)).dataset("study").record
    tables = open_lake(str(lake)).tables
    files = [len(tables.files(record.pin_of(each))) for each in ("rna_samples", "sample")]
    assert files == [1, 1]
    assert ap.open_lake(str(lake)).verify(deep=True).problems == ()


def test_a_dataset_that_shows_the_tables_of_another_is_left_alone(lake: Path) -> None:
    apollo("--lake", lake, "view", "study", "--as", "shown")

    outcome = fold(lake, None)

    assert outcome.published == ("study@5",)


def test_a_dataset_that_somebody_writes_is_left_alone_unless_it_is_named(
    lake: Path, tmp_path: Path
) -> None:
    load(lake, write_matrix(tmp_path / "a.csv", {"S1": {gene(1): 1.0}}), name="other")
    extend(lake, write_matrix(tmp_path / "b.csv", {"S2": {gene(1): 1.0}}), name="other")
    with open_lake(str(lake)).publication("study", holder="ann"):
        outcome = fold(lake, None)
        with pytest.raises(LeaseHeldError):
            fold(lake, "study")

    assert outcome.published == ("other@3",)
    (note,) = outcome.notes
    assert note.startswith("study is being written by")
    assert note.endswith("and was left alone")


def test_a_dataset_that_is_not_there_is_not_compacted(lake: Path) -> None:
    with pytest.raises(NotFoundError):
        fold(lake, "absent")


def test_one_gene_takes_no_more_tiles_than_there_are_blocks(lake: Path) -> None:
    fold(lake)

    record = ap.open_lake(str(lake)).dataset("study").record
    assert record.pin_of("rna_tiles_tpm").rows == 2 * len(GENES)
