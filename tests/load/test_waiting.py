"""Verbs that meet a lease: they wait, say for whom, and take over what nobody renews."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.cli.job import VERBS, known_keys, run_job
from apollo_spark.errors import LeaseHeldError
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.leases.lease import Lease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.storage.system import ProcessIdentity
from apollo_spark.runtime.settings import LakeSettings
from tests.support.clock import HandClock, take_the_place_of_the_system_clock
from tests.support.growing import extend, gene, load, random_matrix, write_matrix
from tests.support.loading import FIRST, run_load, small_study
from tests.support.study import LOCAL_SETTINGS, CommandResult, Study, apollo

ASSAY = ["--assay", "rna", "--source"]
VERBS_AND_NAMES = [
    ("study", ["load", "clinical", "study", "--dictionary", "data_dictionary.csv", "--codings",
               "codings.csv", "--data", "patient=patient.csv", "--data", "visit=visit.csv"]),
    ("study", ["extend", "study", "--data", "visit=more.csv"]),
    ("study", ["retire", "study@1"]),
    ("study", ["withdraw", "gone.csv", "--of", "study.patient", "--apply"]),
    ("part", ["view", "study", "--as", "part", "--fields", "patient.weight"]),
    ("part", ["rebase", "part", "--onto", "study@2", "--apply"]),
    ("both", ["merge", "clinical", "other", "study", "--as", "both", "--on-clash", "prefix:o"]),
    ("joined", ["merge", "assay", "rna", "study", "--as", "joined", *ASSAY[:2],
                "--link-file", "link.csv"]),
    ("rna", ["load", "expression", "rna", *ASSAY, "new.csv", "--unit", "tpm"]),
    ("rna", ["extend", "rna", *ASSAY, "new.csv"]),
    ("rna", ["compact", "rna", "--apply"]),
]  # fmt: skip
IDS = [" ".join(words[:2]) for _, words in VERBS_AND_NAMES]


class Elsewhere:
    """A process of another machine: nobody here knows whether it runs."""

    def me(self) -> ProcessIdentity:
        return ProcessIdentity(host="node1", machine="m", pid=7, started="0")

    def is_dead(self, _: ProcessIdentity) -> bool:
        return False


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two versions of a study, a view of the first, another study, and an assay of two blocks."""
    folder = tmp_path_factory.mktemp("stand")
    study = small_study(folder, FIRST)
    run_load(study)
    run_load(study, name="other")
    study.ask("view", "study@1", "--as", "part", "--fields", "patient.sex")
    study.replace("patient.csv", "61.5", "62.5")
    run_load(study)
    study.replace("patient.csv", "62.5", "63.5")
    for number, name in enumerate(("old.csv", "mid.csv", "new.csv")):
        samples = [f"S{3 * number + each}" for each in range(3)]
        features = [gene(each) for each in range(4)]
        write_matrix(folder / name, random_matrix(number, samples, features))
    load(study.lake, folder / "old.csv", name="rna")
    extend(study.lake, folder / "mid.csv", name="rna")
    study.write("more.csv", "visit_id,patient_id,seen\n7,P2,2022-01-01\n")
    study.write("gone.csv", "patient_id\nP3\n")
    study.write("link.csv", "sample,patient\nS0,P1\n")
    return study


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    clock = HandClock()
    take_the_place_of_the_system_clock(monkeypatch, clock)
    return clock


@pytest.fixture
def study(stand: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    import shutil

    shutil.copytree(stand.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Study.reopen(tmp_path, lake=tmp_path / "lake", data=stand.data)


def hold(study: Study, name: str) -> tuple[LeaseStore, Lease]:
    store = LeaseStore(open_stored_lake(str(study.lake)).root, processes=Elsewhere())
    return store, store.take(name, "ann")


def ask(study: Study, *words: object) -> CommandResult:
    return apollo("--lake", study.lake, "--conf", LOCAL_SETTINGS, *words)


@pytest.mark.parametrize(("name", "words"), VERBS_AND_NAMES, ids=IDS)
def test_a_verb_that_waits_for_nobody_is_refused_at_once(
    study: Study, clock: HandClock, name: str, words: list[str]
) -> None:
    hold(study, name)

    refused = ask(study, *words, "--wait", 0)

    assert (refused.code, refused.out, clock.pauses) == (14, "", [])
    assert f"ann (host node1, process 7) is writing '{name}'" in refused.err


@pytest.mark.parametrize(("name", "words"), VERBS_AND_NAMES, ids=IDS)
def test_a_verb_waits_until_the_other_is_done_and_says_for_whom(
    study: Study, clock: HandClock, name: str, words: list[str]
) -> None:
    store, lease = hold(study, name)
    clock.on_pause = lambda: clock.passed == 5 and store.release(lease)

    done = ask(study, *words)

    assert (done.code, clock.passed) == (0, 5), done.err
    said = f"waiting up to 90 s: ann (host node1, process 7) is writing '{name}' since"
    assert done.err.count(said) == 1


def test_a_verb_waits_ninety_seconds_for_who_is_alive(study: Study, clock: HandClock) -> None:
    store, lease = hold(study, "study")
    clock.on_pause = lambda: clock.passed % 15 or store.renew(lease)

    refused = ask(study, "retire", "study@1")

    assert (refused.code, clock.passed) == (14, 90)
    clock.later(1000)
    refused = ask(study, "retire", "study@1", "--wait", 7.5)
    assert (refused.code, clock.passed) == (14, 1097.5)


def test_a_verb_takes_over_a_lease_from_a_clock_far_ahead(study: Study, clock: HandClock) -> None:
    clock.set(days=400)
    hold(study, "study")
    clock.set(days=-400)

    done = ask(study, "retire", "study@1")

    assert (done.code, clock.passed) == (0, 60), done.err


def test_a_sweep_waits_for_who_writes_and_then_leaves_it_alone(
    study: Study, clock: HandClock
) -> None:
    ask(study, "retire", "study@1")
    ask(study, "retire", "part@1")
    store, lease = hold(study, "study")
    clock.on_pause = lambda: clock.passed % 15 or store.renew(lease)

    at_once = ask(study, "gc", "--apply", "--grace", 0, "--wait", 0)

    assert (at_once.code, clock.passed) == (0, 0)
    assert "left alone: tables of study" in at_once.err
    in_the_end = ask(study, "gc", "--apply", "--grace", 0)
    assert (in_the_end.code, clock.passed) == (0, 90)
    assert "left alone: tables of study" in in_the_end.err
    clock.on_pause = int
    done = ask(study, "gc", "--apply", "--grace", 0)
    assert (done.code, clock.passed) == (0, 150), done.err
    assert "left alone" not in done.err


@pytest.mark.parametrize("wait", ["-1", "nan", "soon", ""])
def test_a_time_to_wait_that_is_none_is_refused(study: Study, wait: str) -> None:
    assert ask(study, "retire", "study@1", "--wait", wait).code == 2
    assert ask(study, "history", "study", "--json").json["versions"][0]["retired"] is None


def test_every_job_that_publishes_may_say_how_long_it_waits(
    study: Study, clock: HandClock, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = {"profile", "verify", "extract fields", "extract expression"}
    asking |= {f"cohort {each}" for each in ("count", "ids", "attrition", "compare", "explain")}
    assert {verb for verb in VERBS if "wait" not in known_keys(verb)} == asking
    hold(study, "study")
    for wait, passed in (("0", 0), ("12.5", 12.5), ('"3"', 15.5)):
        study.write("job.yaml", f"lake: lake\nversion: study@1\nwait: {wait}\n")
        assert run_job("retire", ["--config", "job.yaml"]) == 14
        assert clock.passed == passed
    study.write("job.yaml", "lake: lake\nversion: study@1\nwait: yes\n")
    assert run_job("retire", ["--config", "job.yaml"]) == 2
    assert "wait" in capsys.readouterr().err


METHODS: list[tuple[str, Callable[..., object]]] = [
    ("study", lambda lake, **more: lake.load_clinical(
        "study", dictionary="data_dictionary.csv", codings="codings.csv",
        data={"patient": "patient.csv", "visit": "visit.csv"}, **more)),
    ("study", lambda lake, **more: lake.extend("study", data={"visit": "more.csv"}, **more)),
    ("study", lambda lake, **more: lake.retire("study@1", **more)),
    ("study", lambda lake, **more: lake.withdraw(
        "gone.csv", of="study.patient", apply=True, **more)),
    ("part", lambda lake, **more: lake.view(
        "study", as_name="part", fields=["patient.weight"], **more)),
    ("part", lambda lake, **more: lake.rebase("part", onto="study@2", **more)),
    ("both", lambda lake, **more: lake.merge_clinical(
        "other", "study", "both", on_clash="prefix:o", **more)),
    ("joined", lambda lake, **more: lake.merge_assay(
        "rna", "study", "joined", assay="rna", link_file="link.csv", **more)),
    ("rna", lambda lake, **more: lake.load_expression(
        "rna", assay="rna", unit="tpm", source="new.csv", **more)),
    ("rna", lambda lake, **more: lake.extend_assay(
        "rna", assay="rna", source="new.csv", **more)),
    ("rna", lambda lake, **more: lake.compact("rna", apply=True, **more)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method"), METHODS, ids=IDS)
def test_every_method_that_publishes_waits(
    study: Study, clock: HandClock, name: str, method: Callable[..., object]
) -> None:
    store, lease = hold(study, name)
    clock.on_pause = lambda: clock.passed == 25 and store.release(lease)
    settings = LakeSettings(runner="local")
    impatient: ApolloLake = open_lake(str(study.lake), settings=settings, wait=0)
    patient: ApolloLake = open_lake(str(study.lake), settings=settings)
    for lake, more, passed in ((impatient, {}, 0), (patient, {"wait": 3}, 3), (patient, {}, 25)):
        if passed == 25:
            method(lake, **more)
        else:
            with pytest.raises(LeaseHeldError):
                method(lake, **more)
        assert clock.passed == passed


def test_a_sweep_from_python_waits_too(study: Study, clock: HandClock) -> None:
    ask(study, "retire", "study@1")
    hold(study, "(gc)")
    with pytest.raises(LeaseHeldError):
        open_lake(str(study.lake)).gc(apply=True, wait=2)
    assert clock.passed == 2
