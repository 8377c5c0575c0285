"""How many examples a law is tried with: few among all tests, many in a long run.

`scripts/test --hypothesis-profile=long tests/properties/test_filters.py` is a long run.
"""

from typing import Any

from hypothesis import settings

LONG = "long"
MORE = 30
"""So many times the examples of a short run."""


def is_long_run() -> bool:
    """Whether the profile of long runs was asked for; known before test modules are imported."""
    return settings.get_current_profile_name() == LONG


def examples(number: int, **others: Any) -> settings:
    """Return settings with a number of examples, and many times more in a long run."""
    if is_long_run():
        # What is the same in every run finds nothing new.
        others = {**others, "derandomize": False}
    return settings(max_examples=number * (MORE if is_long_run() else 1), **others)
