"""What each verb of the ledger is given."""

from typing import Any

from hypothesis import strategies as st

LOADED = ("a", "b")
PEOPLE = [f"P{number}" for number in range(1, 6)]
STUDIES = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.tuples(st.none() | st.integers(0, 3), st.lists(st.integers(0, 3), max_size=2)),
    min_size=1,
)
NUMBERS = st.integers(0, 3)
VALUES = st.dictionaries(st.sampled_from(PEOPLE), NUMBERS, min_size=1)


ANY = st.integers(0, 99)
"""Chooses one of what is there."""


def crash(steps: int) -> st.SearchStrategy[int | None]:
    """No crash, or one at a step."""
    return st.none() | st.integers(0, steps)


DEEDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "load": {"name": st.sampled_from(LOADED), "study": STUDIES, "crash": crash(13)},
    "view": {
        "number": ANY,
        "age": st.none() | NUMBERS,
        "score": st.none() | NUMBERS,
        "crash": crash(4),
        "name": st.sampled_from(["v", "w"]),
    },
    "cohort": {
        "number": ANY,
        "age": st.none() | NUMBERS,
        "score": st.none() | NUMBERS,
        "crash": crash(4),
        "crash_of_others": crash(4),
        "onto": st.none() | ANY,
    },
    "dashboard": {"number": ANY, "crash": crash(3)},
    "merge": {"first": ANY, "second": ANY, "crash": crash(4)},
    "extend": {"number": ANY, "values": VALUES, "crash": crash(10)},
    "copy": {"number": ANY, "values": VALUES, "crash": crash(10)},
    "change_rows": {
        "name": st.sampled_from(LOADED),
        "scores": st.dictionaries(NUMBERS, NUMBERS, max_size=3),
        "gone": st.sets(NUMBERS, max_size=2),
        "crash": crash(10),
    },
    "compact": {"number": ANY, "crash": crash(6)},
    "rebase": {"number": ANY, "crash": crash(4)},
    "move_cohorts": {"number": ANY, "crash": crash(6)},
    "retire": {"number": ANY},
    "withdraw": {"name": st.sampled_from(LOADED), "who": st.sampled_from(PEOPLE)},
    "sweep": {},
}
