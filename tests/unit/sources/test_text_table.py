"""Small tables that are none: endless rows."""

import pytest

from apollo_spark.sources import text_table


def test_more_rows_than_fit_are_refused_where_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_table, "MOST_ROWS", 2)
    fits = text_table.parse_text_table("a,b\n1,2\n3,4\n", file="t.csv")
    more = text_table.parse_text_table("a,b\n1,2\n3,4\n5,6\n7,8\n", file="t.csv")

    assert fits.findings == ()
    assert [(each.rule, each.line) for each in more.findings] == [("file_too_large", 4)]
    assert more.table is not None
    assert more.table.rows == ()
