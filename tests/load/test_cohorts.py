"""Cohorts through the command line: made, narrowed, combined, counted, and kept."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import apollo_spark as ap
from tests.support.cohorts import WOMEN, ids, made, two_cohorts
from tests.support.study import Study, prepared


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return prepared(two_cohorts, tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(two_cohorts, tmp_path)


def test_a_cohort_says_exactly_what_scripts_rely_on(loaded: Study) -> None:
    assert made(loaded, "count", "women").out == "2\n"
    assert made(loaded, "count", "women@1", "--json").json == {"count": 2}
    assert made(loaded, "ids", "women").out == "P1\nP3\n"
    shown = made(loaded, "show", "women", "--json").json
    told = {key: shown[key] for key in ("name", "version", "kind", "dataset", "main_entity")}
    assert told == {
        "name": "women", "version": 1, "kind": "cohort", "dataset": "study@1",
        "main_entity": "patient",
    }  # fmt: skip
    assert (shown["filter"], shown["count"]) == (WOMEN, 2)
    assert (
        shown["filter_prose"] == "Patients where Sex is Female (F), and Weight is greater than 60."
    )
    assert shown["filter_prose"] in made(loaded, "show", "women").out
    assert shown["filter_json_problems"] == []
    (part,) = shown["filter_json"]["pheno_filters"]["compound"]
    assert part["filters"] == {
        "patient$sex": [{"condition": "is", "values": ["F"]}],
        "patient$weight": [{"condition": "greater-than", "values": [60]}],
    }
    assert loaded.ask("show", "women", "--json").json == shown
    assert "2 of patient in study@1" in made(loaded, "show", "women").out


def test_a_cohort_is_made_of_the_json_that_another_tells(study: Study) -> None:
    shown = made(study, "show", "women", "--json").json
    file = study.write("women.json", json.dumps(shown["filter_json"]))

    same = made(study, "create", "women", "--from", "study", "--filter-json", file)
    everybody = made(study, "create", "all", "--from", "study", "--filter-json", "{}")

    assert (same.last_line, everybody.last_line) == ("women@1", "all@1")
    assert (len(ids(study, "all")), made(study, "count", "women").out) == (4, "2\n")
    told = [
        made(study, "show", made(study, "create", "x", *words).last_line, "--json").json
        for words in (
            ("--from", "study", "--filter", "not patient.weight < 60 and count(visit) > 1"),
            ("--from", "women", "--filter", WOMEN),
            ("--from", "study", "--ids", study.folder / "ids.txt"),
        )
    ]
    assert [each["filter_json"] for each in told] == [None] * 3
    assert [each["filter_json_problems"] for each in told] == [
        ["patient.weight: there is no condition for the opposite of '<'",
         "there are no words for 'count'"],
        ["the cohort is made of other cohorts"],
        ["the cohort is made of a list of ids"],
    ]  # fmt: skip


def test_a_condition_written_in_python_goes_where_a_filter_goes(study: Study) -> None:
    lake = ap.open_lake(str(study.lake))
    data = lake.dataset("study")
    women = (data.patient.sex == "F") & (data.patient.weight > 60)

    same = lake.create_cohort("women", source="study", filter=women)
    view = lake.view("study", as_name="part", rows=data["patient"].weight > 60, dry_run=True)

    assert (str(women), str(same.version), same.is_new) == (WOMEN, "women@1", False)
    assert view.receipt.rows == 2
    said = "Patients where Weight is greater than 60."
    assert (data.describe(data.patient.weight > 60), view.notes[0]) == (
        said,
        f"the view keeps: {said}",
    )
    assert data.describe("patient.weight > 60") == said
    with pytest.raises(ap.NotFoundError, match=r"no field patient\.wait"):
        data.patient.wait  # noqa: B018 the name alone is refused


def test_a_cohort_of_nobody_is_a_result(study: Study) -> None:
    nobody = ("--from", "study", "--filter", "patient.weight > 1000")

    assert made(study, "create", "nobody", *nobody).last_line == "nobody@1"
    assert made(study, "count", "nobody").out == "0\n"
    assert made(study, "ids", "nobody").out == ""
    assert made(study, "count", *nobody, "--json").json == {"count": 0}


def test_the_same_again_is_there_already_and_another_is_the_next_version(study: Study) -> None:
    again = made(study, "create", "women", "--from", "study", "--filter", f" {WOMEN}", "--json")
    listed = study.write("ordered.txt", "P1\nP2\n")

    assert (again.json["published"], again.json["current"]) == ([], ["women@1"])
    same = made(study, "create", "listed", "--from", "study", "--ids", listed)
    assert (same.last_line, "already listed@1" in same.err) == ("listed@1", True)
    for number, more in enumerate((("--title", "Women"), ("--description", "of weight")), start=2):
        words = ("--from", "study", "--filter", WOMEN, *more)
        assert made(study, "create", "women", *words).last_line == f"women@{number}"
    versions = study.ask("history", "women", "--json").json["versions"]
    assert [(each["version"], each["rows"]) for each in versions] == [(1, 2), (2, 2), (3, 2)]


def test_ids_come_all_or_none_and_are_never_told(study: Study) -> None:
    refused = study.ask(
        "cohort", "create", "bad", "--from", "study", "--ids", study.folder / "unknown.txt"
    )

    assert refused.code == 13
    assert "2 of 3 ids are of nobody in study@1" in refused.err
    assert not {"P1", "P8", "P9"} & set(refused.err.replace(".", " ").split())
    assert study.ask("show", "bad").code == 13
    records = [
        repr(pq.read_table(each).to_pylist())
        for each in sorted((study.lake / "registry" / "records").rglob("*.parquet"))
    ]
    assert any("listed" in each for each in records)
    assert not any(re.search(r"\bP2\b", each) for each in records)
    assert made(study, "show", "listed", "--json").json["receipt"] == {
        "count": 2, "elsewhere": 0, "ids": 2, "of": 4, "operation": "cohort", "repeated": 1,
    }  # fmt: skip


def test_a_cohort_narrows_another_by_a_filter_or_by_ids(study: Study) -> None:
    made(study, "create", "old", "--from", "women", "--filter", "patient.born < 1965-01-01")
    few = made(study, "create", "few", "--from", "women", "--ids", study.folder / "ids.txt")

    assert (ids(study, "old"), ids(study, "few")) == (["P1"], ["P1"])
    assert "1 of 2 ids are not in women@1" in few.err
    made(study, "create", "fewer", "--from", "few", "--filter", "patient.weight > 70")
    steps = made(study, "attrition", "fewer", "--json").json["steps"]
    assert [(each["left"], each["alone"]) for each in steps] == [(2, 2), (2, 2), (1, 2), (0, 1)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('patient.patient_id in ("P1", "P3") and patient.weight > 1', 0),
        ('patient.patient_id is not missing and not patient.patient_id in ("P1")', 0),
        ('patient.patient_id = "P1" or patient.weight > 1', 2),
        ('patient.patient_id between "P1" and "P3"', 2),
    ],
)
def test_ids_narrow_lists_of_ids_and_no_other_condition_on_the_key(
    study: Study, text: str, code: int
) -> None:
    made(study, "create", "keyed", "--from", "study", "--filter", text)

    result = study.ask(
        "cohort", "create", "few", "--from", "keyed", "--ids", study.folder / "ids.txt"
    )

    assert result.code == code, result.err
    if code:
        assert "A list of ids cannot narrow keyed@1" in result.err
        assert "apollo cohort combine NAME --operation intersect keyed@1" in result.err


def test_combinations_combine_again(study: Study) -> None:
    found = {}
    for operation, cohorts in {
        "union": ("women", "listed"), "intersect": ("women", "listed"),
        "subtract": ("women", "listed"), "exactly-one": ("women", "listed"),
        "complement": ("union",),
    }.items():  # fmt: skip
        made(study, "combine", operation, "--operation", operation, *cohorts)
        found[operation] = ids(study, operation)
    assert found == {
        "union": ["P1", "P2", "P3"], "intersect": ["P1"], "subtract": ["P3"],
        "exactly-one": ["P2", "P3"], "complement": ["P4"],
    }  # fmt: skip
    made(study, "combine", "all", "--operation", "union", "complement", "union")
    assert made(study, "count", "all").out == "4\n"
    assert made(study, "show", "subtract", "--json").json["filter"] == (
        'in cohort "women@1" and not in cohort "listed@1"'
    )
    steps = made(study, "attrition", "subtract", "--json").json["steps"]
    assert steps == [
        {"rule": 'in cohort "women@1"', "left": 2, "alone": 2},
        {"rule": 'not in cohort "listed@1"', "left": 1, "alone": 2},
    ]


def test_cohorts_of_other_versions_or_views_are_not_combined(study: Study) -> None:
    study.ask("view", "study", "--as", "part", "--rows", "patient.weight > 60")
    made(study, "create", "part_women", "--from", "part", "--filter", 'patient.sex = "F"')
    study.ask("extend", "study", "--data", f"patient={study.write('more.csv', MORE)}")
    made(study, "create", "new", "--from", "study", "--filter", "patient.bmi > 1")

    for name, fix in (
        ("new", "apollo rebase women --onto study@2 --apply"),
        ("part_women", f"apollo cohort create women --from part@1 --filter '{WOMEN}'"),
    ):
        refused = study.ask("cohort", "combine", "x", "--operation", "union", "women", name)
        assert (refused.code, fix in refused.err) == (14, True), refused.err
        assert "cohorts are based on different versions or views" in refused.err


MORE = "patient_id,bmi\nP1,20\nP2,22\nP3,23\nP4,24\n"


def test_a_cohort_over_a_view_sees_the_rows_of_the_view_alone(study: Study) -> None:
    study.ask("view", "study", "--as", "part", "--rows", "patient.weight > 60")
    made(study, "create", "all", "--from", "part", "--filter", "patient.patient_id is not missing")
    made(study, "combine", "none", "--operation", "complement", "all")

    assert (ids(study, "all"), ids(study, "none")) == (["P1", "P3"], [])
    other = study.write("p2.txt", "P2\n")
    assert study.ask("cohort", "create", "x", "--from", "part", "--ids", other).code == 13
    lines = study.ask("show", "all").out + study.ask("show", "all", "--json").out
    assert "weight" not in lines


def test_what_a_cohort_needs_stays_while_it_lives(study: Study) -> None:
    made(study, "combine", "both", "--operation", "intersect", "women", "listed")
    made(study, "create", "narrow", "--from", "both", "--filter", "patient.weight > 1")
    for name in ("study@1", "women@1", "listed@1", "both@1"):
        assert study.ask("retire", name).code == 0
    assert study.ask("gc", "--apply", "--grace", "0").code == 0

    assert (ids(study, "narrow"), made(study, "count", "narrow").out) == (["P1"], "1\n")
    assert study.ask("verify", "--deep").code == 0
    refused = study.ask("cohort", "create", "x", "--from", "both", "--filter", "patient.weight > 1")
    assert (refused.code, "both@1 is retired" in refused.err) == (13, True)
    assert study.ask("retire", "narrow@1").code == 0
    study.ask("gc", "--apply", "--grace", "0")
    assert list((study.lake / "tables").glob("*/*")) == []


def test_withdrawn_people_are_in_no_cohort(study: Study) -> None:
    made(study, "combine", "others", "--operation", "complement", "women")
    gone = study.write("gone.csv", "patient_id\nP1\nP4\n")
    assert study.ask("withdraw", gone, "--of", "study.patient", "--apply").code == 0

    assert [ids(study, each) for each in ("women", "listed", "others")] == [["P3"], ["P2"], ["P2"]]
    shown = made(study, "show", "women", "--json").json
    assert (shown["count"], shown["count_published"]) == (1, 2)
    assert shown["withdrawn"] == {"study.patient": 2}
    again = study.ask("cohort", "create", "x", "--from", "study", "--ids", study.folder / "ids.txt")
    assert (again.code, "1 of 2 ids are of nobody" in again.err) == (13, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("create", "x", "--from", "study"), 2, "one of a filter, a file with one, one as"),
        (("create", "x", "--from", "study", "--filter", "patient.wait = 1"), 13, "patient.wait"),
        (("create", "x", "--from", "study", "--filter", "patient.sex >"), 2, "The filter"),
        (("create", "x", "--from", "nowhere", "--filter", WOMEN), 13, "There is no 'nowhere'"),
        (("create", "study", "--from", "study", "--filter", WOMEN), 14, "taken by a dataset"),
        (("create", "a b", "--from", "study", "--filter", WOMEN), 2, "cannot be the name"),
        (("create", "x", "--from", "study", "--filter-file", "no.txt"), 2, "filter file 'no.txt'"),
        (("create", "x", "--from", "study", "--filter-json", "no.json"), 13, "no filter file"),
        (("create", "x", "--from", "study", "--filter-json", "{"), 2, "this is not JSON"),
        (("create", "x", "--from", "study", "--filter-json", '{"a":' * 99_999), 2, "levels deep"),
        (("create", "x", "--from", "study", "--ids", "no.txt"), 10, "list of ids no.txt"),
        (("combine", "x", "--operation", "union", "women"), 2, "' takes two cohorts or more, not"),
        (("combine", "x", "--operation", "complement", "women", "listed"), 2, "exactly one cohort"),
        (("combine", "x", "--operation", "union", "women", "study"), 13, "study@1 is a dataset"),
        (("count",), 2, "Name a cohort, or a dataset and a filter"),
        (("count", "women", "--from", "study"), 2, "Name a cohort, or a dataset and a filter"),
        (("ids", "study"), 13, "study@1 is a dataset and no cohort"),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_publishes_nothing(
    loaded: Study, words: tuple[str, ...], code: int, said: str
) -> None:
    result = loaded.ask("cohort", *words)

    assert (result.code, said in result.err) == (code, True), result.err
    names = [each["name"] for each in loaded.ask("list", "--json").json["records"]]
    assert names == ["listed", "study", "women"]


def test_a_dry_run_counts_and_publishes_nothing(study: Study) -> None:
    told = made(
        study, "create", "x", "--from", "women", "--ids", study.folder / "ids.txt", "--dry-run",
        "--json",
    ).json  # fmt: skip

    assert (told["published"], told["plan"]["does"], told["plan"]["people"]) == (
        [], "publish x@1", 1,
    )  # fmt: skip
    assert told["plan"]["tables"] == [{"table": "ids", "rows": 2, "files": None}]
    assert study.ask("show", "x").code == 13
