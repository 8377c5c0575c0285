"""The people of a cohort wherever rows are chosen: extracts, views, matrices, other filters."""

import shutil
from pathlib import Path

import pytest

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.errors import ConflictError, UsageError
from tests.support.study import CommandResult, Study

WOMEN = 'patient.sex = "F" and patient.weight > 60'
PEOPLE = "patient.patient_id,visit.visit_id"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("study"))
    assert study.load().code == 0
    matrix = study.write("rna.csv", "feature_id,P1,P2,P3\nENSG00000000001,1,2,3\n")
    rna = ("--assay", "rna", "--unit", "count", "--source", matrix)
    done(study, "load", "expression", "rna", *rna)
    link = ("--assay", "rna", "--link", "patient.patient_id")
    done(study, "merge", "assay", "rna", "study", "--as", "both", *link)
    ids = study.write("ids.txt", "P1\nP2\n")
    done(study, "cohort", "create", "women", "--from", "both", "--filter", WOMEN)
    done(study, "cohort", "create", "listed", "--from", "both", "--ids", ids)
    done(study, "cohort", "combine", "few", "--operation", "intersect", "women", "listed")
    return study


@pytest.fixture
def study(loaded: Study, tmp_path: Path) -> Study:
    """Return the study with a copy of its lake."""
    shutil.copytree(loaded.lake, tmp_path / "lake")
    return Study.reopen(loaded.folder, lake=tmp_path / "lake", data=loaded.data)


@pytest.fixture(scope="module")
def lake(loaded: Study) -> ApolloLake:
    return open_lake(str(loaded.lake))


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("women", "--fields", PEOPLE), ["P1,1", "P1,2", "P3,4"]),
        (("both", "--cohort", "few", "--fields", PEOPLE), ["P1,1", "P1,2"]),
        (("both", "--filter", "patient.weight > 70", "--fields", PEOPLE), ["P3,4"]),
        (
            ("both", "--filter", 'in cohort "listed" and not in cohort "women@1"',
             "--fields", PEOPLE),
            ["P2,3"],
        ),
        (("women", "--fields", "visit.visit_id"), ["1", "2", "4"]),
        (("women", "--fields", "site.city,patient.patient_id"), ["Uppsala,P1", "Uppsala,P3"]),
    ],
)  # fmt: skip
def test_fields_are_those_of_its_people(
    loaded: Study, words: tuple[str, ...], lines: list[str]
) -> None:
    assert done(loaded, "extract", "fields", *words).out.splitlines()[1:] == lines


def test_each_entity_has_the_rows_of_its_people(loaded: Study) -> None:
    file = loaded.folder / "out.csv"
    fields = ("--fields", "visit.visit_id,passport.passport_id,site.city", "--force")

    done(
        loaded, "extract", "fields", "both", "--cohort", "few", "--per-entity", "-o", file, *fields
    )

    for entity, rows in {"visit": "1\n2", "passport": "X1", "site": "Uppsala"}.items():
        text = (loaded.folder / f"out.{entity}.csv").read_text()
        assert text.partition("\n")[2] == f"{rows}\n"


@pytest.mark.parametrize(
    ("words", "samples"),
    [
        (("women",), ["P1", "P3"]),
        (("both", "--cohort", "few"), ["P1"]),
        (("both", "--filter", "patient.weight < 70"), ["P1"]),
    ],
)
def test_samples_are_those_of_its_people(
    loaded: Study, words: tuple[str, ...], samples: list[str]
) -> None:
    long = done(loaded, "extract", "expression", *words).out.splitlines()[1:]
    matrix = done(loaded, "extract", "expression", *words, "--matrix").out.splitlines()[1:]

    assert [each.split(",")[1] for each in long] == samples
    assert [each.split(",")[0] for each in matrix] == samples


def test_python_reads_the_people_of_a_cohort_everywhere(lake: ApolloLake) -> None:
    both, women = lake.dataset("both"), lake.cohort("women")

    assert women.ids == ["P1", "P3"]
    assert (women.count, women.filter, repr(women)) == (2, WOMEN, "<Cohort women@1>")
    assert (women.name, women.version, repr(women.dataset)) == ("women", 1, "<Dataset both@1>")
    assert [each.left for each in women.attrition().steps] == [2, 2]
    fields = ["patient.patient_id"]
    written = (both.patient.sex == "F") & (both.patient.weight > 60)
    assert str(written) == WOMEN
    measured = both.expression("rna", "ENSG00000000001") > 1
    assert both.condition(str(measured)) == measured
    assert both.only(where=measured).retrieve_fields(fields).column(0).to_pylist() == ["P2", "P3"]
    for options in ({"cohort": "women"}, {"cohort": women}, {"where": WOMEN}, {"where": written}):
        rows = both.retrieve_fields(fields, **options).column(0).to_pylist()  # type: ignore[call-overload]
        assert rows == ["P1", "P3"]
        matrix = both.assay("rna").matrix(**options)  # type: ignore[call-overload]
        assert list(matrix.index) == ["P1", "P3"]
        rows = both.assay("rna").expression(**options).column("sample_id")  # type: ignore[call-overload]
        assert rows.to_pylist() == ["P1", "P3"]
        visits = both["visit"].retrieve_fields(names=["visit_id"], **options)  # type: ignore[call-overload]
        assert visits.column(0).to_pylist() == [1, 2, 4]
    assert both.only(women).assay("rna").samples() == ("P1", "P3")
    with pytest.raises(UsageError, match="Rows are chosen by a cohort or by a filter, not by both"):
        both.retrieve_fields(fields, cohort="women", where=WOMEN)
    with pytest.raises(ConflictError, match=r"women@1 is based on both@1, and not on study@1"):
        lake.dataset("study").retrieve_fields(fields, cohort="women")


def test_python_makes_cohorts(study: Study) -> None:
    lake = open_lake(str(study.lake))

    both = lake.dataset("both")
    made = both.cohort("light", where=both.patient.weight < 70, title="Light")
    again = lake.create_cohort("light", source="both", filter="patient.weight < 70", title="Light")
    other = lake.combine_cohorts("heavy", operation="complement", cohorts=["light"])

    assert (made.ids, made.record.title) == (["P1", "P4"], "Light")
    assert (again.is_new, again.cohort.ids, other.cohort.ids) == (False, ["P1", "P4"], ["P2", "P3"])
    planned = lake.combine_cohorts("x", operation="union", cohorts=["light", "heavy"], dry_run=True)
    assert planned.receipt.count == 4
    with pytest.raises(UsageError, match="this was a dry run"):
        _ = planned.cohort


def test_a_filter_that_names_cohorts_is_a_cohort_that_needs_them(study: Study) -> None:
    text = 'not in cohort "listed" or patient.weight < 62'
    done(study, "cohort", "create", "more", "--from", "women", "--filter", text)
    done(study, "cohort", "create", "most", "--from", "both", "--filter", 'in cohort "more"')
    for name in ("listed@1", "women@1", "few@1", "more@1"):
        done(study, "retire", name)
    done(study, "gc", "--apply", "--grace", "0")

    assert done(study, "cohort", "ids", "most").out.splitlines() == ["P1", "P3"]
    shown = done(study, "cohort", "show", "most", "--json").json
    assert (shown["filter"], shown["parents"]) == ('in cohort "more@1"', ["both@1", "more@1"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("both", "--cohort", "women", "--filter", WOMEN), 2, "not by both"),
        (("women", "--cohort", "few"), 2, "women@1 is a cohort: its people are read"),
        (("both", "--filter", 'in cohort "nobody"'), 13, "There is no 'nobody'"),
        (("both", "--filter", 'in cohort "study"'), 13, "study@1 is a dataset and no cohort"),
        (("study", "--cohort", "women"), 14, "women@1 is based on both@1, and not on study@1"),
        (("study", "--filter", 'in cohort "women"'), 14, "women@1 is based on both@1"),
        (("both", "--filter", 'in cohort "women" and patient.wait = 1'), 13, "patient.wait"),
    ],
)
def test_people_who_cannot_be_meant_are_refused(
    loaded: Study, words: tuple[str, ...], code: int, said: str
) -> None:
    result = loaded.ask("extract", "fields", *words, "--fields", "patient.patient_id")

    assert (result.code, result.out, said in result.err) == (code, "", True), result.err


VIEWS = {
    "women": ["P1", "P3"],
    "few": ["P1"],
    "listed@1": ["P1", "P2"],
    'patient.weight < 60 or in cohort "few"': ["P1", "P4"],
    'patient.weight < 60 or exists(visit: in cohort "few" and visit.visit_id > 0)': ["P1", "P4"],
}


@pytest.mark.parametrize("rows", VIEWS)
def test_a_view_keeps_the_meaning_of_a_cohort_by_value(study: Study, rows: str) -> None:
    done(study, "view", "both", "--as", "part", "--rows", rows, "--assays", "")
    again = done(study, "view", "both", "--as", "part", "--rows", rows, "--assays", "")
    for name in ("few@1", "women@1", "listed@1", "both@1"):
        done(study, "retire", name)
    done(study, "gc", "--apply", "--grace", "0")
    done(study, "view", "part", "--as", "less", "--rows", "patient.born < 1999-01-01")

    assert again.last_line == "part@1"
    for name in ("part", "less"):
        fields = ("--fields", "patient.patient_id")
        assert done(study, "extract", "fields", name, *fields).out.splitlines()[1:] == VIEWS[rows]
    visits = done(study, "extract", "fields", "part", "--fields", "visit.patient_id").out
    assert {*visits.splitlines()[1:]} - {'""'} == {"P1", "P2", "P3"} & set(VIEWS[rows])
    done(study, "verify", "part", "--deep")


def test_a_view_of_a_cohort_moves_with_what_the_cohort_means(study: Study) -> None:
    for rows in ("few", "women"):
        done(study, "cohort", "create", f"s_{rows}", "--from", "study", "--filter", WOMEN)
    ids = ("--ids", study.folder / "ids.txt")
    done(study, "cohort", "create", "s_ids", "--from", "study", *ids)
    done(study, "cohort", "combine", "s_both", "--operation", "union", "s_women", "s_ids")
    done(study, "view", "study@1", "--as", "part", "--rows", "s_both")
    changed = study.write("changed.csv", "patient_id,weight\nP2,80\nP3,50\nP4,90\n")
    done(study, "extend", "study", "--data", f"patient={changed}", "--mode", "rows")

    done(study, "rebase", "part", "--onto", "study@2", "--apply")

    fields = ("--fields", "patient.patient_id")
    before, after = (
        done(study, "extract", "fields", name, *fields).out.splitlines()[1:]
        for name in ("part@1", "part@2")
    )
    assert (before, after) == (["P1", "P2", "P3"], ["P1", "P2"])
    refused = study.ask("view", "study@2", "--as", "part", "--rows", "s_both")
    assert (refused.code, "apollo rebase s_both --onto study@2 --apply" in refused.err) == (
        14, True,
    )  # fmt: skip


def test_withdrawn_people_are_in_no_view_of_a_cohort(study: Study) -> None:
    done(study, "view", "both", "--as", "part", "--rows", "listed")
    gone = study.write("gone.csv", "patient_id\nP1\n")

    done(study, "withdraw", gone, "--of", "study.patient", "--apply")

    rows = done(study, "extract", "fields", "part", "--fields", "patient.patient_id").out
    assert rows.splitlines()[1:] == ["P2"]
