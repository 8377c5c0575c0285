"""Names and references as people type them."""

from datetime import datetime, timezone

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.model.names import RecordReference, find_name_problem, parse_reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", RecordReference(name="a")),
        ("study-1@12", RecordReference(name="study-1", version=12)),
        (
            "a@2026-03-01",
            RecordReference(
                name="a",
                before=datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=timezone.utc),
            ),
        ),
        (
            "a@2026-03-01T10:00:00Z",
            RecordReference(name="a", before=datetime(2026, 3, 1, 10, tzinfo=timezone.utc)),
        ),
    ],
)
def test_a_reference_is_read(text: str, expected: RecordReference) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1a", "a b", "../a", "a/b", "a@", "a@0", "a@-1", "a@x", "a" * 256, "a;drop", "a\n"]
)
def test_an_illegal_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(text)


@pytest.mark.parametrize(
    "name", ["", "1a", "_a", "a-b", "a b", "select", "WHERE", "a" * 256, "a`b", "\u00e9", "a\n"]
)
def test_an_illegal_entity_or_field_name_is_explained(name: str) -> None:
    assert find_name_problem(name)


@pytest.mark.parametrize("name", ["a", "A1_b", "a" * 255, "date", "value", "start"])
def test_a_legal_name_has_no_problem(name: str) -> None:
    assert find_name_problem(name) is None
