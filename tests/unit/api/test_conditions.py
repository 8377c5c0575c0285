"""Conditions written in Python are the trees of the texts; what is none is refused at once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from apollo_spark.api.conditions.compared import percentile
from apollo_spark.api.conditions.condition import Condition, all_of, any_of, filter_text
from apollo_spark.api.conditions.names import DictionaryNames
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.sources.filters.text import parse_filter
from tests.support.builder import built
from tests.support.hospital import hospital_dictionary

STUDY = DictionaryNames(hospital_dictionary())
PATIENT, VISIT = STUDY.patient, STUDY.visit
NOON = datetime(2020, 1, 31, 12)  # noqa: DTZ001 a datetime without a zone is UTC
A, B = VISIT.named("a"), VISIT.named("b")
AGE = PATIENT.age

WRITTEN: dict[str, Condition] = {
    "patient.age = 5": AGE == 5,
    "patient.age != 5": np.int64(5) != AGE,
    "patient.age < 5": AGE < 5,
    "patient.age <= 5": AGE <= 5,
    "patient.age > 5": AGE > 5,
    "patient.weight >= 5.5": PATIENT.weight >= 5.5,
    "patient.age between 20 and 60": AGE.between(20, 60),
    "patient.age between 20 and 60 without end": AGE.between(20, 60, without="end"),
    "patient.age between 20 and 60 without start": AGE.between(20, 60, without="start"),
    "patient.age between 20 and 60 without ends": AGE.between(20, 60, without="ends"),
    'patient.age in (1, "-1")': AGE.is_in([1, "-1"]),
    "patient.age is missing": AGE.is_missing(),
    "patient.age is not missing": AGE.is_not_missing(),
    'patient.cancer under "C1"': PATIENT.cancer.under("C1"),
    'patient.cancer under ("C1", "C2") except "C3"': PATIENT.cancer.under(
        "C1", "C2", exceptions=["C3"]
    ),
    'patient.habits any of ("a", "b")': PATIENT.habits.any_of("a", "b"),
    'patient.habits all of ("a")': PATIENT.habits.all_of("a"),
    'patient.name matches "x"': PATIENT.field("name").matches("x"),
    'patient.name contains "x"': PATIENT.field("name").contains("x"),
    'patient.name starts with "x"': PATIENT.field("name").starts_with("x"),
    "patient.born = 2020-01-31": PATIENT.born == date(2020, 1, 31),
    "patient.seen < 2020-01-31T12:00:00Z": PATIENT.seen < NOON,
    "patient.seen > 2020-01-31T12:00:00Z": PATIENT.seen > NOON.replace(tzinfo=timezone.utc),
    "patient.seen >= patient.born": PATIENT.seen >= PATIENT.born,
    "patient.seen between patient.born and patient.born + 30 days": PATIENT.seen.between(
        PATIENT.born, PATIENT.born + timedelta(days=30)
    ),
    "patient.seen < patient.born - 1 day": PATIENT.seen < PATIENT.born - timedelta(days=1),
    "patient.seen < patient.born - 3 months": PATIENT.seen < PATIENT.born.plus(months=-3),
    "patient.age > 5 and patient.age < 9 and patient.age != 7": (
        (AGE > 5) & (AGE < 9) & (AGE != 7)
    ),
    "patient.age > 5 and (patient.age < 9 and patient.age != 7)": (
        (AGE > 5) & ((AGE < 9) & (AGE != 7))
    ),
    "patient.age > 5 or patient.age < 3 and not patient.age = 1": (
        (AGE > 5) | (AGE < 3) & ~(AGE == 1)
    ),
    "(patient.age > 5 or patient.age < 3) and patient.age != 1": (
        any_of(AGE > 5, AGE < 3) & (AGE != 1)
    ),
    "patient.age = 3": all_of(AGE == 3),
    "exists(visit)": VISIT.exists(),
    'exists(visit: visit.reason = "a")': VISIT.exists(VISIT.reason == "a"),
    "count(visit) >= 2": VISIT.count() >= 2,
    'count(visit: visit.reason = "a") = 0': VISIT.count(VISIT.reason == "a") == 0,
    'max(visit.visit_id: visit.reason = "a") < 2': VISIT.visit_id.max(VISIT.reason == "a") < 2,
    "min(test.result) is missing": STUDY.test.result.min().is_missing(),
    "mean(test.result) between 1 and 2": STUDY.test.result.mean().between(1, 2),
    "sum(test.result) != 2": STUDY.test.result.sum() != 2,
    'first(visit by visit.visit_id): (visit.reason = "a")': VISIT.first(
        "visit_id", VISIT.reason == "a"
    ),
    'last(visit by visit.visit_id: visit.reason != "b"): (visit.reason = "a")': VISIT.last(
        VISIT.visit_id, VISIT.reason == "a", among=VISIT.reason != "b"
    ),
    'exists(visit as a: a.reason = "a" and exists(visit as b: b.visit_id > a.visit_id))': A.exists(
        (A.reason == "a") & B.exists(B.visit_id > A.visit_id)
    ),
    'expression(rna, "TP53") > 10': STUDY.expression("rna", "TP53") > 10,
    'expression(rna, "TP53", tpm) >= percentile(90)': (
        STUDY.expression("rna", "TP53", "tpm") >= percentile(90)
    ),
    'in cohort "some@2"': STUDY.in_cohort("some@2"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_a_condition_is_the_tree_of_its_text(text: str) -> None:
    assert str(WRITTEN[text]) == text
    assert WRITTEN[text].tree == parse_filter(text)
    assert built(parse_filter(text), STUDY) == WRITTEN[text]
    assert text in repr(WRITTEN[text])


def test_the_example_of_the_page() -> None:
    study = STUDY

    found = study.patient.age.between(20, 60) & study.visit.exists(study.visit.reason.under("I10"))

    text = 'patient.age between 20 and 60 and exists(visit: visit.reason under "I10")'
    assert filter_text(found) == text
    assert filter_text(text) == text
    assert filter_text(None) is None


NO_TRUTH = "neither true nor false"
NO_JOINING = r"Only conditions are joined by &, \| and ~"
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "and": (lambda: AGE > 5 and AGE < 9, NO_TRUTH),
    "or": (lambda: AGE > 5 or AGE < 9, NO_TRUTH),
    "not": (lambda: not AGE > 5, NO_TRUTH),
    "if": (lambda: 1 if AGE > 5 else 2, NO_TRUTH),
    "in": (lambda: AGE in [1, 2], NO_TRUTH),
    "a chain": (lambda: 20 <= AGE <= 60, r"\.between\(20, 60\) for 20 <= x <= 60"),
    "a field as truth": (lambda: not AGE, NO_TRUTH),
    "no parentheses": (lambda: AGE > 20 & PATIENT.sex == 0, NO_JOINING),
    "a field joined": (lambda: AGE | (AGE > 5), NO_JOINING),
    "a field turned round": (lambda: ~AGE, NO_JOINING),
    "a text joined": (lambda: (AGE > 5) & "patient.age < 9", NO_JOINING),
    "a text inside": (lambda: VISIT.exists("visit.reason = 1"), NO_JOINING),
    "nothing joined": (all_of, "Nothing is joined here"),
    "None": (lambda: AGE == None, r"with no None.*\.is_missing\(\)"),  # noqa: E711
    "true": (lambda: AGE == True, "with no bool"),  # noqa: E712
    "a list": (lambda: AGE == [1, 2], r"with no list.*\.is_in"),
    "no values": (lambda: AGE.is_in([]), "'in' does not go with 0 values"),
    "one text": (lambda: AGE.is_in("ab"), "Several values are in a list"),
    "no number": (lambda: float("inf") > AGE, "This makes no condition"),
    "a huge number": (lambda: AGE == 2**63, "A whole number has 64 bits"),
    "NUL": (lambda: PATIENT.field("name") == "\0", "This makes no condition"),
    "other ends": (lambda: AGE.between(1, 2, without="both"), "left out by 'start', 'end' or"),
    "two units": (lambda: PATIENT.born.plus(days=1, weeks=1), "One of days, weeks, months"),
    "hours": (lambda: PATIENT.born + timedelta(hours=1), "Whole days are added"),
    "too long": (lambda: PATIENT.born.plus(years=9_999), "An offset is at most"),
    "half a row": (lambda: VISIT.count() > 1.5, "A number of rows is a whole number"),
    "fewer than none": (lambda: VISIT.count() > -1, "A number of rows is a whole number"),
    "a name of rows": (lambda: VISIT.named("a b"), "A name of rows is a letter"),
    "a share": (lambda: percentile(101), "less than or equal to 100"),
    "a filter of another kind": (lambda: filter_text(3), "a text or a condition, and no int"),  # type: ignore[arg-type]
    "no filter at all": (STUDY.condition, "read from a text or from JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_condition_is_refused_where_it_stands(case: str) -> None:
    written, message = REFUSED[case]

    with pytest.raises(UsageError, match=message):
        written()


@pytest.mark.parametrize(
    ("written", "message", "near"),
    [
        (lambda: STUDY.patiant, "no entity 'patiant' (did you mean 'patient'?)", ("patient",)),
        (lambda: STUDY.rows("x"), "no entity 'x'.", ()),
        (lambda: PATIENT.agee, "no field patient.agee (did you mean 'age'?)", ("age",)),
        (lambda: PATIENT.field("x"), "no field patient.x.", ()),
        (lambda: VISIT.first("day", AGE > 1), "no field visit.day", ()),
        (lambda: A.reazon, "no field visit.reazon (did you mean 'reason'?)", ("reason",)),
    ],
)
def test_names_that_are_not_there_are_refused_at_once(
    written: Callable[[], Any], message: str, near: tuple[str, ...]
) -> None:
    with pytest.raises(NotFoundError) as refused:
        written()

    assert message in str(refused.value)
    assert refused.value.problems[0].suggestions == near
    assert isinstance(refused.value, AttributeError)


def test_names_are_offered_and_private_ones_are_none() -> None:
    assert {"patient", "visit", "in_cohort"} <= set(dir(STUDY))
    assert {"age", "weight", "exists"} <= set(dir(PATIENT))
    assert not hasattr(STUDY, "_nothing")
    assert not hasattr(PATIENT, "_nothing")
    assert (repr(VISIT), repr(A), repr(A.reason)) == (
        "<Rows visit>", "<Rows visit as a>", "<Field a.reason>",
    )  # fmt: skip


def test_conditions_are_read_from_text_and_json() -> None:
    text = "patient.age between 20 and 60"
    content = {"pheno_filters": {"filters": {"patient$age": [
        {"condition": "between", "values": [20, 60]}
    ]}}}  # fmt: skip

    assert STUDY.condition(text) == STUDY.condition(json=content) == AGE.between(20, 60)
    assert STUDY.condition(json="{}") is None
    assert len({STUDY.condition(text), AGE.between(20, 60)}) == 1


def test_texts_and_conditions_are_joined() -> None:
    text = STUDY.condition('in cohort "some@2" or exists(visit: in cohort "other")')

    found = text & ~STUDY.condition("exists(visit)") | (AGE < 3)

    assert str(found) == (
        '(in cohort "some@2" or exists(visit: in cohort "other")) and not exists(visit) '
        "or patient.age < 3"
    )
    many = " or ".join(f'in cohort "c{number}"' for number in range(7))
    with pytest.raises(UsageError, match="more than 6 cohorts are named inside; name them outside"):
        STUDY.condition(f"exists(visit: {many})")
