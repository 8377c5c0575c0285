"""The guard of a name, on the command line and in Python."""

import shutil
import threading
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

import apollo_spark as ap
from apollo_spark.disclosure.table import Table
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError, StorageRefusedError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.registry.asked import AskedTable, Remembered
from apollo_spark.lake.tables.commits import file_sizes
from apollo_spark.model.names import parse_reference
from apollo_spark.model.suppressed import Count, Suppressed
from apollo_spark.operations.disclosing import open_disclosure, require_unguarded
from tests.support.study import CommandResult, Study

PEOPLE = 60
DICTIONARY = (
    "entity,name,type,primary_key_type\np,pid,string,global\np,age,integer,\np,sex,string,\n"
)
CODE = 'p.sex = "F"'


def rows(first: int, last: int) -> str:
    """Return people with ages that count up, two women to each man."""
    lines = (f"P{each},{each},{'M' if each % 3 == 0 else 'F'}" for each in range(first, last))
    return "\n".join(["pid,age,sex", *lines, ""])


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("guarded"))
    for name, text in (("d.csv", DICTIONARY), ("p.csv", rows(0, PEOPLE)), ("q.csv", rows(0, 20))):
        study.write(name, text)
    for name, file in (("lung", "p.csv"), ("small", "q.csv")):
        said = study.ask(
            "load", "clinical", name, "--dictionary", study.folder / "d.csv",
            "--data", f"p={study.folder / file}",
        )  # fmt: skip
        assert said.code == 0, said.err
    return study


@pytest.fixture
def study(loaded: Study, tmp_path: Path) -> Study:
    """Return the study with a copy of its lake, in which `lung` is guarded."""
    shutil.copytree(loaded.lake, tmp_path / "lake")
    study = Study.reopen(loaded.folder, lake=tmp_path / "lake", data=loaded.data)
    done(study, "guard", "lung", "--least", "5")
    return study


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, result.err
    return result


def count(study: Study, text: str, *words: str, of: str = "lung") -> str:
    return done(study, "cohort", "count", "--from", of, "--filter", text, *words).out.strip()


def asked(lake: Lake, people: Iterable[int]) -> Count:
    """Ask for people by their numbers, without the command."""
    opened = lake.open(parse_reference("lung"))
    disclosure = open_disclosure(lake, opened, EmbeddedEngine(lake.tables))
    assert disclosure is not None
    keys = pa.array([f"P{each}" for each in people])
    (found,) = disclosure.give([Table(keys, question=f"{people}")])
    return found[0]


def test_a_count_of_few_people_is_not_shown_nor_one_that_tells_it(study: Study) -> None:
    assert count(study, "p.age < 4") == "fewer than 5"
    assert count(study, "p.age < 0") == "fewer than 5"
    assert done(
        study, "cohort", "count", "--from", "lung", "--filter", "p.age < 4", "--json"
    ).json == {"suppressed": True}
    assert count(study, "p.age < 30") == "30"
    assert count(study, "p.age < 27") == "fewer than 5 people differ from an earlier answer"
    assert count(study, "p.age >= 4") == "fewer than 5 people differ from an earlier answer"
    assert count(study, "p.age < 25") == "25"
    assert count(study, "p.age<30") == "30"


def test_what_is_made_of_a_guarded_name_is_guarded_by_the_strictest(study: Study) -> None:
    done(study, "view", "lung", "--as", "view", "--rows", "p.age < 50")
    done(study, "cohort", "create", "young", "--from", "view", "--filter", "p.age < 30")
    done(study, "merge", "clinical", "lung", "small", "--as", "both", "--on-clash", "prefix:s")
    assert count(study, "p.age < 4", of="view") == "fewer than 5"
    assert done(study, "cohort", "count", "young").out.strip() == "30"
    assert count(study, "p.age < 27", of="both").startswith("fewer than 5 people differ")
    assert count(study, "p.age < 4", of="small") == "4"
    done(study, "guard", "young", "--least", "40")
    assert done(study, "cohort", "count", "young").out.strip() == "fewer than 40"
    assert count(study, "p.age < 12") == "12"
    done(study, "guard", "young", "--least", "2", "--round", "25")
    assert done(study, "cohort", "count", "young").out.strip() == "25"


def test_a_guard_of_all_versions_ends_and_remembers(study: Study) -> None:
    assert count(study, "p.age < 30") == "30"
    assert done(study, "guard", "LUNG", "--off", "--json").json["receipt"] == {
        "operation": "guard", "name": "lung", "guard": None, "before": {"least": 5, "round": None},
    }  # fmt: skip
    assert count(study, "p.age < 4") == "4"
    lake = ap.open_lake(str(study.lake))
    guarded = lake.guard("lung", least=5)
    assert (guarded.receipt.before, guarded.receipt.guard.least) == (None, 5)
    assert count(study, "p.age < 29").startswith("fewer than 5 people differ")
    assert "p (main)  60" in done(study, "show", "lung").out
    study.write("more.csv", rows(PEOPLE, PEOPLE + 3))
    more = f"p={study.folder / 'more.csv'}"
    done(study, "extend", "lung", "--data", more, "--mode", "rows")
    assert "fewer than 5 people differ from an earlier answer" in done(study, "show", "lung").out
    assert count(study, "p.age >= 20") == "43"
    assert count(study, "p.age >= 20", of="lung@1").startswith("fewer than 5 people differ")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("", 2, "Say what should hold, or that nothing should. Write --least N, or --off."),
        ("--least 5 --off", 2, "Write --least N, or --off."),
        ("--off --round 5", 2, "Write --least N, or --off."),
        ("--least 1", 2, "1 is not a least number of people. It is a whole number from 2 to 100."),
        ("--least 101", 2, "101 is not a least number of people."),
        ("--least 5 --round 0", 2, "0 is nothing to round to. It is a whole number from 1 to 1000"),
        ("--least many", 2, "Invalid value for '--least'"),
    ],
)
def test_what_is_no_guard_is_refused(loaded: Study, words: str, code: int, says: str) -> None:
    said = loaded.ask("guard", "lung", *words.split())
    assert (said.code, says in said.err) == (code, True), said.err


def test_a_name_that_is_not_there_is_not_guarded(loaded: Study) -> None:
    assert loaded.ask("guard", "lang", "--least", "5").code == 13


def test_nothing_is_given_where_what_was_given_is_not_known(study: Study) -> None:
    assert count(study, "p.age < 30") == "30"
    folder = study.lake / "registry" / "asked"
    folder.rename(folder.with_name("aside"))
    said = study.ask("cohort", "count", "--from", "lung", "--filter", "p.age < 30")
    assert said.code == 16
    assert "Nothing is given of guarded names: what was given before is not known." in said.err
    found = study.ask("verify")
    assert (found.code, "no number of guarded names is given until" in found.out + found.err) == (
        16,
        True,
    )
    folder.with_name("aside").rename(folder)
    assert count(study, "p.age < 30") == "30"
    file = max(folder.glob("*.parquet"), key=lambda each: each.stat().st_size)
    file.write_bytes(file.read_bytes()[:-1])
    assert study.ask("cohort", "count", "--from", "lung", "--filter", "p.age < 30").code == 16
    assert study.ask("verify").code == 16


def test_what_was_given_outlives_sweeps_copies_and_many_answers(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apollo_spark.lake.registry.asked.MOST_FILES", 3)
    lake = open_lake(str(study.lake))
    some = [range(10), range(20, 40), range(15, 58), range(40, 50)]
    assert [asked(lake, each) for each in some] == [10, 20, 43, 10]
    assert len(file_sizes(DeltaTable(study.lake / "registry" / "asked"))) <= 3
    assert count(study, "p.age >= 5 and p.age < 34") == "29"
    files = len([*(study.lake / "registry" / "asked").glob("*.parquet")])
    done(study, "gc", "--apply", "--grace", "0")
    assert len([*(study.lake / "registry" / "asked").glob("*.parquet")]) == files
    shutil.copytree(study.lake, tmp_path / "copy")
    copy = Study.reopen(study.folder, lake=tmp_path / "copy", data=study.data)
    for each in (study, copy):
        assert count(each, "p.age >= 5 and p.age < 34") == "29"
        assert count(each, "p.age >= 6 and p.age < 34").startswith("fewer than 5 people differ")
    assert done(copy, "verify").code == 0


def test_of_two_questions_at_once_that_differ_by_few_one_is_answered(study: Study) -> None:
    lake = open_lake(str(study.lake))
    met = threading.Barrier(2)

    class Meeting(AskedTable):
        """Waits after reading until the other one has read too."""

        def read(self, names: Collection[str], principal: str) -> Remembered:
            found = super().read(names, principal)
            if not found.memory.asked:
                met.wait(timeout=60)
            return found

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr("apollo_spark.operations.disclosing.AskedTable", Meeting)
        answers = [*pool.map(partial(asked, lake), (range(30), range(29)))]
    assert sorted(isinstance(each, Suppressed) for each in answers) == [False, True]


def test_what_cannot_be_written_down_is_not_given(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert count(study, "p.age < 30") == "30"

    def refuse(*_: object, **__: object) -> None:
        raise StorageRefusedError("The disk is full.")

    monkeypatch.setattr("apollo_spark.lake.registry.asked.commit_rows", refuse)
    said = study.ask("cohort", "count", "--from", "lung", "--filter", "p.age < 20")
    assert (said.code, said.out) == (15, "")
    assert "No number of a guarded name is given: what is given cannot be written down." in said.err
    assert count(study, "p.age < 30") == "30"


def test_rows_of_people_are_refused(study: Study) -> None:
    lake = open_lake(str(study.lake))
    done(study, "cohort", "create", "young", "--from", "lung", "--filter", "p.age < 30")
    with pytest.raises(NotFoundError) as refused:
        require_unguarded(lake, "Rows of young@1", "young@1")
    assert str(refused.value) == (
        "Rows of young@1 cannot be given: young@1 is guarded, by the guard of lung. "
        "Of guarded data only numbers of enough people are given."
    )
    require_unguarded(lake, "Rows of small", "small@1")


def test_show_and_history_tell_the_guard(study: Study) -> None:
    done(study, "guard", "lung", "--least", "7", "--round", "5")
    done(study, "cohort", "create", "young", "--from", "lung", "--filter", "p.age < 30")
    done(study, "guard", "small", "--least", "3")
    done(study, "guard", "small", "--off")

    told = "guarded: no numbers of fewer than 7 people, rounded to multiples of 5"
    for name in ("lung", "young"):
        assert told in done(study, "show", name).out.splitlines()
        assert done(study, "show", name, "--json").json["guard"] == {"least": 7, "round": 5}
    said = done(study, "history", "lung").out.splitlines()
    assert [each.partition(", 2")[0] for each in said[-2:]] == [
        "guarded: no numbers of fewer than 5 people", told,
    ]  # fmt: skip
    guards = done(study, "history", "small", "--json").json["guards"]
    assert [each["limit"] for each in guards] == [{"least": 3, "round": None}, None]
    assert "not guarded, 2" in done(study, "history", "small").out
    assert "guard" not in done(study, "show", "small", "--json").json


def test_a_view_and_a_filter_of_the_same_rule_are_one_question_and_no_other(study: Study) -> None:
    done(study, "view", "lung", "--as", "women", "--rows", CODE)
    done(study, "view", "lung", "--as", "grown", "--rows", "p.age >= 0")
    assert "40" in done(study, "show", "women").out
    assert count(study, CODE) == "40"
    assert count(study, 'p.sex in ("F") and p.age >= 0').startswith("fewer than 5 people differ")
    assert count(study, "p.age < 30", of="women") == "20"
    assert count(study, "p.age < 30") == "30"
    # That it is as many as of everybody would say that nobody is younger.
    assert count(study, "p.age < 30", of="grown").startswith("fewer than 5 people differ")


def test_how_many_rows_there_are_is_given_after_an_attrition(study: Study) -> None:
    done(study, "cohort", "attrition", "--from", "lung", "--filter", CODE)

    profile = done(study, "profile", "lung", "p.sex", "--json").json["profiles"][0]

    assert profile["rows"] == PEOPLE
