"""Everything that a guarded lake is asked: persons are refused, and few people never counted."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.api.cohort import Cohort
from apollo_spark.api.dashboards import Dashboard
from apollo_spark.api.entity import EntityHandle
from apollo_spark.model.base import Record
from apollo_spark.verbs.table import all_questions, all_verbs
from tests.support.cases import inside
from tests.support.charted import CODINGS, charted
from tests.support.study import CommandResult, Study
from tests.support.tile_answers import TILES

LEAST = 7
ID = re.compile(r"P\d{4}\b")
FEW, MANY = "patient.age > 94", 'patient.sex = "F"'
ASKED = [TILES[each] for each in (1, 5, 12, 15, 17, 21, 27, 30, 32, 33)]
"""A tile of each kind."""
LINK = "--link patient.patient_id=person.person_id"
REFUSED, COUNTS, NAMES = "refused", "counts", "names"

EXITS: dict[str, list[tuple[str, str]]] = {
    "list": [(NAMES, "list")],
    "show": [(COUNTS, "show study --pins"), (COUNTS, "show few"), (COUNTS, "show board")],
    "history": [(COUNTS, "history study"), (COUNTS, "history few")],
    "fields": [(NAMES, "fields study")],
    "diff": [(REFUSED, "diff study@1 study@2"), (COUNTS, "diff few many"),
             (REFUSED, "diff study@1 study@2 --keys keys"), (NAMES, "diff board board")],
    "lineage": [(NAMES, "lineage few")],
    "trace": [(REFUSED, "trace study patient P0001 sex --value")],
    "verify": [(NAMES, "verify study@1")],
    "doctor": [(NAMES, "doctor")],
    "extract fields": [
        (REFUSED, "extract fields study --fields patient.sex"),
        (REFUSED, "extract fields few --fields patient.patient_id -o few.csv"),
        (REFUSED, "extract fields study --fields patient.sex --sql"),
        (REFUSED, "extract fields women --fields patient.sex --per-entity -o x.csv"),
        (REFUSED, "extract fields study --fields patient.sex,visit.kind --wide visit.seen:order"),
    ],
    "extract dictionary": [(NAMES, "extract dictionary study -o words --force")],
    "extract expression": [
        (REFUSED, "extract expression rna"),
        (REFUSED, "extract expression rna --matrix -o m.csv"),
        (REFUSED, "extract expression rna --sql"),
        (REFUSED, "extract expression rna --dry-run"),
    ],
    "extract sql": [(REFUSED, "extract sql study")],
    "extract sealed": [(REFUSED, "extract sealed study -o sealed"),
                       (REFUSED, "extract sealed study -o sealed --dry-run")],
    "cohort count": [(COUNTS, "cohort count few"), (COUNTS, "cohort count many"),
                     (COUNTS, f"cohort count --from study --filter {FEW!r}")],
    "cohort ids": [(REFUSED, "cohort ids few"), (REFUSED, "cohort ids many")],
    "cohort show": [(COUNTS, "cohort show few"), (COUNTS, "cohort show many")],
    "cohort compare": [(COUNTS, "cohort compare many few --fields patient.age,patient.town")],
    "cohort explain": [(REFUSED, "cohort explain many P0001"),
                       (REFUSED, "cohort explain many P0001 --onto study@2")],
    "cohort test": [(NAMES, "cohort test many --file invented.yaml")],
    "cohort attrition": [(COUNTS, "cohort attrition narrow"), (COUNTS, "cohort attrition few")],
    "dashboard show": [(COUNTS, "dashboard show board")],
    "dashboard data": [(COUNTS, "dashboard data board --cohort many --compare few")],
    "dashboard export": [(COUNTS, "dashboard export board -o page.html --force"),
                         (COUNTS, "dashboard export board --cohort few -o charts --force")],
    "profile": [(COUNTS, f"profile study sex age codes visit --filter {MANY!r}"),
                (COUNTS, "profile few sex born"), (COUNTS, "profile women patient_id")],
    "load clinical": [],
    "load expression": [],
    "extend": [(COUNTS, "extend study --data patient=one.csv --dry-run")],
    "extend assay": [],
    "merge clinical": [(COUNTS, f"merge clinical study other --as both {LINK} --dry-run")],
    "merge assay": [],
    "view": [(COUNTS, "view study --as old --rows 'patient.age > 95'"),
             (COUNTS, "view study --as older --rows 'patient.age > 95' --dry-run")],
    "rebase": [(COUNTS, "rebase few many women board --onto study@2 --html plan.html --force")],
    "compact": [(COUNTS, "compact study --dry-run")],
    "grow": [(COUNTS, "grow --config grow.yaml --dry-run"), (COUNTS, "grow --config grow.yaml")],
    "withdraw": [(COUNTS, "withdraw ids.csv --of study.patient")],
    "retire": [(COUNTS, "retire few@1 --dry-run")],
    "gc": [(NAMES, "gc")],
    "cohort create": [
        (COUNTS, f"cohort create tiny --from study --filter {FEW!r} --dry-run"),
        (COUNTS, f"cohort create tiny --from study --filter {FEW!r}"),
        (COUNTS, "cohort create listed --from many --ids ids.txt"),
        (NAMES, "cohort create unknown --from study --ids unknown.txt"),
    ],
    "cohort combine": [(COUNTS, "cohort combine both --operation intersect few@1 many@1")],
    "dashboard create": [(COUNTS, "dashboard create again --from few --file board.json --dry-run")],
    "draft-dictionary": [(NAMES, "draft-dictionary person.csv -o draft --force")],
    "guard": [(NAMES, f"guard study --least {LEAST}")],
}  # fmt: skip
"""By verb what is asked, and what it gives: nothing, counts of enough people, or no counts."""

LONG = ("dashboard data", "dashboard export", "profile", "cohort compare", "rebase")
"""What is asked for as JSON alone."""
NEUTRAL = frozenset({
    "version", "depth", "degrees", "tiles", "tiles_affected", "tiles_broken", "tables", "failed",
    "limit", "bins", "x", "y", "width", "height", "least", "round", "codings", "checked", "row",
    "size", "records", "pins", "parts", "reports_left", "versions_left", "files", "bytes", "step",
    "records_that_stand_on_it", "versions", "number", "format", "steps", "published", "retired",
    "left", "problems", "start", "end", "field_count", "code_count", *CODINGS,
})  # fmt: skip
"""Keys of JSON whose numbers are of no person: of versions, tiles, codes, layouts."""
GROWTH = """
limits: {lost_share: 1.0}
steps:
  - extend: study
    data: {patient: one.csv}
  - merge clinical: all
    source: other
    target: study
    link: person.person_id=patient.patient_id
  - rebase: [few, women, board]
    onto: study
  - verify: study
"""
OTHER = "entity,name,type,primary_key_type\nperson,person_id,string,global\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    rows = charted(120)
    study = rows.load(tmp_path_factory.mktemp("guarded"))
    study.write("patient.csv", (study.folder / "patient.csv").read_text().replace("P0007", "P9007"))
    study.write("board.json", json.dumps({"tiles": ASKED}))
    study.write("ids.txt", "P0001\nP0002\n")
    study.write("unknown.txt", "P0001\nnobody\n")
    study.write("ids.csv", "patient_id\nP0001\n")
    study.write("one.csv", "patient_id,sex\nP0001,F\n")
    study.write("grow.yaml", GROWTH)
    study.write("other_dictionary.csv", OTHER)
    study.write("person.csv", "person_id\nP0001\nP0002\n")
    study.write("rna.csv", "feature_id,S1,S2\nENSG00000141510,5,3\n")
    people = "  patient:\n    - {patient_id: a, sex: F}\n"
    study.write("invented.yaml", f"rows:\n{people}in: [a]\n")
    with inside(study.folder):
        for words in (
            "load expression rna --assay rna --unit count --source rna.csv",
            "load clinical other --dictionary other_dictionary.csv --data person=person.csv",
            f"cohort create few --from study --filter {FEW!r}",
            f"cohort create many --from study --filter {MANY!r}",
            "cohort create narrow --from many --filter 'patient.age > 30 and patient.weight > 60'",
            f"view study --as women --rows {MANY!r}",
            "dashboard create board --from study --file board.json",
        ):
            done(study, words)
        assert study.load("--data", "visit=visit.csv").code in (0, 12)
        done(study, f"guard study --least {LEAST}")
        done(study, f"guard rna --least {LEAST}")
    return study


def done(study: Study, words: str) -> CommandResult:
    found = ask(study, words)
    assert found.code == 0, (words, found.err)
    return found


def ask(study: Study, words: str) -> CommandResult:
    # Words within quotes are one.
    parts = re.findall(r"'[^']*'|\S+", words)
    return study.ask(*(each.strip("'") for each in parts))


def small_numbers(value: Any, key: str = "") -> Iterator[tuple[str, int]]:
    """Yield numbers of JSON that could be of few people, with their keys."""
    if isinstance(value, dict):
        # At the beginning of a curve nobody has left.
        value = {} if value.get("time") == 0 else value
        for name, each in value.items():
            yield from small_numbers(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from small_numbers(each, key)
    elif type(value) is int and 0 <= value < LEAST and key not in NEUTRAL:
        yield key, value


def test_enough_people_are_counted(study: Study) -> None:
    assert done(study, "cohort count many").out.strip() == "64"
    assert done(study, "cohort count few").out.strip() == f"fewer than {LEAST}"
    assert done(study, "cohort count few --json").json == {"suppressed": True}


def exported(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the charts that were exported, as files and in a page."""
    for path in (folder / "charts").glob("*.json"):
        yield json.loads(path.read_text())
    for path in folder.glob("page.html"):
        for text in re.findall(r'json" id="spec-\d+">(.*?)</script>', path.read_text()):
            yield json.loads(text)


def test_what_is_not_decided_is_not_shown(study: Study) -> None:
    hidden = {"suppressed": True}
    lake = ap.open_lake(str(study.lake))

    assert {each.people for each in lake.dataset("study@1").find_fields("sex").fields} == {None}
    assert {str(each.rows) for each in lake.history("study")} == {"not shown"}
    assert done(study, "dashboard show board@1 --json").json["receipt"]["people"] == hidden
    shown = done(study, "show study@1 --pins --json").json
    assert shown["receipt"]["entities"][0]["rows_stored"] == hidden
    assert {str(each["rows"]) for each in shown["pins"]} == {str(hidden)}
    assert {each["content_hash"] for each in shown["pins"]} == {None}


def test_every_verb_is_listed_here() -> None:
    assert {*all_questions(), *all_verbs()} <= EXITS.keys()


@pytest.mark.parametrize("verb", EXITS)
def test_nothing_of_few_people_leaves(study: Study, verb: str) -> None:
    with inside(study.folder):
        for kind, words in EXITS[verb]:
            for more in ("", " --json") if verb not in LONG else (" --json",):
                found = ask(study, words + more)
                said = found.out + found.err
                assert not ID.search(said), (words, said)
                if kind == REFUSED:
                    assert found.code == 13, (words, said)
                    assert "guarded" in found.err, (words, said)
                    continue
                assert found.code in (0, 13, 14), (words, said)
                assert not re.search(r"[0-9] of [0-9]", found.err), (words, said)
                if kind == COUNTS and more and found.out.startswith("{"):
                    assert not list(small_numbers(json.loads(found.out))), (words, found.out)
        if verb == "dashboard export":
            assert list(exported(study.folder))
    for each in exported(study.folder):
        assert not list(small_numbers(each["data"])), each
        assert not ID.search(str(each))
    for path in study.folder.glob("plan.html"):
        assert not ID.search(path.read_text())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of the test: what a broken guard lets out stays there."""
    monkeypatch.chdir(tmp_path)


PERSONS: dict[str, Callable[[Any], Any]] = {
    "Dataset.assay": lambda lake: lake.dataset("rna").assay(),
    "Dataset.assays": lambda lake: lake.dataset("rna").assays,
    "Dataset.read_assays": lambda lake: lake.dataset("rna").read_assays(["rna"]),
    "Dataset.register": lambda lake: lake.dataset("study").register(None),
    "Dataset.retrieve_entity": lambda lake: lake.dataset("study").retrieve_entity("site", ["city"]),
    "Dataset.retrieve_fields": lambda lake: lake.dataset("study").retrieve_fields(["patient.sex"]),
    "Dataset.to_mudata": lambda lake: lake.dataset("rna").to_mudata(),
    "Dataset.only": lambda lake: (
        lake.dataset("study@1").only("few@1").retrieve_fields(["visit.kind"])
    ),
    "EntityHandle.retrieve_fields": lambda lake: lake.dataset("women")["patient"].retrieve_fields(),
    "Cohort.explain": lambda lake: lake.cohort("many").explain("P0001"),
    "Cohort.ids": lambda lake: lake.cohort("few@1").ids,
    "Cohort.sql": lambda lake: lake.cohort("few@1").sql,
    "ApolloLake.diff": lambda lake: lake.diff("study@1", "study@2"),
    "ApolloLake.seal": lambda lake: lake.seal("study", "sealed"),
    "ApolloLake.trace": lambda lake: lake.trace("study", "patient", "P0001", "sex"),
}
"""By method what would give rows, ids or values of single people."""
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "Dataset.aggregate": lambda lake: lake.dataset("study@1").aggregate(ASKED[0], cohort="few@1"),
    "Dataset.find_fields": lambda lake: lake.dataset("study").find_fields("sex"),
    "Dataset.profile": lambda lake: lake.dataset("study@1").profile("grade", cohort="few@1"),
    "Dataset.record": lambda lake: lake.dataset("study").record,
    "Cohort.attrition": lambda lake: lake.cohort("few@1").attrition(),
    "Cohort.count": lambda lake: lake.cohort("few@1").count,
    "Cohort.diff": lambda lake: lake.cohort("few@1").diff(lake.cohort("many")),
    "Cohort.record": lambda lake: lake.cohort("few@1").record,
    "Dashboard.data": lambda lake: lake.dashboard("board@1").data(1, cohort="few@1"),
    "Dashboard.record": lambda lake: lake.dashboard("board").record,
    "ApolloLake.compare_cohorts": lambda lake: lake.compare_cohorts(
        "few@1", "many", fields=["patient.sex"]
    ),
    "ApolloLake.create_cohort": lambda lake: lake.create_cohort(
        "tiny", source="study", filter=FEW, dry_run=True
    ).receipt,
    "ApolloLake.history": lambda lake: lake.history("study"),
    "ApolloLake.plan_rebase": lambda lake: lake.plan_rebase("few@1", onto="study@2"),
    "ApolloLake.view": lambda lake: lake.view(
        "study", as_name="v", rows=FEW, dry_run=True
    ).receipt,
}  # fmt: skip
"""By method what gives numbers."""
AS_COMMANDS = frozenset({
    "Dataset.cohort", "Dashboard.export", "Dashboard.diff", "ApolloLake.combine_cohorts",
    "ApolloLake.compact", "ApolloLake.create_dashboard", "ApolloLake.extend",
    "ApolloLake.extend_assay", "ApolloLake.gc", "ApolloLake.grow", "ApolloLake.guard",
    "ApolloLake.lineage", "ApolloLake.list", "ApolloLake.load_clinical",
    "ApolloLake.load_expression", "ApolloLake.merge_assay", "ApolloLake.merge_clinical",
    "ApolloLake.rebase", "ApolloLake.retire", "ApolloLake.plan_retirement",
    "ApolloLake.undo_rebase", "ApolloLake.verify", "ApolloLake.withdraw",
})  # fmt: skip
"""Methods that do what a command does, and answer the same."""
OF_NO_PERSON = frozenset({
    "name", "version", "dataset", "cohort", "dashboard", "dictionary", "entities", "tiles",
    "primary_entity", "primary_key", "coding", "condition", "describe", "expression", "in_cohort",
    "rows", "filter", "try_on", "fields", "field", "find_field", "find_fields", "named",
    "version_of_id", "exists", "first", "last", "count",
})  # fmt: skip
"""Attributes that open others, make conditions, or say what the dictionary says."""


def test_every_method_is_listed_here() -> None:
    listed = {*PERSONS, *NUMBERS, *AS_COMMANDS}
    for each in (ap.Dataset, Cohort, Dashboard, EntityHandle, ap.ApolloLake):
        public = {name for name in dir(each) if not name.startswith("_")} - OF_NO_PERSON
        assert {f"{each.__name__}.{name}" for name in public} <= listed
    assert {"Dataset.find_fields", "Cohort.count"} <= NUMBERS.keys()


@pytest.mark.parametrize("method", PERSONS)
def test_no_method_gives_a_person(study: Study, method: str) -> None:
    with pytest.raises(ap.NotFoundError, match="guarded"):
        PERSONS[method](ap.open_lake(str(study.lake)))


@pytest.mark.parametrize("method", NUMBERS)
def test_no_method_counts_few_people(study: Study, method: str) -> None:
    found = NUMBERS[method](ap.open_lake(str(study.lake)))

    for each in found if isinstance(found, tuple) else (found,):
        shown = each.as_json() if isinstance(each, Record) else each
        assert not list(small_numbers(shown)), shown
        assert not ID.search(json.dumps(shown, default=str))
