"""What --link and --on-clash say, and what is meant where they say nothing."""

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.model.change import ClashRule
from apollo_spark.model.dictionary import Relationship
from apollo_spark.records.field_link import (
    default_link,
    default_relationship,
    parse_clash_rule,
    parse_field,
    parse_link,
)
from tests.support.dictionaries import dictionary
from tests.support.merging import REGISTRY, SEX, STUDY

STUDY_DICTIONARY = dictionary(STUDY, codings=SEX)
REGISTRY_DICTIONARY = dictionary(REGISTRY, codings=SEX)


def test_a_link_is_written_as_it_is_read() -> None:
    text = "person.study_id=patient.patient_id"

    assert str(parse_link(text)) == text
    assert parse_field(" visit.visit_id ") == ("visit", "visit_id")


@pytest.mark.parametrize("text", ["", "patient", "a.b", "a.b=c", "a.b=c.d.e", "a.b=c.d=e.f", "=."])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_link(text)


def test_by_default_global_keys_are_linked_one_to_one_and_other_fields_many_to_one() -> None:
    link = default_link(REGISTRY_DICTIONARY, STUDY_DICTIONARY)
    by_field = parse_link("person.study_id=patient.patient_id")
    by_local_keys = parse_link("ward.ward_id=visit.visit_id")

    assert str(link) == "person.person_id=patient.patient_id"
    found = [
        default_relationship(REGISTRY_DICTIONARY, STUDY_DICTIONARY, each)
        for each in (link, by_local_keys, by_field)
    ]
    assert found == [
        Relationship.ONE_TO_ONE, Relationship.ONE_TO_ONE, Relationship.MANY_TO_ONE,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("refuse", ClashRule()),
        ("join", ClashRule(is_joined=True)),
        ("prefix:b_", ClashRule(prefix="b_")),
        ("join,prefix:b_", ClashRule(is_joined=True, prefix="b_")),
    ],
)
def test_the_rules_for_names_that_clash(text: str, rule: ClashRule) -> None:
    assert parse_clash_rule(text) == rule


@pytest.mark.parametrize(
    "text", ["", "keep", "prefix:", "prefix:1_", "prefix:a,prefix:b", "refuse,join", 'prefix:a"b']
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a rule for names that clash"):
        parse_clash_rule(text)
