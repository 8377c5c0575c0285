"""Typed values against plain references, and the quick way against the careful one."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apollo_spark.workers.values.convert import ARROW_TYPES, PARSERS, convert, convert_each
from apollo_spark.workers.values.dates import parse_date, parse_datetime
from apollo_spark.workers.values.hashing import ContentHash, hash_table

DATES = st.dates().map(date.isoformat)
ZONES = st.sampled_from(["", "Z", "+01", "-0330", "+05:45", " UTC", "+23:59", "-00:01"])
FORMATS = st.sampled_from(["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"])
TIMES = st.builds(
    lambda moment, between, style, zone: f"{moment.date()}{between}{moment.strftime(style)}{zone}",
    st.datetimes(),
    st.sampled_from(" T"),
    FORMATS,
    ZONES,
)
NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(repr),
    st.text(alphabet="0123456789+-.eExX_ nafi", max_size=7),
)
NOISE = st.text(alphabet="0123456789-:TZ+. /UTC", max_size=27)
TEXTS = {
    "integer": NUMBERS,
    "float": NUMBERS,
    "date": DATES | NOISE | TIMES,
    "datetime": TIMES | DATES | NOISE,
}


@pytest.mark.parametrize("kind", ["integer", "float", "date", "datetime"])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_the_quick_way_and_the_careful_one_agree(kind: Any, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([TEXTS[kind], TEXTS[kind].filter(PARSERS[kind])]))
    texts = data.draw(st.lists(source, max_size=4))

    quick = convert(pa.array(texts, pa.string()), kind, ())

    careful = convert_each([text.strip(" ") for text in texts], kind)
    assert quick.values.to_pylist() == careful.values.to_pylist()
    assert quick.values.type == ARROW_TYPES[kind]
    assert (quick.bad.tolist(), quick.partial.tolist()) == (
        careful.bad.tolist(),
        careful.partial.tolist(),
    )


@given(moment=st.datetimes(), hours=st.integers(-23, 23), minutes=st.integers(0, 59))
def test_a_datetime_is_the_moment_that_python_knows(
    moment: datetime, hours: int, minutes: int
) -> None:
    offset = timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)
    local = moment.replace(tzinfo=timezone(offset))
    try:
        expected = local.astimezone(timezone.utc)
    except OverflowError:
        expected = None

    parsed = parse_datetime(local.isoformat(sep=" "))

    assert (parsed and parsed.value) == expected


def test_exactly_the_days_of_the_calendar_are_dates() -> None:
    years = ["0000", "0001", "1900", "1999", "2000", "2024", "9999"]
    found = [
        parsed.value
        for year in years
        for month in range(20)
        for day in range(40)
        if (parsed := parse_date(f"{year}-{month}-{day:02}"))
    ]

    assert found == [
        date.fromordinal(number)
        for year in map(int, years[1:])
        for number in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
    ]


CELLS = {
    "s": (pa.string(), st.none() | st.text(max_size=20)),
    "i": (pa.int64(), st.none() | st.integers(-(2**63), 2**63 - 1)),
    "f": (pa.float64(), st.none() | st.floats(allow_nan=False)),
    "d": (pa.date32(), st.none() | st.dates()),
    "l": (pa.list_(pa.string()), st.none() | st.lists(st.text(max_size=3), max_size=3)),
}
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in CELLS.items()])
ROWS = st.lists(
    st.fixed_dictionaries({name: cells for name, (_, cells) in CELLS.items()}), max_size=8
)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_hash_knows_no_order_and_no_batches(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(rows)))
    order = data.draw(st.permutations(range(len(rows))))
    columns = data.draw(st.permutations(SCHEMA.names))
    shuffled = table_of([rows[i] for i in order]).select(columns)

    parts = [shuffled.slice(0, cut), shuffled.slice(cut)]

    assert sum((hash_table(each) for each in parts), ContentHash()) == hash_table(table_of(rows))
    assert hash_table(pa.concat_tables(parts)) == hash_table(table_of(rows))


@settings(max_examples=300, deadline=None)
@given(rows=ROWS.filter(bool), data=st.data())
@example(rows=[{"s": "", "i": 0, "f": 0.0, "d": date(1970, 1, 1), "l": []}], data=None)
def test_one_changed_cell_changes_the_hash(rows: list[dict[str, Any]], data: Any) -> None:
    if data is None:
        position, name, value = 0, "s", None
    else:
        position = data.draw(st.integers(0, len(rows) - 1))
        name = data.draw(st.sampled_from(SCHEMA.names))
        value = data.draw(CELLS[name][1])
    changed = [dict(row) for row in rows]
    changed[position][name] = value

    same = repr(changed[position][name]) == repr(rows[position][name])
    assert (hash_table(table_of(changed)) == hash_table(table_of(rows))) == same


@given(texts=st.lists(st.text(max_size=1100) | st.none(), max_size=5))
def test_texts_hash_the_same_however_they_are_stored(texts: list[str | None]) -> None:
    plain = pa.array(texts, pa.string())
    padded = pa.concat_arrays([pa.array(["x", None]), plain, pa.array(["y"])])
    stored = [
        padded.slice(2, len(texts)),
        plain.cast(pa.large_string()),
        plain.cast(pa.string_view()),
        plain.dictionary_encode(),
    ]

    expected = hash_table(pa.table({"c": plain}))
    assert [hash_table(pa.table({"c": each})) for each in stored] == [expected] * 4
