"""The original's filter JSON is read as a tree, or refused with the path of all that is wrong."""

import json
from typing import Any

import pytest

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.query.filters.pheno.check import filter_of_json, read_filter_json
from apollo_spark.query.filters.pheno.conditions import MEANINGS, UNSEEN
from apollo_spark.sources.filters.write import write_filter
from tests.support.dictionaries import dictionary

DICTIONARY = dictionary(
    """
entity    name         type      primary_key_type  coding_name  is_sparse_coding  is_multi_select  referenced_entity_field  relationship
patient   patient_id   string    global            -            -                 -                -                        -
patient   hid          integer   -                 -            -                 -                hospital:hospital_id     many_to_one
patient   age          integer   -                 gaps         yes               -                -                        -
patient   born         date      -                 -            -                 -                -                        -
patient   seen         datetime  -                 -            -                 -                -                        -
patient   drugs        string    -                 drugs        -                 yes              -                        -
patient   place        string    -                 places       -                 -                -                        -
patient   places       string    -                 places       -                 yes              -                        -
hospital  hospital_id  integer   local             -            -                 -                -                        -
hospital  score        integer   -                 -            -                 -                -                        -
visit     visit_id     string    local             -            -                 -                -                        -
visit     of_patient   string    -                 -            -                 -                patient:patient_id       many_to_one
visit     kind         string    -                 -            -                 -                -                        -
test      of_visit     string    -                 -            -                 -                visit:visit_id           many_to_one
test      result       float     -                 -            -                 -                -                        -
""",  # noqa: E501
    codings="""
coding_name  code  meaning      parent_code
gaps         -1    no answer    -
drugs        a     alpha        -
drugs        b     beta         -
places       CA    California   -
places       LA    Los Angeles  CA
places       BC    Columbia     -
""",
)


def asked(field: str, condition: str, *values: Any) -> dict[str, Any]:
    """Filters with one condition, as the whole of what is asked."""
    one = {"condition": condition, "values": list(values)} if values else {"condition": condition}
    return part({field: [one]})


def part(filters: dict[str, Any], logic: str = "and", **more: Any) -> dict[str, Any]:
    compound = [{"name": "phenotype", "logic": logic, "filters": filters, **more}]
    return {"pheno_filters": {"compound": compound, "logic": "and"}, "logic": "and"}


def rows(entity: str, filters: dict[str, Any], *below: Any, logic: str = "and") -> dict[str, Any]:
    return {
        "name": f"{entity}@e98fe382", "logic": logic, "filters": filters,
        "entity": {"logic": "and", "name": entity, "operator": "exists", "children": list(below)},
    }  # fmt: skip


def inside(entity: str, *children: Any, logic: str = "and") -> dict[str, Any]:
    return {"logic": logic, "name": entity, "operator": "exists", "children": list(children)}


CONTROL = {"visit$kind": [{"condition": "is", "values": ["control"]}]}
HIGH = {"test$result": [{"condition": "greater-than", "values": [0.5]}]}
MOMENT = "2020-01-31T10:00:00+01:00"
IN_CA = {"condition": "in", "values": ["CA"]}
AGE = {"condition": "greater-than-eq", "values": [20]}

READ: dict[str, tuple[dict[str, Any], str]] = {
    "exists": (asked("patient$born", "exists"), "patient.born is not missing"),
    "not-exists": (asked("patient$born", "not-exists"), "patient.born is missing"),
    "not-empty": (asked("patient$drugs", "not-empty"), "patient.drugs is not missing"),
    "in": (asked("patient$age", "in", -1, "-1", 5), 'patient.age in (-1, "-1", 5)'),
    "not-in": (asked("patient$patient_id", "not-in", "a"), 'not patient.patient_id in ("a")'),
    "is": (asked("patient$age", "is", 5), "patient.age = 5"),
    "is-not": (asked("patient$age", "is-not", 5), "not patient.age = 5"),
    "greater-than": (asked("patient$age", "greater-than", 5), "patient.age > 5"),
    "greater-than-eq": (asked("patient$age", "greater-than-eq", 5), "patient.age >= 5"),
    "less-than": (asked("patient$age", "less-than", 5), "patient.age < 5"),
    "less-than-eq": (asked("patient$age", "less-than-eq", 5), "patient.age <= 5"),
    "between": (asked("patient$age", "between", 5, 6), "patient.age between 5 and 6"),
    "between-ex": (
        asked("patient$age", "between-ex", 5, 6), "patient.age between 5 and 6 without ends",
    ),
    "between-left-inc": (
        asked("patient$age", "between-left-inc", 5, 6), "patient.age between 5 and 6 without end",
    ),
    "between-right-inc": (
        asked("patient$age", "between-right-inc", 5, 6),
        "patient.age between 5 and 6 without start",
    ),
    "not-between-ex": (
        asked("patient$age", "not-between-ex", 5, 6),
        "not patient.age between 5 and 6 without ends",
    ),
    "not-between-left-inc": (
        asked("patient$age", "not-between-left-inc", 5, 6),
        "not patient.age between 5 and 6 without end",
    ),
    "not-between-right-inc": (
        asked("patient$age", "not-between-right-inc", 5, 6),
        "not patient.age between 5 and 6 without start",
    ),
    "contains": (asked("patient$patient_id", "contains", "a"), 'patient.patient_id contains "a"'),
    "not-between": (asked("patient$age", "not-between", 5, 6), "not patient.age between 5 and 6"),
    "any": (asked("patient$drugs", "any", "a", "b"), 'patient.drugs any of ("a", "b")'),
    "not-any": (asked("patient$drugs", "not-any", "a"), 'not patient.drugs any of ("a")'),
    "all": (asked("patient$drugs", "all", "a", "b"), 'patient.drugs all of ("a", "b")'),
    "any of one value": (asked("patient$age", "any", 5, 6), "patient.age in (5, 6)"),
    "any of a tree": (asked("patient$place", "any", "CA"), 'patient.place under "CA"'),
    "not any of a tree": (
        asked("patient$places", "not-any", "CA", "BC"),
        'not patient.places under ("CA", "BC")',
    ),
    "all of a tree": (
        asked("patient$places", "all", "CA", "BC"),
        'patient.places under "CA" and patient.places under "BC"',
    ),
    "one value without a list": (
        part({"patient$age": [{"condition": "is", "values": 5}]}), "patient.age = 5",
    ),
    "dates": (
        part({"patient$born": [{"condition": "between", "values": ["2020-01-31", "2020-02-01"]}],
              "patient$seen": [{"condition": "is", "values": ["2020-01-31"]},
                               {"condition": "less-than", "values": [MOMENT]}]}),
        ("patient.born between 2020-01-31 and 2020-02-01 and patient.seen = 2020-01-31 "
         "and patient.seen < 2020-01-31T09:00:00Z"),
    ),
    "nobody": (
        part({"patient$age": [{"condition": "in", "values": []}]}),
        "patient.age is missing and patient.age is not missing",
    ),
    "an empty list beside others": (
        part({"patient$age": [{"condition": "not-in", "values": []}, AGE]}), "patient.age >= 20",
    ),
    "or": (
        part({"patient$age": [AGE], "patient$place": [IN_CA]}, "or"),
        'patient.age >= 20 or patient.place in ("CA")',
    ),
    "or of parts": (
        {"pheno_filters": {"logic": "or", "compound": [
            {"filters": {"patient$age": [AGE, AGE]}}, {"filters": {"patient$hid": [AGE]}},
        ]}},
        "patient.age >= 20 and patient.age >= 20 or patient.hid >= 20",
    ),
    "not compound": ({"pheno_filters": {"filters": {"patient$age": [AGE]}}}, "patient.age >= 20"),
    "a whole request": (
        {"filters": part({"patient$age": [AGE]}), "project_context": "project-x"},
        "patient.age >= 20",
    ),
    "no genotypes": (
        {**part({"patient$age": [AGE]}), "assay_filters": {"compound": [], "logic": "and"}},
        "patient.age >= 20",
    ),
    "rows below": (
        part({"patient$age": [AGE]}, entity=inside("patient", rows("visit", CONTROL))),
        'patient.age >= 20 and exists(visit: visit.kind = "control")',
    ),
    "rows of either": (
        part({}, entity=inside("patient", rows("visit", CONTROL), rows("test", HIGH), logic="or")),
        'exists(visit: visit.kind = "control") or exists(test: test.result > 0.5)',
    ),
    "rows below rows": (
        part({}, entity=inside("patient", rows("visit", CONTROL, rows("test", HIGH)))),
        'exists(visit: visit.kind = "control" and exists(test: test.result > 0.5))',
    ),
    "any row": (part({}, entity=inside("patient", rows("visit", {}))), "exists(visit)"),
    "a row that is named alone": (
        part({}, entity={"children": [{"name": "visit@1", "filters": CONTROL}]}),
        'exists(visit: visit.kind = "control")',
    ),
    "one or another condition on one row": (
        part({}, entity=inside("patient", rows(
            "hospital", {"hospital$score": [{"condition": "in", "values": [1]}, AGE]}, logic="or",
        ))),
        "exists(hospital: hospital.score in (1) or hospital.score >= 20)",
    ),
    "a field of another entity": (
        part({"visit$kind": [{"condition": "not-in", "values": ["a"]}]}),
        'exists(visit: not visit.kind in ("a"))',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_json_is_read_as_a_filter(case: str) -> None:
    content, text = READ[case]

    found = filter_of_json(content, DICTIONARY)

    assert found is not None
    assert write_filter(found) == text


EVERYBODY: list[Any] = [
    {},
    {"pheno_filters": None, "assay_filters": None},
    {"pheno_filters": {"compound": [], "logic": "or"}},
    part({}),
    part({"patient$age": [AGE, {"condition": "not-in", "values": []}]}, "or"),
    part({"patient$drugs": [{"condition": "all", "values": []}]}),
]


def test_every_condition_of_the_original_is_read_or_refused_by_name() -> None:
    text = "contains exists not-exists any not-any all not-empty in not-in is is-not greater-than"
    text += " less-than greater-than-eq less-than-eq between between-ex between-left-inc"
    text += " between-right-inc not-between not-between-ex not-between-left-inc"
    text += " not-between-right-inc compare-before compare-after compare-within"

    assert {*MEANINGS, *UNSEEN} == set(text.split())
    assert set(MEANINGS) <= set(READ)


@pytest.mark.parametrize("content", EVERYBODY, ids=json.dumps)
def test_what_asks_nothing_means_every_row(content: Any) -> None:
    assert filter_of_json(content, DICTIONARY) is None


P = '$.pheno_filters.compound[0].filters["patient$age"][0]'
REFUSED: dict[str, list[str]] = {
    "": ["line 1, column 1: this is not JSON"],
    "[" * 100_000: ["$: lists and objects are nested more than 300 levels deep"],
    '{"a":' * 400 + "1" + "}" * 400: ["levels deep"],
    "9" * 5_000: ["a number has too many digits"],
    "NaN": ["$: this is not an object"],
    "[]": ["$: this is not an object"],
    '"x"': ["$: this is not an object"],
    '{"logic": "and", "logic": "or"}': [
        "$: a key occurs twice in this object",
        "$.logic: only 'and' joins the filters of a dataset",
    ],
    '{"logic": "xor"}': ["$.logic: this is neither 'and' nor 'or'"],
    '{"pheno_filter": {}, "\\ud800": 1}': [
        "$.pheno_filter: this key is not known here (did you mean 'pheno_filters'?)",
        '$["\\ud800"]: this key is not known here',
    ],
    '{"pheno_filters": {"compound": {}}}': ["$.pheno_filters.compound: this is not a list"],
    '{"pheno_filters": {"compound": [1, [], null]}}': [
        f"$.pheno_filters.compound[{at}]: this is not an object" for at in range(3)
    ],
    '{"filters": {}, "base_sql": "SELECT 1"}': ["$.base_sql: this is SQL of another system"],
    '{"filters": []}': ["$.filters: this is not an object"],
    json.dumps({"assay_filters": {"compound": [{"name": "genotype@b07df2d4"}]}}): [
        "$.assay_filters.compound: genotype filters are not read",
    ],
    json.dumps(part({"patient$age": [{"condition": "compare-before", "values": [1]}],
                     "patient$born": [{"condition": "compare-within"}]})): [
        f"{P}.condition: the condition 'compare-before' is not read: what its values mean",
        "the condition 'compare-within' is not read",
    ],
    json.dumps(part({"patient$age": [{"condition": "betwen", "values": [1]}, {}, 1,
                                     {"condition": ["in"]}]})): [
        f"{P}.condition: there is no such condition (did you mean 'between'?)",
        '["patient$age"][1].condition: a condition is missing here',
        '["patient$age"][2]: this is not an object',
        '["patient$age"][3].condition: a condition is missing here',
    ],
    json.dumps(part({"patient$age": [{"condition": "in", "values": [True, None, {}, [1]]}]})): [
        f"{P}.values[{at}]: this is neither a text nor a number" for at in range(4)
    ],
    json.dumps(part({"patient$age": [
        {"condition": "in"}, {"condition": "between", "values": [1]},
        {"condition": "is", "values": []}, {"condition": "exists", "values": [1]},
        {"condition": "is", "values": [1], "geno_bins": []},
    ]})): [
        f"{P}.values: this is not a list of values",
        "[1].values: this condition has two values",
        "[2].values: this condition has one value",
        "[3].values: this condition has no values",
        "[4].geno_bins: this key is not known here",
    ],
    '{"pheno_filters": {"filters": {"patient$age": [{"condition": "in", "values":'
    ' [NaN, 1e999, 9223372036854775808, "\\ud800", "a\\u0000"]}]}}}': [
        "values[0]: this is not a finite number", "values[1]: this is not a finite number",
        "values[2]: this is not a number of 64 bits",
        "values[3]: this text has a character that is not text",
        "values[4]: this text has a character that is not text",
    ],
    json.dumps(part({"age": [], "patient.age": [], "$": [], "patient$a b": []})): [
        f"filters{each}: this names no field"
        for each in (".age", '["patient.age"]', '["$"]', '["patient$a b"]')
    ],
    json.dumps(part({}, entity=inside("visit"))): [
        "$.pheno_filters.compound[0].entity.name: the current rows are of 'patient'",
    ],
    json.dumps(part({}, entity={"operator": "not-exists", "children": [{}, {"name": 3}, 1]})): [
        "entity.operator: only the operator 'exists' is read",
        "entity.children[0]: this child names no entity",
        "entity.children[1]: this child names no entity",
        "entity.children[2]: this is not an object",
    ],
    json.dumps(part({"patient$age": [AGE]}, "or",
                    entity=inside("patient", rows("visit", CONTROL)))): [
        "$.pheno_filters.compound[0]: an 'or' over filters of a row and rows below it is not read",
    ],
    json.dumps(part({"patient$age": [{"condition": "is", "values": ["x"]}],
                     "patient$agee": [AGE]})): [
        f"{P}.values[0]: patient.age is compared with a code that the coding 'gaps' does not have",
        'filters["patient$agee"][0]: there is no field patient.agee (did you mean \'age\'?)',
    ],
    json.dumps(part({"patient$born": [{"condition": "is", "values": ["2020"]}]})): [
        'filters["patient$born"][0].values[0]: patient.born is compared with dates: 2020-01-31',
    ],
    json.dumps(part({}, entity=inside("patient", rows("test", {}, rows("visit", {}))))): [
        "entity.children[0].entity.children[0]: 'visit' is not below 'test'",
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:60])
def test_json_that_is_wrong_is_refused_whole_with_paths(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_filter_json(text, DICTIONARY)

    message = str(refused.value)
    assert all(each in message for each in REFUSED[text])
    assert len(refused.value.problems) == len(REFUSED[text])
    assert message.encode()


def test_unknown_names_alone_are_not_found() -> None:
    content = part({"patient$agee": [AGE], "vizit$kind": [{"condition": "exists"}]})

    with pytest.raises(NotFoundError) as refused:
        filter_of_json(content, DICTIONARY)

    assert [each.suggestions for each in refused.value.problems] == [
        ("patient.age",),
        ("visit.kind",),
    ]
    assert "no entity 'vizit' (did you mean 'visit'?)" in str(refused.value)


def test_deeply_nested_rows_are_refused_and_not_followed() -> None:
    child: dict[str, Any] = rows("visit", {})
    for _ in range(90):
        child = rows("visit", {}, child)

    with pytest.raises(UsageError, match="asks for other rows"):
        filter_of_json(part({}, entity=inside("patient", child)), DICTIONARY)
