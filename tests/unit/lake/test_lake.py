from apollo_spark.lake.lake import Lake
from apollo_spark.model.names import RecordReference
from tests.unit.lake.small_lake import DICTIONARY, FIRST, SECOND, publish, rows_of


def test_a_published_record_comes_back(lake: Lake) -> None:
    record = publish(lake)

    assert str(record) == "study@1"
    assert lake.load_record(RecordReference(name="study")) == record
    assert rows_of(lake, record) == {name: list(rows) for name, rows in FIRST.items()}


def test_the_next_version_leaves_the_one_before_as_it_was(lake: Lake) -> None:
    first = publish(lake)
    second = publish(lake, SECOND)

    assert str(second) == "study@2"
    assert lake.load_record(RecordReference(name="study", version=1)) == first
    assert rows_of(lake, first) == {name: list(rows) for name, rows in FIRST.items()}
    assert rows_of(lake, second) == {name: list(rows) for name, rows in SECOND.items()}
    assert lake.verify(first, deep=True) == lake.verify(second, deep=True) == ()


def test_a_dictionary_comes_back_from_its_parts(lake: Lake) -> None:
    record = publish(lake)

    assert lake.load_dictionary(record) == DICTIONARY
    assert [(each.name, each.field_count) for each in record.entities] == [
        ("patient", 2),
        ("visit", 2),
    ]
    assert [(each.name, each.code_count) for each in record.codings] == [("amounts", 1)]


def test_a_name_keeps_the_letters_it_was_first_published_with(lake: Lake) -> None:
    publish(lake, name="Study")

    assert str(publish(lake, SECOND, name="STUDY")) == "Study@2"
    assert [str(each) for each in lake.history("study")] == ["Study@1", "Study@2"]


def test_a_lake_can_be_moved(lake: Lake) -> None:
    record = publish(lake)
    place = lake.root.path.with_name("moved")
    lake.root.path.rename(place)
    lake.root.path = place

    assert lake.verify(record, deep=True) == ()
