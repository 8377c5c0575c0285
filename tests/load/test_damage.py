"""Files of a lake that are deleted, emptied, cut or flipped: no row differs, and 16 says which."""

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from apollo_spark.lake.tables import contents
from tests.support.example_lake import make_example
from tests.support.loading import FIRST, small_study
from tests.support.mutating import CHECKS, DEEDS, KINDS, READS, Mutable, flip, mutated

ALL = "study rna both women coughing list verify deep doctor"
FOUND = "verify deep doctor"
REFUSED = {
    "registry file": ALL,
    "first registry commit": ALL,
    "last registry commit": ALL,
    "lease file": FOUND,
    "lease commit": FOUND,
    "coding": f"study both women {FOUND}",
    "withdrawn keys": f"study both women coughing {FOUND}",
    "log of withdrawn keys": f"study both women coughing {FOUND}",
    "rows of patients": f"study both women coughing {FOUND}",
    "log of patients": f"study both women coughing {FOUND}",
    "rows of visits": f"study women coughing {FOUND}",
    "links": f"both {FOUND}",
    "log of links": f"both {FOUND}",
    "tiles": f"rna both {FOUND}",
    "log of tiles": f"rna both {FOUND}",
    "samples": f"rna both {FOUND}",
    "features": f"rna both {FOUND}",
    "report": "",
}
"""Which commands answer 16 when a file of a kind is damaged; the others answer as before."""
UNSEEN = [("lease commit", "deleted"), ("lease commit", "flipped")]
"""Without its last commit a lease is held again until its time is over, which loses nothing; where
a checkpoint stands for the commit, what it says of files is not read."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Mutable:
    return Mutable.of(make_example(tmp_path_factory.mktemp("damage")))


@pytest.fixture(autouse=True)
def no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apollo_spark.verbs.verify.doctor.machine_facts", lambda: ())


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_found_by_whoever_needs_the_file(lake: Mutable, kind: str) -> None:
    path = lake.file(kind)
    for deed, change in DEEDS.items():
        refused = REFUSED[kind].split()
        # The first two deeds are tried on everything, the others on what they are seen by.
        asked = [*READS, *CHECKS] if deed in ("deleted", "flipped") else [*refused[:1], "doctor"]
        if (kind, deed) in UNSEEN:
            asked = [*READS, "list"]
        with mutated(path, change(path.read_bytes())):
            for name in asked:
                lake.require_answer(name, path, refused=name in refused)


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("withdrawn keys", "study"),
        ("rows of visits", "coughing"),
        ("rows of patients", "study"),
        ("links", "both"),
        ("tiles", "rna"),
        ("registry file", "study"),
        ("last registry commit", "study"),
        ("log of withdrawn keys", "study"),
    ],
)
def test_no_flipped_bit_shows_other_rows(lake: Mutable, kind: str, question: str) -> None:
    path = lake.file(kind)
    content = path.read_bytes()
    for number, place in enumerate(range(0, len(content), max(1, len(content) // 12))):
        with mutated(path, flip(content, place, number % 8)):
            lake.require_no_other_rows(question)


def without_rows(table: pa.Table) -> pa.Table:
    return table.slice(0, 0)


def without_the_first(table: pa.Table) -> pa.Table:
    return table.slice(1)


def with_other_texts(table: pa.Table) -> pa.Table:
    """Change every text to another of the same length."""
    for place, field in enumerate(table.schema):
        if field.type == pa.string():
            changed = pc.replace_substring(table.column(place), "P", "Q")
            table = table.set_column(place, field, changed)
    return table


@pytest.mark.parametrize("change", [without_rows, without_the_first, with_other_texts])
@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("withdrawn keys", "study"),
        ("withdrawn keys", "coughing"),
        ("rows of visits", "coughing"),
        ("rows of patients", "both"),
        ("links", "both"),
        ("registry file", "study"),
        ("registry file", "list"),
    ],
)
def test_a_file_that_was_rewritten_is_found(
    lake: Mutable, kind: str, question: str, change: Callable[[pa.Table], pa.Table]
) -> None:
    path = lake.file(kind)
    rewritten = path.parent.parent / "rewritten.parquet"
    pq.write_table(change(pq.read_table(path)), rewritten)
    content = rewritten.read_bytes()
    rewritten.unlink()

    with mutated(path, content):
        for name in (question, "verify", "deep", "doctor"):
            lake.require_answer(name, path, refused=True)


def test_a_log_that_tells_of_other_columns_is_found(lake: Mutable) -> None:
    path = lake.file("log of patients")

    with mutated(path, path.read_bytes().replace(b"weight", b"height")):
        for name in ("study", "verify", "doctor"):
            lake.require_answer(name, path, refused=True)


def test_whatever_publishes_leaves_in_another_place_how_far_the_registry_came(
    tmp_path: Path,
) -> None:
    study = small_study(tmp_path, {**FIRST, "gone.csv": "patient_id\nP3\n"})
    for words in (
        (),
        ("view", "study", "--as", "some", "--fields", "patient.sex"),
        ("withdraw", study.folder / "gone.csv", "--of", "study.patient", "--apply"),
        ("retire", "some@1"),
    ):
        done = study.ask(*words) if words else study.load()
        assert done.code == 0, done.err
        last = max((study.lake / "registry" / "records" / "_delta_log").glob("*.json"))
        with mutated(last, None):
            found = study.ask("list")
        assert (found.code, last.name in found.err) == (16, True), words
        assert "it is missing, and it was published" in found.err


def test_forged_statistics_show_nobody_and_are_found(lake: Mutable) -> None:
    # Spark would leave the file of keys out of a question for one of them.
    path = lake.file("log of withdrawn keys")
    changed = re.sub(rb'(Values.":{."key.":."P)', rb"\1X", path.read_bytes())

    with mutated(path, changed):
        for name in ("study", "women"):
            lake.require_answer(name, path, refused=False)
        for name in FOUND.split():
            lake.require_answer(name, path, refused=True)


def test_the_records_in_other_files_are_told(lake: Mutable) -> None:
    path = lake.file("registry file")

    with mutated(path, b""):
        told = lake.ask("doctor")

    assert told.code == 16
    assert "The lake is not as it was published; see above." in told.err
    assert "study@3" in told.out
    assert "women@1" in told.out


def test_of_a_large_file_what_is_asked_is_checked(
    lake: Mutable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SMALL_BYTES", 0)
    path = lake.file("rows of patients")
    footer = pq.read_metadata(path)
    names = [footer.schema.column(each).path for each in range(footer.num_columns)]
    of_sex, of_weight = (
        footer.row_group(0).column(names.index(each)).data_page_offset for each in ("sex", "weight")
    )
    content = path.read_bytes()
    words = "extract fields study@3 --fields patient.patient_id,patient.sex"
    whole = lake.ask(words)

    with mutated(path, flip(content, of_sex + 30)):
        refused = lake.ask(words)
    with mutated(path, flip(content, of_weight + 30)):
        answered = lake.ask(words)
        deep = lake.ask("verify --deep")

    assert refused.code == 16
    assert path.name in refused.err
    assert (answered.code, answered.out) == (0, whole.out)
    assert deep.code == 16
    assert path.name in deep.err
    assert "pins or parts are broken." in deep.err


@pytest.mark.parametrize("kind", ["tiles", "samples", "features"])
def test_of_large_files_of_an_assay_what_is_asked_is_checked(
    lake: Mutable, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "SMALL_BYTES", 0)
    path = lake.file(kind)
    content = path.read_bytes()
    codes = set()
    for place in range(4, len(content), max(1, len(content) // 12)):
        with mutated(path, flip(content, place)):
            codes.add(lake.require_no_other_rows("rna"))
            codes.add(lake.require_no_other_rows("both"))

    assert 16 in codes
