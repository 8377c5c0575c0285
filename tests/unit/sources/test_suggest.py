"""Suggestions of the name or code that was probably meant."""

import sys

import pytest

from apollo_spark.sources.suggest import did_you_mean, find_near, near_codes


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("sex_code", ("sex_codes", "age"), " (did you mean 'sex_codes'?)"),
        ("PATIENT", ("patient", "visit"), " (did you mean 'patient'?)"),
        (" integer", ("integer",), " (did you mean 'integer'?)"),
        ("PatientId", ("patient_id",), " (did you mean 'patient_id'?)"),
        ("birth-date", ("birthdate",), " (did you mean 'birthdate'?)"),
        ("pateint", ("patient",), " (did you mean 'patient'?)"),
        ("visits", ("visit", "vista"), " (did you mean 'visit'?)"),
        ("agee", ("age", "page"), " (did you mean 'age'?)"),
        ("xyz", ("patient", "visit"), ""),
        ("", ("patient",), ""),
        ("patient", (), ""),
        ("age", ("stage", "page", "dosage"), ""),
        ("day1", ("day2",), ""),
        ("M", ("F",), ""),
        ("1900-01-02", ("1900-01-01",), ""),
        ("weight", ("height",), ""),
        ("country", ("county",), " (did you mean 'county'?)"),
        ("status", ("stage",), ""),
        ("x" * 1_000_000, ("x" * 999_999,), ""),
    ],
)
def test_a_name_is_suggested_that_the_word_is_a_slip_of(
    word: str, known: tuple[str, ...], expected: str
) -> None:
    assert did_you_mean(word, known) == expected


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("f", ("F",)),
        ("female", ("F",)),
        ("C50.9", ("C50",)),
        ("C5", ("C50",)),
        ("X", ()),
        ("", ()),
    ],
)
def test_codes_are_found_by_case_meaning_and_place(code: str, found: tuple[str, ...]) -> None:
    meanings = {"F": "Female", "M": "Male", "C": "Cancer", "C50": "Breast"}

    assert near_codes(code, meanings) == found


def test_of_long_words_only_letters_that_stand_alike_are_compared() -> None:
    """All letters of one word with all of the other would take minutes for a wide header."""
    words = ["bcdefghij" * 6, "x" + "bcdefghij" * 6, "klmnopqrst" * 6]
    steps = 0

    def count(frame: object, event: str, called: object) -> None:
        nonlocal steps
        steps += event == "c_call" and called is min

    sys.setprofile(count)
    try:
        found = [find_near(f"a{each}", [f"z{other}"]) for each in words for other in words]
    finally:
        sys.setprofile(None)

    assert [each is not None for each in found] == [True, True, False, True, True, False, False,
                                                    False, True]  # fmt: skip
    assert steps / len(found) < 500
