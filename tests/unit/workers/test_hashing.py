from datetime import date, datetime, timezone
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from apollo_spark.workers.values.hashing import ContentHash, hash_table, seed_of

MOMENT = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=timezone.utc)
UTC = pa.timestamp("us", "UTC")


def table() -> pa.Table:
    return pa.table(
        {
            "s": pa.array(["a", "", None, "é" * 600, "exactly8", "nine long"]),
            "i": pa.array([1, -1, None, 0, 2**63 - 1, -(2**63)]),
            "f": pa.array([1.5, -0.0, None, float("nan"), 1e300, 0.1]),
            "d": pa.array([date(1, 1, 1), None, *[date(2000, 1, i) for i in range(1, 5)]]),
            "t": pa.array([MOMENT, None, MOMENT, MOMENT, MOMENT, None], UTC),
            "l": pa.array([["a", "b"], [], None, [""], ["b", "a"], ["ab"]]),
        }
    )


def test_the_hash_of_a_table_is_this_for_ever() -> None:
    assert hash_table(table()).hex() == "s1-6-559d9f90a0a4f55e-71c0ff906d0c1d96"


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("s", pa.large_string()),
        ("s", pa.string_view()),
        ("s", pa.dictionary(pa.int8(), pa.string())),
        ("t", pa.timestamp("ns", "Europe/Paris")),
        ("t", pa.timestamp("us")),
        ("d", pa.date64()),
        ("l", pa.large_list(pa.field("item", pa.large_string(), nullable=False))),
        ("l", pa.list_(pa.field("element", pa.string()))),
    ],
)
def test_how_values_are_stored_does_not_matter(column: str, kind: pa.DataType) -> None:
    stored = table()
    position = stored.column_names.index(column)
    cast = stored.set_column(position, column, stored[column].cast(kind))

    assert hash_table(cast) == hash_table(stored)


def test_order_slices_and_batches_do_not_matter() -> None:
    stored = table()
    whole = hash_table(stored)

    assert hash_table(stored.take([3, 1, 5, 0, 2, 4])) == whole
    assert hash_table(stored.select(stored.column_names[::-1])) == whole
    assert hash_table(pa.concat_tables([stored.slice(0, 1), stored.slice(1)])) == whole
    parts = [stored.slice(0, 2), stored.slice(2, 3), stored.slice(5)]
    assert sum((hash_table(each) for each in parts), ContentHash()) == whole


def test_a_table_read_by_duckdb_has_the_same_hash() -> None:
    stored = table()
    connection = duckdb.connect()
    connection.register("stored", stored)

    read = connection.sql("SELECT * FROM stored").to_arrow_table()

    assert hash_table(read) == hash_table(stored)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([None, "a"], ["", "a"]),
        (["a", "b"], ["ab", ""]),
        (["a" * 8], ["a" * 9]),
        (["a\0"], ["a"]),
        (["a" * 2000], ["a" * 1999 + "b"]),
        ([["a", "b"]], [["b", "a"]]),
        ([["a", "b"]], [["ab"]]),
        ([None, ["a"]], [[], ["a"]]),
        ([[None, "a"]], [["", "a"]]),
        ([0, 1], [None, 1]),
        ([1], [1.0]),
        ([1, 1], [1]),
        ([1, 1, 2], [1, 2, 2]),
        ([date(2000, 1, 1)], [10957]),
    ],
)
def test_different_values_have_different_hashes(one: list[Any], other: list[Any]) -> None:
    assert hash_table(pa.table({"c": one})) != hash_table(pa.table({"c": other}))


def test_names_and_places_of_values_count() -> None:
    first = hash_table(pa.table({"a": ["x", "y"], "b": ["y", "x"]}))

    assert hash_table(pa.table({"a": ["y", "x"], "b": ["x", "y"]})) == first
    assert hash_table(pa.table({"a": ["x", "y"], "b": ["x", "y"]})) != first
    assert hash_table(pa.table({"a": ["x", "y"], "c": ["y", "x"]})) != first


def test_every_nan_is_one() -> None:
    odd = pa.array([0x7FF8000000000001], pa.int64()).view(pa.float64())

    assert hash_table(pa.table({"f": odd})) == hash_table(pa.table({"f": [float("nan")]}))


def test_sums_wrap_around() -> None:
    top = 2**64 - 1

    assert ContentHash(1, top, top) + ContentHash(2, 1, 2) == ContentHash(3, 0, 1)
    assert ContentHash(3, 0, 1) - ContentHash(2, 1, 2) == ContentHash(1, top, top)


def test_the_stored_form_gives_back_what_can_be_added() -> None:
    old, new = table().slice(0, 4), table().slice(4)
    stored = hash_table(old).hex()

    assert ContentHash.from_hex(stored) == hash_table(old)
    assert (ContentHash.from_hex(stored) + hash_table(new)).hex() == hash_table(table()).hex()


@pytest.mark.parametrize("content", [ContentHash(), ContentHash(2**40, 2**64 - 1, 7)])
def test_every_stored_form_can_be_read(content: ContentHash) -> None:
    assert ContentHash.from_hex(content.hex()) == content


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8dff43536507dd49517742b3633557f9",
        "s2-1-0000000000000001-0000000000000001",
        "s1-1-0000000000000001-000000000000001",
        "s1-1-0000000000000001-0000000000000001\n",
        "s1-1-000000000000000A-0000000000000001",
    ],
)
def test_another_form_of_hash_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="stored form"):
        ContentHash.from_hex(text)


def test_rows_that_are_taken_away_leave_the_hash_of_the_rest() -> None:
    assert hash_table(table()) - hash_table(table().slice(2, 3)) == hash_table(
        table().take([0, 1, 5])
    )


def test_a_dictionary_without_values_is_all_null() -> None:
    empty = pa.DictionaryArray.from_arrays(
        pa.array([None, None], pa.int8()), pa.array([], "string")
    )

    nulls = pa.table({"c": pa.array([None, None], pa.string())})
    assert hash_table(pa.table({"c": empty})) == hash_table(nulls)


def test_a_type_without_meaning_here_is_refused() -> None:
    with pytest.raises(TypeError, match="no content hash"):
        seed_of("c", pa.struct([("x", pa.int64())]))
