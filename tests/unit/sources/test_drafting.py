"""What a draft makes of columns: keys, references, codes, dates, units, marks and lists."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest

from apollo_spark.errors import DictionaryError
from apollo_spark.model.guess import Certainty, Guess
from apollo_spark.sources.drafting.draft import Draft, draft_dictionary
from apollo_spark.sources.drafting.facts import DraftFacts, draft_facts
from apollo_spark.sources.drafting.keys import DraftedFile
from apollo_spark.sources.drafting.marks import NO_MARKS
from apollo_spark.sources.drafting.missing import find_markers
from apollo_spark.sources.drafting.names import entity_word, key_rank, reference_rank
from apollo_spark.sources.drafting.units import unit_of

PEOPLE = {"patient_id": ["P1", "P2", "P3", "P4"]}


def facts(cells: Sequence[str], missing: Sequence[str] = ("",)) -> DraftFacts:
    """Return the facts of cells, read as two blocks."""
    texts = pa.array([None if each in missing else each for each in cells], pa.string())
    half = len(texts) // 2
    return draft_facts(texts.slice(0, half), missing) + draft_facts(texts.slice(half), missing)


def drafted(files: Mapping[str, Mapping[str, Sequence[str]]], main: str | None = None) -> Draft:
    """Return the draft of files, given by entity and column."""
    return draft_dictionary([_file(*each) for each in files.items()], main)


def _file(entity: str, columns: Mapping[str, Sequence[str]]) -> DraftedFile:
    found = {name: facts(cells) for name, cells in columns.items()}
    rows = max(map(len, columns.values()), default=0)
    return DraftedFile(entity, rows, found, {name: each.type for name, each in found.items()})


def column(header: str, cells: Sequence[str]) -> tuple[str, str, list[Guess]]:
    """Return the type and coding of a field of people, and what was guessed of it."""
    ids = [f"P{number}" for number in range(len(cells))]
    draft = drafted({"patient": {"patient_id": ids, header: cells}})
    spec = draft.dictionary.entities[0].fields[1]
    coding = draft.dictionary.find_coding(spec.coding_name)
    codes = "" if coding is None else ",".join(coding.codes)
    return str(spec.type), codes, [each for each in draft.guesses if each.field == spec.name]


def links(draft: Draft) -> set[str]:
    return {
        f"{each.from_entity}.{each.from_field} {each.relationship} {each.to_entity}.{each.to_field}"
        for each in draft.dictionary.relations
    }


@pytest.mark.parametrize(
    ("entity", "header", "rank"),
    [
        ("patients", "Id", 4),
        ("patients", "PATIENT_ID", 4),
        ("supplies", "supply_no", 4),
        ("clinical", "patient.bcr_patient_barcode", 3),
        ("visit", "SampleID", 2),
        ("visit", "value", 0),
    ],
)
def test_a_key_is_told_by_its_name(entity: str, header: str, rank: int) -> None:
    assert key_rank(entity, header, is_first=False) == rank


@pytest.mark.parametrize(
    ("header", "entity", "key", "rank"),
    [
        ("PATIENT_ID", "patients", "patient_id", 4),
        ("PATIENT", "patients", "Id", 3),
        ("visitId", "visits", "id", 3),
        ("GENDER_CONCEPT_ID", "concept", "CONCEPT_ID", 2),
        ("CODE", "patients", "Id", 0),
    ],
)
def test_a_reference_is_told_by_its_name(header: str, entity: str, key: str, rank: int) -> None:
    assert reference_rank(header, entity, key) == rank


@pytest.mark.parametrize(
    ("file", "word"),
    [("visits.data.csv", "visits"), ("DM.tsv.gz", "dm"), ("data_clinical_sample.txt", "sample")],
)
def test_an_entity_is_called_as_its_file(file: str, word: str) -> None:
    assert entity_word(file) == word


def test_files_are_joined_to_the_people_that_they_name() -> None:
    draft = drafted(
        {
            "visits": {"visit_no": ["1", "2", "3"], "patient": ["P1", "P1", "P4"]},
            "demographics": {"subject": ["P1", "P2", "P4"], "born": ["1950", "1960", "1960"]},
            "patients": {"id": ["P1", "P2", "P4", "P9"], "site": ["S1", "S1", "S2", "S2"]},
            "sites": {"site_id": ["S1", "S2", "S3"]},
        },
        main="patients",
    )

    assert draft.dictionary.main_entity == draft.dictionary.entities[0].name == "patients"
    assert links(draft) == {
        "visits.patient many_to_one patients.id",
        "patients.site many_to_one sites.site_id",
    }
    assert draft.dictionary.unjoined == {"demographics"}


def test_people_are_the_main_entity_and_of_them_who_most_refer_to() -> None:
    visits = {"id": ["V1", "V2", "V3"], "person_id": ["1", "2", "2"]}

    draft = drafted({"visit": visits, "person": {"person_id": ["1", "2", "3"]}})

    assert draft.dictionary.main_entity == "person"


def test_a_part_of_the_people_is_joined_one_to_one() -> None:
    draft = drafted({"patient": PEOPLE, "surgery": {"patient_id": ["P1", "P3"]}})

    assert links(draft) == {"surgery.patient_id one_to_one patient.patient_id"}


def test_values_that_are_no_keys_join_nothing() -> None:
    draft = drafted({"patient": PEOPLE, "visit": {"patient_id": ["P1", "P1", "P8"]}})

    assert links(draft) == set()
    assert [each.proposed for each in draft.guesses if each.what == "reference"] == [
        "joined to nothing"
    ]


def test_small_numbers_that_are_alike_by_chance_join_nothing() -> None:
    visits = {"patient_id": ["P1", "P2", "P2"], "score": ["1", "2", "2"]}

    draft = drafted({"patient": PEOPLE, "visit": visits, "scanner": {"id": ["1", "2", "3"]}})

    assert links(draft) == {"visit.patient_id many_to_one patient.patient_id"}


def test_people_that_another_file_lists_otherwise_are_looked_up_there() -> None:
    periods = {"period_id": ["1", "2", "3"], "person_id": ["7", "8", "9"]}

    draft = drafted({"person": {"person_id": ["7", "8"]}, "period": periods})

    assert links(draft) == {"person.person_id one_to_one period.person_id"}


def test_a_file_without_rows_is_joined_by_names_alone() -> None:
    draft = drafted({"patient": PEOPLE, "death": {"patient_id": [], "day": []}})

    assert links(draft) == {"death.patient_id many_to_one patient.patient_id"}
    [guess] = [each for each in draft.guesses if each.what == "reference"]
    assert guess.certainty is Certainty.UNSURE


def test_a_column_with_an_empty_cell_or_a_repeated_one_is_not_a_key() -> None:
    with pytest.raises(DictionaryError, match="no key was found"):
        drafted({"visit": {"visit_id": ["1", "", "3"], "patient_id": ["P1", "P1", "P2"]}})


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["1", "2", "1", "2"], "1,2"),
        (["f", "m", "f", "m"], "f,m"),
        (["f", "m", "f", "x"], ""),
    ],
)
def test_few_values_that_repeat_are_codes(cells: list[str], codes: str) -> None:
    assert column("sex", cells)[1] == codes


MEASURED = [str(each / 2) for each in range(20, 40)]


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        (["-9", "-9"], "-9"),
        (["-1"], "-1"),
        (["-5"], ""),  # a single one may be measured
        (["-5", "-5"], "-5"),
        (["999"], "999"),
        (["99", "999"], "99,999"),
        (["-0.5", "-9"], ""),  # measurements lie below zero too
        (["95", "99"], ""),
    ],
)
def test_a_lonely_number_among_measurements_is_a_code(more: list[str], codes: str) -> None:
    kind, found, _ = column("fev1", MEASURED + more)

    assert (kind, found) == ("float", codes)


def test_few_measurements_have_no_lonely_number() -> None:
    assert column("fev1", ["1.5", "2.5", "-9"])[1] == ""
    assert NO_MARKS.lonely == ()


@pytest.mark.parametrize(
    ("cells", "kind", "format_", "certainty"),
    [
        (["31.01.1960", "1.2.1999"], "date", "dd.mm.yyyy", "sure"),
        (["01/02/1960", "03/04/1999"], "date", "dd/mm/yyyy", "unsure"),
        (["31/01/1960", "03/04/1999"], "date", "dd/mm/yyyy", "sure"),
        (["01/31/1960", "03/04/1999"], "date", "mm/dd/yyyy", "sure"),
        (["31-JAN-1960", "1-Feb-1999"], "date", "dd-mon-yyyy", "sure"),
        (["12JAN2020:10:30:00", "1FEB1999:00:00:01"], "datetime", "ddmonyyyy:hh:mi:ss", "sure"),
        (["19600131", "20200229"], "date", "yyyymmdd", "likely"),
        (["1,5", "2,25"], "float", "1,5", "sure"),
        (["1.234,5", "2,25"], "float", "1.234,5", "sure"),
        (["1 234", "22"], "integer", "1 234,5", "sure"),
        (["1 234 567", "1 234,5"], "float", "1 234,5", "sure"),
        (["1,234,567", "2"], "integer", "1,234.5", "sure"),
        (["1,234", "2,345"], "string", "", "unsure"),  # a decimal comma, or thousands
        (["31.02.1960", "01.02.1999"], "string", "", None),  # not a day of the calendar
        (["31.01.1960", "unknown"], "string", "", None),
        (["2020-01-31", "2020-02-01"], "date", "", None),
        (["1.5", "2"], "float", "", None),
        (["007", "012"], "string", "", None),
        (["19601331", "20200229"], "integer", "", None),
    ],
)
def test_dates_and_numbers_are_seen_however_they_are_written(
    cells: list[str], kind: str, format_: str, certainty: str | None
) -> None:
    ids = [f"P{number}" for number in range(len(cells))]
    draft = drafted({"patient": {"patient_id": ids, "x": cells}})
    spec = draft.dictionary.entities[0].fields[1]

    assert (str(spec.type), spec.format or "") == (kind, format_)
    found = [str(each.certainty) for each in draft.guesses if each.what == "format"]
    assert found == ([] if certainty is None else [certainty])


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["a|b", "a", "b|a", "b", "b|c", "c"], "a,b,c"),
        (["a|b", "c|d", "e|f"], ""),  # no value repeats
        (["a |b", "a", "b|a", "b"], ""),
        (["a||b", "a", "b|a", "b"], ""),
    ],
)
def test_several_values_of_a_cell_are_seen(cells: list[str], codes: str) -> None:
    _, found, guesses = column("drugs", cells)

    assert found == codes
    assert any(each.what == "multi-select" for each in guesses) is bool(codes)


def test_values_parted_by_another_character_are_told() -> None:
    _, codes, [guess] = column("drugs", ["a;b", "a", "b;a", "b"])

    assert codes == ""
    assert guess.why == "cells look like 2 values parted by ';'; a load parts by '|'"


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Weight (kg)", "kg"),
        ("fev1 [L]", "L"),
        ("glucose_mg_dl", "mg/dl"),
        ("bp_mmHg", "mmHg"),
        ("dose (mg/m2)", "mg/m2"),
        ("pack_years", None),
        ("Name (first)", None),
    ],
)
def test_a_unit_is_told_by_the_header(header: str, unit: str | None) -> None:
    found = unit_of(header)

    assert (found.unit if found else None) == unit


def test_a_unit_is_of_numbers_alone() -> None:
    assert not column("name_kg", ["a", "b"])[2]
    assert [each.proposed for each in column("w_kg", ["1.5", "2"])[2]] == ["kg"]


def test_texts_among_numbers_and_columns_of_nothing_are_told() -> None:
    odd = column("weight", [*map(str, range(60, 100)), "many"])
    empty = column("weight", ["", "", ""])

    assert [each.why for each in odd[2]] == ["all cells but 1 are numbers"]
    assert [each.why for each in empty[2]] == ["no cell has a value"]
    assert odd[0] == empty[0] == "string"


@pytest.mark.parametrize(
    ("cells", "markers"),
    [
        (["1", "NA", "3"], {"NA"}),
        (["31.01.1960", ".", "31.01.1961", "?"], {".", "?"}),
        (["NA", "DE", "?"], set()),  # Namibia
        (["1", "many", "N/A"], set()),
        (["NA", "NA"], set()),
    ],
)
def test_a_marker_means_missing_where_it_alone_is_no_number_or_date(
    cells: list[str], markers: set[str]
) -> None:
    assert find_markers(pa.array(cells)) == markers
