"""Checks between rows, on the embedded engine."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlglot import exp

from tests.support.questions import key_questions

Ask = Callable[[exp.Query], list[tuple[Any, ...]]]


@pytest.mark.parametrize(
    ("column", "target", "expected"),
    [
        (
            ("visit", "of_patient"),
            ("patient", "patient_id"),
            {
                "repeated": [("P2",)],
                "first repeated": [("P2",)],
                "unresolved": [("nobody",)],
                "first unresolved": [("nobody",)],
            },
        ),
        (
            ("patient", "hid"),
            ("visit", "visit_id"),
            {
                "repeated": [(1,)],
                "first repeated": [(1,)],
                "unresolved": [(1,), (2,), (99,)],
                "first unresolved": [(1,)],
            },
        ),
        (
            ("test", "of_visit"),
            ("visit", "visit_id"),
            {
                "repeated": [(12,)],
                "first repeated": [(12,)],
                "unresolved": [],
                "first unresolved": [],
            },
        ),
        (
            ("consent", "signed_by"),
            ("patient", "patient_id"),
            {
                "repeated": [],
                "first repeated": [],
                "unresolved": [],
                "first unresolved": [],
            },
        ),
    ],
    ids=["texts", "numbers", "all resolve", "no rows"],
)
def test_a_column_that_refers_is_checked(
    ask: Ask,
    column: tuple[str, str],
    target: tuple[str, str],
    expected: dict[str, list[tuple[Any, ...]]],
) -> None:
    found = {name: ask(tree) for name, tree in key_questions(*column, *target).items()}

    assert found == expected


def test_a_column_may_refer_to_its_own_table(ask: Ask) -> None:
    found = key_questions("patient", "name", "patient", "patient_id")

    assert len(ask(found["unresolved"])) == 3
