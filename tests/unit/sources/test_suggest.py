"""Suggestions of the name that was probably meant."""

import pytest

from apollo_spark.sources.suggest import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("sex_code", ("sex_codes", "age"), " (did you mean 'sex_codes'?)"),
        ("PATIENT", ("patient", "visit"), " (did you mean 'patient'?)"),
        (" integer", ("integer",), " (did you mean 'integer'?)"),
        ("xyz", ("patient", "visit"), ""),
        ("", ("patient",), ""),
        ("patient", (), ""),
    ],
    ids=["one letter", "case", "a blank", "nothing close", "nothing given", "nothing known"],
)
def test_the_closest_name_is_suggested(word: str, known: tuple[str, ...], expected: str) -> None:
    assert did_you_mean(word, known) == expected
