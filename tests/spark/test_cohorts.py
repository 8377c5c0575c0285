"""The people of cohorts are the same on Spark and on the embedded engine, however deep they go."""

import random

import pytest
from pyspark.sql import SparkSession

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.cohort import COMBINATIONS, CohortOperation, CohortStep
from apollo_spark.operations.cohorts.opening import People, load_cohort, open_cohort
from apollo_spark.operations.locating import spark_engine
from apollo_spark.operations.profiles.reading import StoredProfiles
from apollo_spark.query.cohorts.members import Members
from apollo_spark.query.extract import ExtractRequest
from apollo_spark.verbs.ask.extract import build_plans
from apollo_spark.verbs.cohort.attrition import attrition_of
from apollo_spark.verbs.profile import choose_fields, profiles_of
from tests.support.study import Study

WORDS = (
    ("create", "women", "--filter", 'patient.sex = "F" and exists(visit: visit.visit_id > 1)'),
    ("create", "heavy", "--filter", "patient.weight > 60"),
    ("create", "listed", "--ids", "ids.txt"),
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    study = Study(tmp_path_factory.mktemp("study"))
    study.load()
    ids = study.write("ids.txt", "P1\nP4\n")
    for verb, name, *more in WORDS:
        words = [str(ids) if each == "ids.txt" else each for each in more]
        assert study.ask("cohort", verb, name, "--from", "study", *words).code == 0
    few = ("--operation", "exactly-one", "women", "heavy", "listed")
    assert study.ask("cohort", "combine", "few", *few).code == 0
    return open_lake(str(study.lake))


def chain(people: People, length: int) -> People:
    """Return combinations of combinations over the cohorts of a program, each used twice."""
    chance = random.Random(3)
    steps = list(people.members.steps)
    for _ in range(length):
        last = len(steps) - 1
        operation = chance.choice(COMBINATIONS[:4])
        steps.append(CohortStep(operation=operation, of=(last, last - chance.randrange(1, 3))))
    steps.append(CohortStep(operation=CohortOperation.COMPLEMENT, of=(len(steps) - 1,)))
    return People(people.dataset, Members(tuple(steps)), people.lists, names=people.names)


def rows_of(people: People, engine: Engine) -> list[dict[str, object]]:
    opened = people.only
    plan = build_plans(opened.scope, ExtractRequest(fields=("patient.patient_id", "visit.note")))
    return answer_fields(engine, plan[""], opened.pins).read_all().to_pylist()


def test_both_engines_find_the_same_people(lake: Lake, spark_session: SparkSession) -> None:
    engines = EmbeddedEngine(lake.tables), spark_engine(lake, spark_session)
    cohorts = [open_cohort(lake, load_cohort(lake, each)) for each in ("women", "listed", "few")]

    for people in (*cohorts, chain(cohorts[-1], 40)):
        keys = [each.read_all().column(0).to_pylist() for each in map(people.keys, engines)]
        assert keys[0] == keys[1]
        assert [people.count(each) for each in engines] == [len(keys[0])] * 2
        read = [rows_of(people, each) for each in engines]
        assert read[0] == read[1]
        assert len(read[0]) >= len(keys[0])
    found = [attrition_of(lake, cohorts[0], each) for each in engines]
    assert found[0] == found[1]
    assert [each.left for each in found[0].steps] == [2, 2]


@pytest.mark.usefixtures("interpreted")
def test_both_engines_count_the_same_profiles(
    lake: Lake, spark_session: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoredProfiles, "find", lambda *_: None)
    engines = EmbeddedEngine(lake.tables), spark_engine(lake, spark_session)
    opened = open_cohort(lake, load_cohort(lake, "women")).only
    chosen = choose_fields(opened.scope, ("patient", "visit.seen", "visit.symptoms", "site.city"))

    found = [profiles_of(lake, opened, chosen, each) for each in engines]

    assert found[0] == found[1]
    assert [each.people for each in found[1].profiles if each.field == "visit.seen"] == [2]
