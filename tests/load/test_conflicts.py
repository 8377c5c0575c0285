"""Loads that meet: of one name, of one name at once, and with somebody else in their tables."""

import getpass
import shutil
import socket
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from apollo_spark.errors import CheckFailedError, CommitRaceError, LeaseLostError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import MOST_BEGINNINGS
from apollo_spark.lake.registry.rows import stored_form
from apollo_spark.model.names import parse_reference
from tests.support.clock import steal
from tests.support.crashing import start_load
from tests.support.loading import (
    Story,
    do_at,
    published,
    require_equal,
    require_sound,
    run_load,
    tell_story,
    versions,
)
from tests.support.study import CommandResult, Study


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell_story(tmp_path_factory.mktemp("story"))


@pytest.fixture
def study(story: Story, tmp_path: Path) -> Study:
    """The files of the second version, with a lake that holds the first."""
    return story.study(2, tmp_path)


def command(study: Study, *more: object, name: str = "study") -> CommandResult:
    """Load with the command line, with the policy of the study."""
    return study.load("--policy", study.folder / "policy.yaml", *more, name=name)


def lake_of(study: Study) -> Lake:
    return open_lake(str(study.lake))


# Before the lease is taken there is nothing to hold, after the commit of the record nothing to win.
@pytest.mark.parametrize(
    "step", ["prepare patient", "check rows and keys", "publish study@2", "write report"]
)
def test_a_load_inside_another_is_refused_and_told_who_it_is(
    story: Story, study: Study, step: str
) -> None:
    results: list[CommandResult] = []

    outcome = run_load(
        study, on_step=do_at(step, lambda: results.append(command(study, "--wait", 0)))
    )

    (second,) = results
    if step == "write report":
        assert (second.code, second.last_line) == (0, "study@2")
    else:
        assert (second.code, second.out) == (14, "")
        for word in ("'study'", getpass.getuser(), socket.gethostname(), "process "):
            assert word in second.err
        assert "Traceback" not in second.err
    assert outcome.published == ("study@2",)
    require_equal(published(study.lake), story.until(2))
    require_sound(study.lake)


def test_a_load_of_another_name_inside_a_load_is_welcome(story: Story, study: Study) -> None:
    results: list[CommandResult] = []
    other = do_at("commit visit", lambda: results.append(command(study, name="other")))

    run_load(study, on_step=other)

    assert [each.last_line for each in results] == ["other@1"]
    assert versions(study.lake) == ["other@1", "study@1", "study@2"]
    found = published(study.lake)
    assert [pin["content_hash"] for pin in found["other@1"][0]["pins"]] == [
        pin["content_hash"] for pin in found["study@2"][0]["pins"]
    ]
    require_sound(study.lake)


def test_of_two_processes_on_one_name_one_fails_and_names_the_other(
    story: Story, study: Study
) -> None:
    first = start_load(study, "check rows and keys")
    assert first.stdout is not None
    assert first.stdout.readline() == "waiting\n"

    second = command(study, "--wait", 0)
    done, _ = first.communicate("go on\ngo on\n")

    assert second.code == 14
    assert f"process {first.pid})" in second.err
    assert (first.returncode, done.splitlines()[-1]) == (0, "study@2")
    require_equal(published(study.lake), story.until(2))
    require_sound(study.lake)


def test_a_load_that_waited_for_the_same_files_publishes_nothing(
    story: Story, study: Study
) -> None:
    inside = do_at("take the lease", lambda: run_load(study))

    outcome = run_load(study, on_step=inside)

    assert (outcome.published, outcome.current) == ((), ("study@2",))
    require_equal(published(study.lake), story.until(2))


@pytest.mark.parametrize("step", ["prepare visit", "store parts"])
def test_a_late_writer_whose_lease_passed_on_cannot_publish(
    story: Story, study: Study, step: str
) -> None:
    with pytest.raises(LeaseLostError, match="nothing was published") as late:
        run_load(study, on_step=do_at(step, lambda: steal(study.lake)))

    assert late.value.exit_code == 14
    require_equal(published(study.lake), story.until(1))
    lease = lake_of(study).leases.find("study")
    assert lease is not None
    assert (lease.holder, lease.renewed_at is None) == ("bob", False)
    refused = command(study, "--wait", 0)
    assert (refused.code, "bob" in refused.err) == (14, True)


@pytest.mark.parametrize("step", ["commit visit", "pin visit", "check rows and keys"])
@pytest.mark.parametrize("harm", ["delete", "intrude"])
def test_a_late_writer_who_fails_over_what_others_did_is_told_of_its_lease(
    story: Story, study: Study, step: str, harm: str
) -> None:
    begun: list[str] = []

    def meddle() -> None:
        steal(study.lake)
        if harm == "intrude":
            intrude(study, "visit")
        for file in study.lake.glob("tables/study/*/*.parquet") if harm == "delete" else ():
            file.unlink()

    disturb = do_at(step, meddle)

    def watch(name: str) -> None:
        begun.extend([name] if name == "prepare patient" else [])
        disturb(name)

    with pytest.raises(LeaseLostError) as late:
        run_load(study, on_step=watch)

    assert (late.value.exit_code, len(begun)) == (14, 1)
    assert versions(study.lake) == ["study@1"]


def test_a_late_writer_with_a_fault_in_its_files_is_told_of_the_fault(
    study: Study, tmp_path: Path
) -> None:
    shutil.copytree(study.folder, tmp_path / "files")
    study.folder = tmp_path / "files"
    study.write("policy.yaml", "")

    with pytest.raises(CheckFailedError):
        run_load(study, on_step=do_at("write rows", lambda: steal(study.lake)))


def test_a_late_writer_whom_a_whole_load_overtook_breaks_nothing(
    story: Story, study: Study
) -> None:
    def overtake() -> None:
        lake = lake_of(study)
        steal(study.lake)
        bob = lake.leases.find("study")
        assert bob is not None
        lake.leases.release(bob)
        run_load(study)

    with pytest.raises(LeaseLostError):
        run_load(study, on_step=do_at("publish study@2", overtake))

    require_equal(published(study.lake), story.until(2))
    require_sound(study.lake)


def intrude(study: Study, table: str = "patient") -> None:
    """Append a row to a table of the study, as another tool would."""
    folder = study.lake / "tables" / "study" / table
    write_deltalake(str(folder), DeltaTable(folder).to_pyarrow_table().slice(0, 1), mode="append")


@pytest.mark.parametrize(
    ("step", "table"),
    [
        ("write rows", "visit"),
        ("commit patient", "patient"),
        ("pin patient", "patient"),
    ],
)
def test_a_commit_of_an_intruder_makes_the_load_begin_again(
    story: Story, study: Study, step: str, table: str
) -> None:
    seen: list[str] = []
    disturb = do_at(step, lambda: intrude(study, table))

    def watch(name: str) -> None:
        seen.append(name)
        disturb(name)

    outcome = run_load(study, on_step=watch)

    assert (outcome.published, seen.count("begin again")) == (("study@2",), 1)
    require_equal(published(study.lake), story.until(2))
    require_sound(study.lake)


@pytest.mark.parametrize("step", ["take the lease", "publish study@2"])
def test_a_commit_of_an_intruder_before_or_after_the_writing_is_in_no_version(
    story: Story, study: Study, step: str
) -> None:
    run_load(study, on_step=do_at(step, lambda: intrude(study)))

    require_equal(published(study.lake), story.until(2))
    require_sound(study.lake)


def test_a_load_that_is_always_disturbed_gives_up(story: Story, study: Study) -> None:
    begun: list[str] = []

    def watch(name: str) -> None:
        begun.extend([name] if name == "begin again" else [])
        if name == "pin patient":
            intrude(study)

    with pytest.raises(CommitRaceError) as given_up:
        run_load(study, on_step=watch)

    assert (given_up.value.exit_code, len(begun)) == (14, MOST_BEGINNINGS - 1)
    require_equal(published(study.lake), story.until(1))
    run_load(study)
    require_equal(published(study.lake), story.until(2))


def publish_other_kind(study: Study, name: str) -> None:
    """Publish a record of another kind, as another part of the product does."""
    lake = lake_of(study)
    record = lake.load_record(parse_reference("study@1")).model_copy(
        update={"id": "other", "kind": "cohort", "name": name}
    )
    lake.registry.append([stored_form(record)], based_on=lake.registry.snapshot().version)


def test_a_name_of_another_kind_is_refused(study: Study) -> None:
    publish_other_kind(study, "people")

    refused = command(study, name="People")

    assert (refused.code, refused.out) == (14, "")
    assert "taken by a cohort" in refused.err
    assert not (study.lake / "tables" / "People").exists()
    assert versions(study.lake) == ["people@1", "study@1"]
    lease = lake_of(study).leases.find("people")
    assert lease is not None
    assert lease.renewed_at is None


def test_names_that_differ_by_case_only_are_one_dataset(story: Story, study: Study) -> None:
    published_as = command(study, name="STUDY")

    assert (published_as.code, published_as.last_line) == (0, "study@2"), published_as.err
    require_equal(published(study.lake), story.until(2))
    again = command(study, "--json", name="Study").json
    assert (again["published"], again["current"]) == ([], ["study@2"])
    assert [each.name for each in (study.lake / "tables").iterdir()] == ["study"]
    assert [each.name for each in (study.lake / "reports").iterdir()] == ["study"]
