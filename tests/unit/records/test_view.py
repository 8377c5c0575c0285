"""A view of rows: by what their dataset can tell them apart."""

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.model.change import ViewChange
from apollo_spark.records.changes.view import RowFilter, make_view
from tests.support.dictionaries import dictionary
from tests.support.merging import content

NOTES = """
entity  name  type    primary_key_type
note    text  string  global
"""


def test_rows_are_limited_only_where_they_have_a_key() -> None:
    notes = dictionary(NOTES)
    # No load lets this through; a record may come from elsewhere.
    (entity,) = (each.model_copy(update={"primary_key": None}) for each in notes.entities)
    without_key = content("notes", notes.model_copy(update={"entities": (entity,)}))
    rows = RowFilter(text='note.text = "a"', fields=frozenset({("note", "text")}))

    with pytest.raises(UsageError, match="only where the main entity has a primary key"):
        make_view(without_key, ViewChange(base="notes@1", rows=rows.text), rows)
