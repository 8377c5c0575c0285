"""A small study with repeated measures of every type, and wide requests with their answers."""

from datetime import date, datetime, timezone
from typing import Any

from apollo_spark.query.extract import ExtractRequest
from apollo_spark.query.values import ValueMode
from tests.support.dictionaries import dictionary

FIELDS = """
entity   name        type      primary_key_type  coding_name  is_sparse_coding  is_multi_select  referenced_entity_field  relationship
patient  patient_id  string    global            -            -                 -                -                        -
patient  site        string    -                 -            -                 -                site:site_id             many_to_one
site     site_id     string    local             -            -                 -                -                        -
site     city        string    -                 -            -                 -                -                        -
visit    visit_id    string    local             -            -                 -                -                        -
visit    of          string    -                 -            -                 -                patient:patient_id       many_to_one
visit    number      integer   -                 gaps         yes               -                -                        -
visit    day         date      -                 days         yes               -                -                        -
visit    seen        datetime  -                 days         yes               -                -                        -
visit    fev1        float     -                 gaps         yes               -                -                        -
visit    drugs       string    -                 drugs        -                 yes              -                        -
visit    scores      integer   -                 many         yes               yes              -                        -
visit    weight      float     -                 -            -                 -                -                        -
lab      lab_id      integer   local             -            -                 -                -                        -
lab      visit       string    -                 -            -                 -                visit:visit_id           many_to_one
lab      crp         float     -                 -            -                 -                -                        -
dose     whose       string    -                 -            -                 -                patient:patient_id       many_to_one
dose     at          date      -                 -            -                 -                -                        -
dose     mg          integer   -                 -            -                 -                -                        -
"""  # noqa: E501
CODINGS = """
coding_name  code        meaning
gaps         -1          not_done
gaps         -2          refused
days         1900-01-01  long_ago
drugs        a           alpha
drugs        b           beta
"""
DICTIONARY = dictionary(
    FIELDS, codings=CODINGS + "\n".join(f"many  {each}  code_{each}" for each in range(100, 220))
)


def _visit(key: str, of: str | None, number: int | None, day: date | None, **more: Any) -> Any:
    names = ("seen", "fev1", "drugs", "scores", "weight")
    return {
        "visit_id": key, "of": of, "number": number, "day": day, **dict.fromkeys(names), **more,
    }  # fmt: skip


LONG_AGO = date(1900, 1, 1)
ROWS: dict[str, list[dict[str, Any]]] = {
    "patient": [
        {"patient_id": "P2", "site": "S1"}, {"patient_id": "P1", "site": None},
        {"patient_id": "P3", "site": "S9"},
    ],
    "site": [{"site_id": "S1", "city": "Bern"}],
    "visit": [
        _visit("v2", "P1", 2, date(2020, 3, 1), fev1=-1.0, drugs=["b", "c"], scores=[7, 219]),
        _visit("v1", "P1", 1, date(2020, 1, 1), fev1=2.5, drugs=["a"], scores=[100],
               seen=datetime(1900, 1, 1, tzinfo=timezone.utc)),
        _visit("v0", "P1", 10, date(2020, 3, 1), fev1=-2.0, weight=80.0,
               seen=datetime(2020, 3, 1, 8, 30, tzinfo=timezone.utc)),
        _visit("v3", "P2", 2, None, fev1=3.5, scores=[1]),
        _visit("v4", "P2", -1, LONG_AGO, weight=70.0),
        _visit("v5", "P2", None, date(2021, 1, 1), drugs=[]),
        _visit("v6", "nobody", 77, date(2021, 1, 1), fev1=9.0),
        _visit("v7", None, 78, date(2021, 1, 1), fev1=9.0),
    ],
    "lab": [
        {"lab_id": 2, "visit": "v1", "crp": 1.5}, {"lab_id": 1, "visit": "v2", "crp": 2.5},
        {"lab_id": 3, "visit": "v3", "crp": 3.5},
    ],
    "dose": [
        {"whose": "P1", "at": date(2020, 1, 1), "mg": 20},
        {"whose": "P1", "at": date(2020, 1, 1), "mg": 10},
        {"whose": "P3", "at": None, "mg": 30},
    ],
}  # fmt: skip


def _request(*fields: str, wide: tuple[str, ...], **more: Any) -> ExtractRequest:
    return ExtractRequest(fields=fields, wide=wide, **more)


NUMBERED = _request(
    "patient.patient_id", "visit.fev1", "site.city", "visit.drugs", "visit.scores", "visit.seen",
    wide=("visit.number",), values=ValueMode.DECODED, sparse_labels=True,
)  # fmt: skip
NUMBERED_ANSWER = {
    "patient.patient_id": ["P1", "P2", "P3"],
    "visit.fev1.1": [2.5, None, None],
    "visit.fev1.1.label": [None, None, None],
    "visit.fev1.2": [None, 3.5, None],
    "visit.fev1.2.label": ["not_done", None, None],
    "visit.fev1.10": [None, None, None],
    "visit.fev1.10.label": ["refused", None, None],
    "site.city": [None, "Bern", None],
    "visit.drugs.1": [["alpha"], None, None],
    "visit.drugs.2": [["beta", "c"], None, None],
    "visit.drugs.10": [None, None, None],
    "visit.scores.1": [None, None, None],
    "visit.scores.1.label": [["code_100"], None, None],
    "visit.scores.2": [[7], [1], None],
    "visit.scores.2.label": [["code_219"], None, None],
    "visit.scores.10": [None, None, None],
    "visit.scores.10.label": [None, None, None],
    "visit.seen.1": [None, None, None],
    "visit.seen.1.label": ["long_ago", None, None],
    "visit.seen.2": [None, None, None],
    "visit.seen.2.label": [None, None, None],
    "visit.seen.10": [datetime(2020, 3, 1, 8, 30, tzinfo=timezone.utc), None, None],
    "visit.seen.10.label": [None, None, None],
}
ORDERED = _request(
    "visit.visit_id", "lab.crp", "dose.mg", "patient.patient_id",
    wide=("visit.day", "lab=visit.number", "dose.at"),
)  # fmt: skip
ORDERED_ANSWER = {
    # v0 and v2 are of one day: the lesser key comes first. The day of v4 is a sparse code.
    "visit.visit_id.1": ["v1", "v5", None],
    "visit.visit_id.2": ["v0", None, None],
    "visit.visit_id.3": ["v2", None, None],
    "lab.crp.1": [1.5, None, None],
    "lab.crp.2": [2.5, 3.5, None],
    # Without a primary key, what is shown tells rows of one day apart.
    "dose.mg.1": [10, None, None],
    "dose.mg.2": [20, None, None],
    "patient.patient_id": ["P1", "P2", "P3"],
}
CHOSEN = _request(
    "visit.visit_id", "visit.weight", "lab.lab_id", "patient.patient_id",
    wide=("visit.day:last", "lab.crp:first"), values=ValueMode.EXCLUDE_SPARSE,
)  # fmt: skip
CHOSEN_ANSWER = {
    "visit.visit_id.last": ["v2", "v5", None],
    "visit.weight.last": [None, None, None],
    "lab.lab_id.first": [2, 3, None],
    "patient.patient_id": ["P1", "P2", "P3"],
}
REQUESTS = {
    "by numbers": (NUMBERED, NUMBERED_ANSWER),
    "by dates": (ORDERED, ORDERED_ANSWER),
    "one of them": (CHOSEN, CHOSEN_ANSWER),
}
"""Requests, and what they give: worked out by hand."""
