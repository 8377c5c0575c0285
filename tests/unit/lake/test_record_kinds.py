"""A kind of record is a class and a line in a table: notes on a dataset, made up here."""

import ast
from pathlib import Path

import pytest

import apollo_spark
from apollo_spark.errors import ConflictError, EnvironmentProblemError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.rows import stored_form
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import RECORD_KINDS, PublishedRecord, RecordKind
from apollo_spark.verbs.ask.lineage import LineageRequest, show_lineage
from apollo_spark.verbs.verify.verify import verify_records
from apollo_spark.workers.values.hashing import hash_table
from tests.support.asking import asking, describe_history
from tests.support.study import apollo
from tests.unit.lake.retirements import end
from tests.unit.lake.small_lake import FIRST, LINEAGE, SECOND, publish, table_of
from tests.unit.lake.sweeping import data_files, files_of, require_sound, sweep

PACKAGE = Path(apollo_spark.__path__[0])
WORDS = table_of([("good", 1)])


class NoteRecord(PublishedRecord):
    """Says something of a version of a dataset, and keeps what it read."""

    kind: str = "note"
    text: str
    about: tuple[TablePin, ...] = ()


@pytest.fixture(autouse=True)
def _with_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECORD_KINDS, "note", RecordKind("note", lambda: NoteRecord))


def write_note(lake: Lake, on: DatasetRecord, name: str = "remark") -> NoteRecord:
    """Publish the next version of a note, with one table of its own."""
    with lake.publication_of(NoteRecord, name, holder="ann") as publication:
        draft = publication.table("words")
        draft.write(WORDS)
        pin = draft.pin(content_hash=hash_table(WORDS).hex())
        lineage = LINEAGE.model_copy(update={"operation": "note", "parents": (str(on),)})
        return publication.commit(
            lambda version: NoteRecord(
                name=publication.name,
                version=version,
                id=f"{name}-{version}",
                text="look at P2",
                about=on.pins,
                pins=(pin,),
                lineage=lineage,
                receipt=lake.parts.put("{}"),
            )
        )


@pytest.fixture
def dataset(lake: Lake) -> DatasetRecord:
    return publish(lake, FIRST)


@pytest.fixture
def note(lake: Lake, dataset: DatasetRecord) -> NoteRecord:
    return write_note(lake, dataset)


def test_a_record_of_a_kind_is_published_and_read_back(lake: Lake, note: NoteRecord) -> None:
    reference = parse_reference("remark")

    assert lake.load(reference, NoteRecord) == lake.load(reference, PublishedRecord) == note
    assert {(each.kind, str(each)) for each in lake.list_records()} == {
        ("dataset", "study@1"),
        ("note", "remark@1"),
    }


def test_the_next_version_of_a_note_stands_on_the_one_before(
    lake: Lake, dataset: DatasetRecord, note: NoteRecord
) -> None:
    with lake.publication_of(NoteRecord, "Remark", holder="ann") as publication:
        assert publication.base == note
        assert publication.table("words").base == note.pins[0]

    assert str(write_note(lake, dataset)) == "remark@2"


@pytest.mark.parametrize("words", [("list",), ("history", "remark"), ("lineage", "remark")])
def test_commands_that_ask_show_it(lake: Lake, note: NoteRecord, words: tuple[str, ...]) -> None:
    answer = apollo("--lake", lake.root.path, *words)

    assert (answer.code, answer.err) == (0, "")
    assert "remark@1" in answer.out or "remark" in answer.out


def test_its_history_and_lineage_tell_what_made_it(lake: Lake, note: NoteRecord) -> None:
    (version,) = describe_history(lake, "remark")
    tree = show_lineage(asking(lake), LineageRequest(name="remark"))

    assert (version["kind"], version["operation"], version["rows"]) == ("note", "note", None)
    assert [(each.version, each.kind) for each in tree.nodes] == [
        ("remark@1", "note"),
        ("study@1", "dataset"),
    ]


def test_it_is_verified_with_all_that_it_pins(lake: Lake, note: NoteRecord) -> None:
    sound = verify_records(lake, None, deep=True)
    assert (sound.records, sound.problems) == (("remark@1", "study@1"), ())

    for pin in (note.pins[0], note.about[1]):
        Path(lake.tables.files(pin)[0]).unlink()
    (lake.root.place("registry", "parts", note.receipt[:2]) / f"{note.receipt}.gz").unlink()

    found = verify_records(lake, "remark", deep=False)
    assert {each.table for each in found.problems} == {"words", "visit", None}


def test_gc_keeps_what_it_pins_until_it_is_retired(
    lake: Lake, dataset: DatasetRecord, note: NoteRecord
) -> None:
    second = publish(lake, SECOND)
    end(lake, "study@1")

    sweep(lake)

    assert data_files(lake) >= files_of(lake, dataset) | files_of(lake, second)
    require_sound(lake)
    assert str(end(lake, "remark@1")) == "remark@1"
    sweep(lake)
    assert data_files(lake) == files_of(lake, second)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "remark"),
        ("fields", "remark"),
        ("extract", "fields", "remark", "--fields", "patient.key"),
        ("extract", "dictionary", "remark", "--output", "folder"),
        ("view", "remark", "--as", "other", "--fields", "patient.key"),
        ("merge", "clinical", "study", "remark", "--as", "other"),
        ("diff", "study", "remark"),
        ("compact", "remark"),
        ("rebase", "remark", "--onto", "study"),
        ("extend", "remark", "--data", "patient=more.csv"),
        ("withdraw", "gone.csv", "--of", "remark.patient"),
    ],
)
def test_what_asks_for_a_dataset_says_that_it_is_a_note(
    lake: Lake, note: NoteRecord, words: tuple[str, ...]
) -> None:
    answer = apollo("--lake", lake.root.path, *words)

    said = (answer.code, answer.err.splitlines()[-1])
    assert said == (13, f"error: {note} is a note and no dataset.")


def test_a_name_keeps_its_kind(lake: Lake, dataset: DatasetRecord, note: NoteRecord) -> None:
    with pytest.raises(ConflictError, match=r"published as a dataset.*taken by a note"):
        publish(lake, name="remark")
    with pytest.raises(ConflictError, match=r"published as a note.*taken by a dataset"):
        write_note(lake, dataset, name="study")


def test_a_kind_of_a_newer_version_is_listed_and_read_by_nobody(
    lake: Lake, note: NoteRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(RECORD_KINDS, "note")

    assert verify_records(lake, None, deep=False).records == ("study@1",)
    assert describe_history(lake, "remark")[0]["operation"] is None
    with pytest.raises(EnvironmentProblemError, match="does not know"):
        lake.load(parse_reference("remark"), PublishedRecord)
    with pytest.raises(NotFoundError, match="remark@1 is a note and no dataset"):
        lake.load_record(parse_reference("remark"))


def test_a_record_of_other_form_is_not_guessed_at(lake: Lake, dataset: DatasetRecord) -> None:
    row = stored_form(dataset).model_copy(update={"kind": "note", "name": "odd", "id": "odd"})
    lake.registry.append([row], based_on=lake.registry.snapshot().version)

    with pytest.raises(EnvironmentProblemError, match="odd@1 has a form"):
        lake.load(parse_reference("odd"), PublishedRecord)


def test_no_module_names_a_kind() -> None:
    """What is of one kind is asked of its class, and the table alone has the names."""
    own = {PACKAGE / "model" / "record.py", PACKAGE / "model" / "dataset.py"}
    found = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in PACKAGE.rglob("*.py")
        if file not in own
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        for each in (node.left, *node.comparators)
        if isinstance(each, ast.Constant) and each.value in RECORD_KINDS
    ]

    assert found == []
