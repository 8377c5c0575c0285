"""Filters in which fields and codes go by their new names."""

import pytest

from apollo_spark.records.changes.renaming import NewNames, rename_in_text

NAMES = {"visit.day": "visit.seen", "patient.born": "patient.birth"}
RENAMED = {
    "visit.day >= patient.born + 30 days": "visit.seen >= patient.birth + 30 days",
    "exists(visit as a: a.day < patient.born and exists(visit as b: b.day > a.day))": (
        "exists(visit as a: a.seen < patient.birth and exists(visit as b: b.seen > a.seen))"
    ),
    "first(visit by visit.day: visit.day > 2020-01-01): (visit.day = patient.born)": (
        "first(visit by visit.seen: visit.seen > 2020-01-01): (visit.seen = patient.birth)"
    ),
    "max(visit.day: visit.day > patient.born) is missing": (
        "max(visit.seen: visit.seen > patient.birth) is missing"
    ),
    'in cohort "old@1" and expression(rna, "TP53") > 1': (
        'in cohort "old@1" and expression(rna, "TP53") > 1'
    ),
}


@pytest.mark.parametrize("text", RENAMED)
def test_every_place_of_a_field_has_its_new_name(text: str) -> None:
    assert rename_in_text(text, NewNames(NAMES)) == RENAMED[text]


def test_codes_take_the_place_of_others_where_their_field_is_compared() -> None:
    names = NewNames({"visit.dx": "visit.code"}, {("visit.dx", "I10"): "I10-15"})
    text = 'visit.dx under ("I10", "E11") except "I10" and visit.other = "I10"'

    said = rename_in_text(text, names)

    assert said == 'visit.code under ("I10-15", "E11") except "I10-15" and visit.other = "I10"'
