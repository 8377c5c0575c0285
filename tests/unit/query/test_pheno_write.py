"""A filter is written as the original's JSON, or refused with all that cannot be said there."""

from typing import Any

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.pheno.check import filter_of_json
from apollo_spark.query.filters.pheno.write import write_pheno
from tests.unit.query.test_pheno_read import CONTROL, DICTIONARY, HIGH, READ, rows

Json = dict[str, Any]


def main(filters: Json, *children: Json, logic: str = "and", joined: str = "and") -> Json:
    below = {"logic": joined, "name": "patient", "operator": "exists", "children": list(children)}
    return {"name": "phenotype", "logic": logic, "filters": filters, "entity": below}


def one(condition: str, *values: Any) -> list[Json]:
    found: Json = {"condition": condition}
    return [found | {"values": list(values)}] if values else [found]


def unnamed(content: Any) -> Any:
    """JSON without what numbers the children."""
    if isinstance(content, list):
        return [unnamed(each) for each in content]
    if isinstance(content, dict):
        return {key: value.partition("@")[0] if key == "name" else unnamed(value)
                for key, value in content.items()}  # fmt: skip
    return content


WRITTEN: dict[str, tuple[str, list[Json]]] = {
    'patient.age in (-1, "-1") and not patient.age = 5 and patient.age != 6': (
        "and", [main({"patient$age": one("in", -1, "-1") + one("is-not", 5) + one("is-not", 6)})],
    ),
    "not patient.born is missing and patient.born between 2020-01-31 and 2020-02-01": (
        "and",
        [main({"patient$born": one("exists") + one("between", "2020-01-31", "2020-02-01")})],
    ),
    "patient.seen < 2020-01-31T09:00:00Z or not (patient.age != 5 and patient.hid > 1)": (
        "refused", [],
    ),
    "patient.seen < 2020-01-31T09:00:00Z or not (patient.age != 5 and patient.hid != 1)": (
        "and",
        [main({"patient$seen": one("less-than", "2020-01-31T09:00:00Z"),
               "patient$age": one("is", 5), "patient$hid": one("is", 1)}, logic="or")],
    ),
    'patient.drugs = "a" and patient.drugs != "b" and not patient.drugs in ("a", "b")': (
        "and", [main({"patient$drugs": one("any", "a") + one("not-any", "b")
                      + one("not-any", "a", "b")})],
    ),
    'not patient.place under "CA" and patient.places under "BC"': (
        "and", [main({"patient$place": one("not-any", "CA"), "patient$places": one("any", "BC")})],
    ),
    'visit.kind = "control" and exists(visit) and exists(test: test.result > 0.5)': (
        "and", [main({}, rows("visit", CONTROL), rows("visit", {}),
                     rows("visit", {}, rows("test", HIGH)))],
    ),
    'visit.kind = "control" or patient.age = 5 and patient.hid = 1': (
        "or", [main({}, rows("visit", CONTROL)),
               main({"patient$age": one("is", 5), "patient$hid": one("is", 1)})],
    ),
    'patient.hid = 1 and (visit.kind = "control" or exists(test: test.result > 0.5))': (
        "and", [main({"patient$hid": one("is", 1)}),
                main({}, rows("visit", CONTROL), rows("visit", {}, rows("test", HIGH)),
                     logic="or", joined="or")],
    ),
    "patient.hid = 1 or patient.age is missing and patient.age is not missing": (
        "and", [main({"patient$hid": one("is", 1),
                      "patient$age": [{"condition": "in", "values": []}]}, logic="or")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", [each for each in WRITTEN if WRITTEN[each][1]])
def test_a_filter_is_written_as_the_original_has_it(text: str) -> None:
    logic, compound = WRITTEN[text]

    found = write_pheno(read_filter(text, DICTIONARY), DICTIONARY)

    expected = {"pheno_filters": {"compound": compound, "logic": logic}, "logic": "and"}
    assert unnamed(found) == unnamed(expected)
    again = filter_of_json(found, DICTIONARY)
    assert write_pheno(again, DICTIONARY) == found


@pytest.mark.parametrize("case", READ)
def test_what_is_read_is_written_and_read_as_the_same(case: str) -> None:
    tree = filter_of_json(READ[case][0], DICTIONARY)

    try:
        written = write_pheno(tree, DICTIONARY)
    except UsageError:
        assert case in {"all of a tree"}
        return

    again = filter_of_json(written, DICTIONARY)
    assert write_pheno(again, DICTIONARY) == written


def test_no_filter_is_every_row() -> None:
    found = write_pheno(None, DICTIONARY)

    assert found == {"pheno_filters": {"compound": [], "logic": "and"}, "logic": "and"}
    assert filter_of_json(found, DICTIONARY) is None


REFUSED = {
    "not patient.age < 5 and not patient.age > 9": [
        "patient.age: there is no condition for the opposite of '<'",
        "patient.age: there is no condition for the opposite of '>'",
    ],
    'visit.kind matches "x"': ["visit.kind: there is no condition for 'matches'"],
    'patient.places = "CA"': [
        (
            "patient.places: '=' on a field with several values whose coding has parents would "
            "mean all codes below too"
        ),
    ],
    'patient.place under "CA" except "LA"': [
        "patient.place: there are no words for what is excepted from 'under'"
    ],
    'patient.patient_id starts with "x"': [
        "patient.patient_id: there is no condition for 'starts with'"
    ],
    "count(visit) > 1": ["there are no words for 'count'"],
    "not exists(visit)": ["there are no words for no row of 'visit'"],
    'not visit.kind = "a"': ["there are no words for no row of 'visit'"],
    'patient.hid = 1 and (patient.age = 1 or visit.kind = "a")': [
        "an 'or' over conditions on a row and on rows below it is written only outermost",
    ],
    "patient.hid = 1 and (patient.age = 1 or patient.age = 2 and patient.hid = 3)": [
        "conditions are joined by 'and' inside 'or' inside 'and', which the original has not",
    ],
    'exists(visit: visit.kind = "a" or visit.kind = "b" and visit.kind != "c")': [
        "conditions are joined by 'and' inside 'or' inside 'and', which the original has not",
    ],
    'exists(visit: visit.kind = "a" or test.result > 1)': [
        "an 'or' over conditions on a row and on rows below it is written only outermost",
    ],
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_original_has_no_words_for_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        write_pheno(read_filter(text, DICTIONARY), DICTIONARY)

    title, *lines = str(refused.value).splitlines()
    assert title == "The filter cannot be written as JSON of the original:"
    assert lines == [f"- {each}" for each in REFUSED[text]]
    assert [each.text for each in refused.value.problems] == REFUSED[text]


def test_ranges_on_several_values_were_never_seen() -> None:
    found = read_filter('patient.drugs = "a"', DICTIONARY).model_copy(update={"operator": "<"})
    with pytest.raises(UsageError, match="several values was never seen"):
        write_pheno(found, DICTIONARY)
