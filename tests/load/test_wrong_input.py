"""What wrong data get: an exit code, one clear message, and a lake as it was before."""

import gzip
from pathlib import Path

import pytest

from tests.support.loading import versions
from tests.support.secret import (
    SECRET,
    Prepared,
    SecretStudy,
    Wrong,
    file,
    leaks,
    pack,
    picture,
    prepare,
    require_next_load_works,
    require_refused,
    require_untouched,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def study(prepared: Prepared, tmp_path: Path) -> SecretStudy:
    return prepared.study(tmp_path)


def many_bad_cells(study: SecretStudy) -> None:
    rows = [f"{SECRET}-Q{i},F,1961-05-04,{SECRET}-{i},0,1" for i in range(10_000)]
    study.add("patient.csv", "\n".join(rows))


def keys_in_two_files(study: SecretStudy) -> None:
    study.write("more.csv", study.read("passport.csv").replace("X1,", "X7,"))
    study.data.append("passport=more.csv")


def headless(study: SecretStudy) -> None:
    study.write("passport.csv", study.read("passport.csv").partition("\n")[2])


P1 = f"{SECRET}-1,F,1961-05-04,61.5,0,1"
P4 = f"{SECRET}-4,,1944-02-29,58.25,,"


def cell(old: str, new: str, *words: str, name: str = "patient.csv", code: int = 12) -> Wrong:
    """Return a defect of one cell: `new` holds the secret."""
    return Wrong(code, (name, *words), lambda study: study.replace(name, old, new))


WRONG: dict[str, Wrong] = {
    "integer": cell(",0,1", f",{SECRET},1", "line 2, column smokes", "(cell_integer), once"),
    "float": cell("61.5", SECRET, "line 2, column weight", "(cell_float), once"),
    "date": cell("1961-05-04", SECRET, "line 2, column born", "(cell_date), once"),
    "datetime": cell(
        "2020-01-02 10:00:00", SECRET, "line 2, column seen", "(cell_datetime), once",
        name="visit.csv",
    ),
    "code": cell("-1,F,", f"-1,{SECRET},", "line 2, column sex", "coding 'sex'",
                 "(cell_code), once"),
    "code of a multi-select": cell("R1|R2", f"R1|{SECRET}", "line 2, column symptoms",
                                   "(cell_code), once", name="visit.csv"),
    "empty item": cell("R1|R2", "R1||R2", "line 2, column symptoms", "(cell_empty_item), once",
                       name="visit.csv"),
    "key missing": cell(P4, P4.partition(",")[1] + P4.partition(",")[2],
                        "line 5, column patient_id", "(key_missing), once"),
    "key twice": cell(P4, P4.replace("-4", "-1"), "column patient_id", "(key_unique), 2 times",
                      "lines 2, 5"),
    "reference to nobody": cell(f"3,{SECRET}-2", f"3,{SECRET}-9", "column patient_id",
                                "(reference_resolves), once", name="visit.csv"),
    "cardinality": cell(f"X2,{SECRET}-2", f"X2,{SECRET}-1", "column holder",
                        "(reference_cardinality), 2 times", name="passport.csv"),
    "ten thousand cells": file(many_bad_cells, "patient.csv: line 6, column weight",
                               "(cell_float), 10,000 times", code=12),
    "keys in two files": file(keys_in_two_files, "more.csv: line 3, column passport_id",
                              "passport.csv: line 3, column passport_id", "(key_unique), once",
                              code=12),
    "short row": file(lambda study: study.add("passport.csv", SECRET),
                      "passport.csv: line 4", "(row_length), once"),
    "long row": file(lambda study: study.add("passport.csv", f"X3,{SECRET}-3,{SECRET}"),
                     "passport.csv: line 4", "(row_length), once"),
    "quote inside": cell("Turin", f'{SECRET}"x"', "line 3", "(quoting), once", name="site.csv",
                         code=10),
    "quote never closed": cell("Turin", f'"{SECRET}', "line 3", "(quoting), once",
                               name="site.csv", code=10),
    "lone carriage return": cell("Turin", f"{SECRET}\rx", "line 3", "(line_end), once",
                                 name="site.csv", code=10),
    "header twice": file(
        lambda study: study.add("patient.csv", study.read("patient.csv").partition("\n")[0]),
        "patient.csv: line 6", "(header_repeated), once",
    ),
    "column twice": cell("visit_id,patient_id,seen", "visit_id,patient_id,patient_id",
                         "line 1", "'patient_id'", "(header_repeated_column), once",
                         name="visit.csv", code=10),
    "column missing": cell("site_id,city", "site_id,town", "line 1",
                           "(header_missing_column), once", "(header_unknown_column), once",
                           name="site.csv", code=10),
    "no header": file(headless, "passport.csv: line 1", "(header_missing_column)"),
    "gzip cut off": file(lambda study: pack(study, "visit.csv", cut=9),
                         "visit.csv", "(file_truncated), once"),
    "gzip cut off early": file(lambda study: pack(study, "visit.csv", cut=150),
                               "visit.csv", "(file_truncated), once"),
    "gzip damaged": file(lambda study: pack(study, "visit.csv", break_at=-6), "visit.csv",
                         "the compressed file", ", once"),
    "a picture": file(lambda study: study.write("site.csv", picture()), "site.csv: line 1",
                      "(file_not_text), once"),
    "a packed picture": file(
        lambda study: study.write("site.csv", gzip.compress(picture())), "site.csv: line 1",
        "(file_not_text), once",
    ),
    "not UTF-8": file(
        lambda study: study.write(
            "site.csv", study.read("site.csv").encode() + f"5,{SECRET} Älmhult\n".encode("cp1252")
        ),
        "site.csv: line 5", "(file_not_text), once",
    ),
    "a NUL": file(lambda study: study.add("site.csv", f"5,{SECRET}\0"), "site.csv: line 5",
                  "(file_not_text), once"),
    "empty file": file(lambda study: study.write("site.csv", ""), "site.csv",
                       "(file_empty), once"),
    "file missing": file(lambda study: (study.folder / "site.csv").unlink(), "site.csv",
                         "(file_missing), once"),
    "entity without file": file(lambda study: study.data.remove("site=site.csv"),
                                "entity 'site'", "(file_of_entity), once"),
    "file without entity": file(lambda study: study.data.append("sites=site.csv"),
                                "entity 'sites'", "did you mean 'site'", "(file_of_entity), once"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_wrong_data_get_their_code_and_a_message_without_values(
    prepared: Prepared, study: SecretStudy, wrong: Wrong
) -> None:
    wrong.make(study)

    require_refused(study.load(), wrong.code, *wrong.words)

    require_untouched(prepared, study)


def test_everything_wrong_is_told_at_once_and_the_next_load_needs_no_cleaning_up(
    prepared: Prepared, study: SecretStudy
) -> None:
    told = ("integer", "date", "code", "key missing", "empty item", "cardinality", "short row")
    for name in told:
        WRONG[name].make(study)

    require_refused(study.load(), 10, *(word for name in told for word in WRONG[name].words))

    require_untouched(prepared, study)
    require_next_load_works(study)


@pytest.mark.parametrize("name", ["ten thousand cells", "gzip cut off", "a picture", "key twice"])
def test_the_next_correct_load_needs_no_cleaning_up(
    prepared: Prepared, study: SecretStudy, name: str
) -> None:
    WRONG[name].make(study)
    for _ in range(2):
        require_refused(study.load(), WRONG[name].code)

    require_untouched(prepared, study)
    require_next_load_works(study)


def test_a_first_load_that_is_refused_leaves_no_version(tmp_path: Path) -> None:
    study = SecretStudy(tmp_path)
    study.replace("patient.csv", "61.5", SECRET)

    require_refused(study.load(), 12, "(cell_float)")

    assert versions(study.lake) == []
    assert study.ask("list").out.strip().count("\n") == 0
    assert study.ask("show", "study").code == 13


@pytest.mark.parametrize(
    "name", ["integer", "code", "key twice", "quote inside", "no header", "not UTF-8"]
)
def test_not_even_a_trace_shows_a_value(study: SecretStudy, name: str) -> None:
    WRONG[name].make(study)

    told = study.load("--verbose")

    assert told.code == WRONG[name].code
    assert "Traceback" in told.err
    assert SECRET not in told.err


def test_what_is_let_through_leaves_no_value_in_the_record(study: SecretStudy) -> None:
    study.write(
        "policy.yaml",
        "rules: {cell_float: quarantine, cell_code: warn, reference_resolves: quarantine}",
    )
    study.replace("patient.csv", "61.5", SECRET)
    study.replace("visit.csv", "R1|R2", f"R1|{SECRET}")

    loaded = study.load("--policy", study.folder / "policy.yaml", "--json", "--verbose")

    assert loaded.json["published"] == ["study@2"], loaded.err
    assert {each["rule"] for each in loaded.json["receipt"]["findings"]} > {"cell_float"}
    assert SECRET not in loaded.err + loaded.out
    assert leaks(study.lake) == []
    for words in (["show", "study", "--json"], ["show", "study", "--pins"], ["history", "study"],
                  ["fields", "study", "--json"], ["verify", "--deep"], ["list"]):  # fmt: skip
        asked = study.ask(*words)
        assert asked.code == 0
        assert SECRET not in asked.out + asked.err
