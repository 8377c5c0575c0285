"""Any loads in any order against a plain model: what was published once reads the same for ever."""

import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.errors import CheckFailedError
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.storage.system import ProcessIdentity, SystemProcesses
from tests.support.examples import examples
from tests.support.loading import (
    COLUMNS,
    CrashError,
    raise_at,
    require_sound,
    run_load,
    small_study,
)

NAMES = ("study", "other")
DICTIONARY = f"""\
{COLUMNS}
patient,patient_id,string,global,,,
patient,weight,integer,,,,
visit,patient_id,string,,,patient:patient_id,one_to_one
visit,seen,date,,,,
"""
# A load has 15 steps; the last one comes after the commit that publishes.
LAST_STEP = 14
DEEDS = st.sampled_from(["load", "load", "crash", "crash", "take over", "refuse"])

People = dict[str, tuple[int, bool]]
"""The weight of each patient, and whether there is a visit of that patient."""
PEOPLE = st.dictionaries(
    st.sampled_from(["P1", "P2", "P3", "P4"]), st.tuples(st.integers(0, 3), st.booleans())
)


class DeadProcess(SystemProcesses):
    """Takes leases in the name of a process that does not run."""

    def me(self) -> ProcessIdentity:
        return super().me().model_copy(update={"pid": 2**30, "started": "1"})


class Loading(RuleBasedStateMachine):
    """Loads of two datasets of one lake: whole ones, refused ones, and ones that end anywhere."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        self.study = small_study(self.folder, {"data_dictionary.csv": DICTIONARY})
        self.study.data = ["patient=patient.csv", "visit=visit.csv"]
        self.lake: ApolloLake = open_lake(str(self.study.lake))
        # The model: what is in the files now, and what each version was made of.
        self.people: dict[str, People] = {name: {} for name in NAMES}
        self.versions: dict[str, list[People]] = {name: [] for name in NAMES}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for name in [each for each in NAMES if any(self.versions.values())]:
                require_sound(self.study.lake, name)
            shutil.rmtree(self.folder)

    def write(self, people: People, *, bad: str = "") -> None:
        patients = [f"{each},{weight}" for each, (weight, _) in people.items()]
        visits = [f"{each},2020-01-0{weight + 1}" for each, (weight, has) in people.items() if has]
        self.study.write("patient.csv", "\n".join(["patient_id,weight", *patients, bad]) + "\n")
        self.study.write("visit.csv", "\n".join(["patient_id,seen", *visits]) + "\n")

    @rule(name=st.sampled_from(NAMES), people=PEOPLE, deed=DEEDS, step=st.integers(0, LAST_STEP))
    def run_a_load(self, name: str, people: People, deed: str, step: int) -> None:
        # One rule, because Hypothesis likes to leave whole rules out of an example.
        self.write(people, bad="P9,heavy" if deed == "refuse" else "")
        versions = self.versions[name]
        is_known = bool(versions) and list(versions[-1].items()) == list(people.items())
        if deed == "refuse":
            with pytest.raises(CheckFailedError):
                run_load(self.study, name=name)
        elif deed == "crash" and not is_known:
            with pytest.raises(CrashError):
                run_load(self.study, name=name, on_step=raise_at(step, CrashError))
            versions += [people] if step == LAST_STEP else []
        else:
            if deed == "take over":
                self.die_with_the_lease(name)
            outcome = run_load(self.study, name=name)
            versions += [] if is_known else [people]
            reference = (f"{name}@{len(versions)}",)
            wanted = ((), reference) if is_known else (reference, ())
            assert (outcome.published, outcome.current) == wanted

    def die_with_the_lease(self, name: str) -> None:
        root = open_stored_lake(str(self.study.lake)).root
        LeaseStore(root, processes=DeadProcess()).take(name, "bob")

    @invariant()
    def every_version_reads_as_it_was_loaded(self) -> None:
        if not hasattr(self, "lake") or not any(self.versions.values()):
            return
        newest = {each.name: each.version for each in self.lake.list()}
        assert newest == {name: len(each) for name, each in self.versions.items() if each}
        for name, versions in self.versions.items():
            for version, people in enumerate(versions, start=1):
                dataset = self.lake.dataset(f"{name}@{version}")
                patients = dataset["patient"].retrieve_fields().to_pylist()
                assert sorted(tuple(row.values()) for row in patients) == [
                    (each, people[each][0]) for each in sorted(people)
                ]
                visits = dataset["visit"].retrieve_fields().to_pylist()
                assert sorted(tuple(row.values()) for row in visits) == [
                    (each, date(2020, 1, people[each][0] + 1))
                    for each in sorted(people)
                    if people[each][1]
                ]


Loading.TestCase.settings = examples(6, stateful_step_count=9, deadline=None, derandomize=True)
test_loads_agree_with_the_model = Loading.TestCase
