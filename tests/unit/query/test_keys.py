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
                "count of repeated": [(1, 2)],
                "unresolved": [("nobody",)],
                "first unresolved": [("nobody",)],
                "count of unresolved": [(1, 1)],
                "without reference": [(None,)],
                "count without reference": [(1,)],
            },
        ),
        (
            ("patient", "hid"),
            ("visit", "visit_id"),
            {
                "repeated": [(1,)],
                "first repeated": [(1,)],
                "count of repeated": [(1, 2)],
                "unresolved": [(1,), (2,), (99,)],
                "first unresolved": [(1,)],
                "count of unresolved": [(3, 4)],
                "without reference": [(None,)],
                "count without reference": [(1,)],
            },
        ),
        (
            ("test", "of_visit"),
            ("visit", "visit_id"),
            {
                "repeated": [(12,)],
                "first repeated": [(12,)],
                "count of repeated": [(1, 2)],
                "unresolved": [],
                "first unresolved": [],
                "count of unresolved": [(0, 0)],
                "without reference": [],
                "count without reference": [(0,)],
            },
        ),
        (
            ("consent", "signed_by"),
            ("patient", "patient_id"),
            {
                "repeated": [],
                "first repeated": [],
                "count of repeated": [(0, 0)],
                "unresolved": [],
                "first unresolved": [],
                "count of unresolved": [(0, 0)],
                "without reference": [],
                "count without reference": [(0,)],
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

    assert ask(found["count of unresolved"]) == [(3, 3)]
