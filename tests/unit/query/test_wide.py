"""Wide extracts: which rows become which columns, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from apollo_spark.engines import fetching
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.wide import build_wide
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.query.extract import ExtractPlan, ExtractRequest
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.wide import plan as wide_plan
from apollo_spark.query.wide.plan import plan_wide
from apollo_spark.workers.values import fetching as task
from tests.support.repeated import DICTIONARY, REQUESTS, ROWS
from tests.support.tables import FileTables, answer, arrow_tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> FileTables:
    found = FileTables(tmp_path_factory.mktemp("repeated"))
    for name, table in arrow_tables(DICTIONARY, ROWS).items():
        found.add(name, table, files=2)
    return found


def plan_of(
    tables: FileTables, request: ExtractRequest, said: list[str] | None = None
) -> ExtractPlan:
    engine = EmbeddedEngine(tables, threads=1)
    said = [] if said is None else said
    return build_wide(engine, plan_wide(QueryScope(DICTIONARY), request), tables.pins, said.append)


def columns(reader: Any) -> dict[str, list[Any]]:
    names, rows = reader.schema.names, answer(reader)
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("cells", [1, 10_000_000], ids="{} cells together".format)
@pytest.mark.parametrize("fewest", [1, 1000], ids=["by keys", "one statement"])
def test_every_type_comes_as_worked_out_by_hand(
    tables: FileTables, request_: str, fewest: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, expected = REQUESTS[request_]
    monkeypatch.setattr(fetching, "FEWEST_FETCHED", fewest)
    for each in ("CELLS_READ", "CELLS_SHOWN", "FEWEST_ROWS"):
        monkeypatch.setattr(task, each, cells)
    engine = EmbeddedEngine(tables, threads=1)
    plan = plan_of(tables, request)

    reader = answer_fields(engine, plan, tables.pins)

    assert reader.schema.names == [*plan.columns]
    assert reader.schema == engine.run(plan.tree, tables.pins).schema
    assert columns(reader) == expected
    assert columns(engine.run(plan.tree, tables.pins)) == expected


def test_rows_in_no_column_are_counted(tables: FileTables) -> None:
    said: list[str] = []

    plan_of(tables, REQUESTS["by dates"][0], said)

    assert said == [
        "note: of visit, rows in no column because visit.day is missing or a sparse code: 2",
        "note: of dose, rows in no column because dose.at is missing or a sparse code: 1",
    ]


WRONG: dict[str, tuple[tuple[str, ...], tuple[str, ...], type[Exception], str]] = {
    "an unknown field": (
        ("visit.fev1",), ("visit.nomber",), NotFoundError,
        "These fields cannot be found:\n  visit.nomber (did you mean 'number'?)",
    ),
    "an unknown entity": (
        ("visit.fev1",), ("vsit=visit.number",), NotFoundError,
        "There is no entity 'vsit' (did you mean 'visit'?).",
    ),
    "the main entity": (
        ("visit.fev1", "patient.patient_id"), ("patient.site:first",), UsageError,
        "'patient' is the main entity: the wide form has one row for each of its rows.",
    ),
    "an entity of which each person has one row": (
        ("site.city",), ("site.city:first",), UsageError,
        "'site' has at most one row for each row of 'patient', so the wide form is not for it.",
    ),
    "an entity twice": (
        ("visit.fev1",), ("visit.number", "visit.day"), UsageError,
        "The wide form is asked for more than once of: visit.",
    ),
    "none of its fields": (
        ("patient.site",), ("visit.number",), UsageError,
        "The wide form of visit is asked for, and none of its fields.",
    ),
    "several rows and nothing said": (
        ("visit.fev1", "lab.crp"), ("visit.number",), UsageError,
        "One row of 'patient' may have several rows of: lab. There is one row for each, so what",
    ),
    "a way that is none": (
        ("visit.fev1",), ("visit.day:newest",), UsageError,
        "The wide form knows :number, :order, :first, :last, not 'visit.day:newest'.",
    ),
    "a text": (
        ("visit.fev1",), ("visit.of:order",), UsageError,
        "visit.of (string) cannot number the rows of 'visit' by itself.",
    ),
    "a number with digits, alone": (
        ("visit.fev1",), ("visit.weight",), UsageError,
        "visit.weight (float) cannot number the rows of 'visit' by itself.",
    ),
    "several values": (
        ("visit.fev1",), ("visit.scores",), UsageError,
        "visit.scores (multi-select) cannot number the rows of 'visit' by itself.",
    ),
    "a date as a number": (
        ("visit.fev1",), ("visit.day:number",), UsageError,
        "visit.day (date) is not a whole number, which :number needs. Ask for visit.day:order",
    ),
    "a field below": (
        ("visit.fev1",), ("visit=lab.crp:first",), UsageError,
        "lab.crp cannot number the rows of 'visit'. No row of 'visit' belongs to one of 'lab'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_has_no_meaning_is_refused(tables: FileTables, case: str) -> None:
    fields, wide, error, text = WRONG[case]

    with pytest.raises(error) as caught:
        plan_of(tables, ExtractRequest(fields=fields, wide=wide))

    assert str(caught.value).startswith(text)


def test_numbers_of_several_rows_of_a_person_are_refused(
    tables: FileTables, tmp_path: Path
) -> None:
    twice = FileTables(tmp_path)
    rows = [
        {**each, "number": 1 if each["number"] == 10 else each["number"]} for each in ROWS["visit"]
    ]
    for name, table in arrow_tables(DICTIONARY, {**ROWS, "visit": rows}).items():
        twice.add(name, table)

    with pytest.raises(UsageError) as caught:
        plan_of(
            twice,
            ExtractRequest(
                fields=("lab.crp", "visit.fev1"), wide=("visit.number", "lab=visit.number")
            ),
        )

    assert str(caught.value) == (
        "Rows of one row of 'patient' have the same number:\n"
        "  visit.number: 1 numbers of rows of 'visit'\n"
        "One column holds one value.\n"
        "Ask for a field that tells the rows apart, or for one of visit.number:order, :first and "
        ":last."
    )


def test_too_many_columns_and_none_are_refused(
    tables: FileTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_plan, "MOST_COLUMNS", 3)
    asked = ExtractRequest(fields=("patient.site", "visit.fev1"), wide=("visit.number",))
    nobody = ExtractRequest(fields=("lab.crp",), wide=("lab=visit.number",))

    with pytest.raises(
        UsageError, match=r"^These would be 4 columns, and a wide extract has at most 3\."
    ):
        plan_of(tables, asked)
    with pytest.raises(UsageError, match=r"^There is no row that becomes a column"):
        plan_wide(QueryScope(DICTIONARY), nobody).build({"lab": wide_plan.FoundSlots(())})
