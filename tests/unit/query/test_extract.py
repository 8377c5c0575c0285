"""What an extract asks for: columns, rows, their order, and what is refused."""

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dataset import TableSlice
from apollo_spark.query.extract import ExtractRequest, build_extract, build_extract_per_entity
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from tests.support.hospital import HOSPITAL_ROWS, hospital_dictionary
from tests.support.questions import all_fields
from tests.support.tables import FileTables, answer, as_multiset, join_outward

Ask = Callable[[exp.Query], list[tuple[Any, ...]]]

DICTIONARY = hospital_dictionary()


def request(*fields: str, values: ValueMode = ValueMode.RAW) -> ExtractRequest:
    return ExtractRequest(fields=fields, values=values)


@pytest.mark.parametrize("values", list(ValueMode), ids=str)
def test_an_extract_of_everything_equals_nested_loops(ask: Ask, values: ValueMode) -> None:
    fields = all_fields(DICTIONARY)

    rows = ask(build_extract(QueryScope(DICTIONARY), request(*fields, values=values)).tree)

    expected = join_outward(DICTIONARY, HOSPITAL_ROWS, fields, values)
    assert as_multiset(rows) == as_multiset(expected)


def test_rows_come_by_the_main_key_and_then_the_keys_along_the_path(ask: Ask) -> None:
    plan = build_extract(QueryScope(DICTIONARY), request("test.test_id", "patient.patient_id"))

    assert ask(plan.tree) == [
        ("t3", "P1"), (None, "P10"), (None, "P2"), ("t1", "P2"), ("t2", "P2"), (None, "P3"),
        (None, "Ä"),
    ]  # fmt: skip
    assert plan.columns == ("test.test_id", "patient.patient_id")
    assert plan.entities == ("patient", "visit", "test")


def test_the_main_key_orders_rows_that_do_not_show_it(ask: Ask) -> None:
    plan = build_extract(QueryScope(DICTIONARY), request("visit.visit_id"))

    assert ask(plan.tree) == [(13,), (None,), (11,), (12,), (None,), (None,)]


def test_an_entity_without_a_key_is_ordered_by_what_is_shown(ask: Ask) -> None:
    plan = build_extract(QueryScope(DICTIONARY), request("note.note_text"))

    assert ask(plan.tree) == [(None,), (None,), ("",), ("line\nfeed\ttab\r",), (None,), (None,)]


def test_columns_are_named_as_asked(hospital: FileTables) -> None:
    plan = build_extract(QueryScope(DICTIONARY), request("hospital.city", "patient.hid"))

    reader = EmbeddedEngine(hospital).run(plan.tree, hospital.pins)

    expected = pa.schema([("hospital.city", pa.string()), ("patient.hid", pa.int64())])
    assert reader.schema == expected


@pytest.mark.parametrize(
    ("fields", "multiplying"),
    [
        (("patient.name", "test.result"), ()),
        (("visit.visit_id", "note.note_text"), ("visit", "note")),
        (("test.result", "visit.visit_id", "note.note_text"), ("note", "test")),
        (("visit.visit_id", "consent.signed", "hospital.city"), ()),
    ],
    ids=["one branch", "two branches", "a grandchild and a child", "at most one row each"],
)
def test_entities_that_multiply_rows_are_named(
    fields: tuple[str, ...], multiplying: tuple[str, ...]
) -> None:
    assert build_extract(QueryScope(DICTIONARY), request(*fields)).multiplying == multiplying


def test_one_entity_alone_gives_its_own_rows_in_the_order_of_the_main_key(ask: Ask) -> None:
    plans = build_extract_per_entity(
        QueryScope(DICTIONARY), request("test.test_id", "hospital.city", "visit.visit_id")
    )

    assert {entity: ask(plan.tree) for entity, plan in plans.items()} == {
        "test": [("t3",), ("t1",), ("t2",)],
        "hospital": [('say "hi" `there`',), (None,), ("nobody's",)],
        "visit": [(14,), (15,), (13,), (11,), (12,)],
    }
    assert plans["test"].columns == ("test.test_id",)


def test_all_unknown_fields_are_named_with_what_was_probably_meant() -> None:
    with pytest.raises(NotFoundError) as caught:
        build_extract(
            QueryScope(DICTIONARY),
            request("patient.weigth", "patient.sex", "vist.reason", "hid", "note.zzz"),
        )

    assert str(caught.value).splitlines() == [
        "These fields cannot be found:",
        "  patient.weigth (did you mean 'weight'?)",
        "  vist.reason (did you mean 'visit'?)",
        "  hid",
        "  note.zzz",
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((), "No field is asked for."),
        (
            ("patient.sex", "patient.hid", "patient.sex"),
            "These fields are asked for more than once: patient.sex.",
        ),
    ],
)
def test_no_field_and_a_repeated_field_are_refused(fields: tuple[str, ...], text: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(text)}"):
        build_extract(QueryScope(DICTIONARY), request(*fields))


def test_slices_of_an_entity_are_joined_by_its_key(hospital: FileTables) -> None:
    whole = hospital.tables["patient"]
    first = ("patient_id", "sex", "hid")
    second = ("name", "cancers")
    hospital.add("patient_1", whole.select(first))
    hospital.add("patient_2", whole.select(["patient_id", *second]).slice(1, 3))
    slices = {
        "patient": (
            TableSlice(table="patient_1", fields=first),
            TableSlice(table="patient_2", fields=second),
        )
    }
    asked = request(
        "patient.name", "patient.patient_id", "hospital.city", "patient.cancers",
        values=ValueMode.DECODED,
    )  # fmt: skip

    plan = build_extract(QueryScope(DICTIONARY, slices), asked)

    kept = {row["patient_id"] for row in HOSPITAL_ROWS["patient"][1:4]}
    patients = [
        row if row["patient_id"] in kept else {**row, "name": None, "cancers": None}
        for row in HOSPITAL_ROWS["patient"]
    ]
    rows = answer(EmbeddedEngine(hospital).run(plan.tree, hospital.pins))
    expected = join_outward(
        DICTIONARY, {**HOSPITAL_ROWS, "patient": patients}, asked.fields, asked.values
    )
    assert as_multiset(rows) == as_multiset(expected)
