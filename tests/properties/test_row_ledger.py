"""Any rows that come, change and go against dicts: every version reads as the model, for ever.

The content of each version is that of a load of all its rows, in another lake and in one piece.
"""

import contextlib
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from apollo_spark.errors import CheckFailedError
from tests.support.examples import examples
from tests.support.loading import (
    COLUMNS,
    CrashError,
    answers_of,
    raise_at,
    require_sound,
    run_load,
    small_study,
)
from tests.support.rowing import counts, give, pin
from tests.support.study import Study

DICTIONARY = f"""\
{COLUMNS}
patient,patient_id,string,global,,,
patient,weight,float,,,,
patient,born,date,,,,
visit,visit_id,integer,local,,,
visit,patient_id,string,,,patient:patient_id,many_to_one
"""
# An extension has 12 steps, and all but the last come before it is published.
STEPS = 11
KEYS = st.sampled_from(["P1", "P2", "P3", "Ä4", "P5"])
WEIGHTS = st.none() | st.sampled_from([0.0, 0.1, -1.5, 1e300])
DATES = st.none() | st.sampled_from([date(1, 1, 1), date(2000, 2, 29)])

Patient = tuple[float | None, date | None]
Patients = dict[str, Patient]


def csv_of(header: list[str], rows: list[tuple[Any, ...]]) -> str:
    lines = [",".join("" if each is None else str(each) for each in row) for row in rows]
    return "\n".join([",".join(header), *lines]) + "\n"


def patients_csv(patients: Patients) -> str:
    rows = [(key, *values) for key, values in patients.items()]
    return csv_of(["patient_id", "weight", "born"], rows)


def visits_csv(visits: dict[int, str]) -> str:
    return csv_of(["visit_id", "patient_id"], list(visits.items()))


def shown(patients: Patients, visits: dict[int, str]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "patient": [(key, *patients[key]) for key in sorted(patients)],
        "visit": [(key, visits[key]) for key in sorted(visits)],
    }


class Rows(RuleBasedStateMachine):
    """One dataset of patients and visits, each version beside what it should hold."""

    @initialize(
        patients=st.dictionaries(KEYS, st.tuples(WEIGHTS, DATES)), block_bytes=st.integers(8, 99)
    )
    def open(self, patients: Patients, block_bytes: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        self.study = small_study(self.folder, {"data_dictionary.csv": DICTIONARY})
        self.study.data = ["patient=patient.csv", "visit=visit.csv"]
        self.block_bytes = block_bytes
        self.patients, self.visits = dict(patients), dict(zip(range(3), patients, strict=False))
        self.study.write("patient.csv", patients_csv(self.patients))
        self.study.write("visit.csv", visits_csv(self.visits))
        run_load(self.study, block_bytes=block_bytes)
        self.versions = [shown(self.patients, self.visits)]
        # What was last published for each entity: the same again is not an error, and no version.
        self.last: dict[str, dict[str, str]] = {}

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        for number, wanted in enumerate(self.versions, start=1):
            answers = answers_of(self.study.lake, f"study@{number}")
            found = {name: [tuple(row.values()) for row in rows] for name, rows in answers.items()}
            assert {name: sorted(rows, key=str) for name, rows in found.items()} == {
                name: sorted(rows, key=str) for name, rows in wanted.items()
            }
        require_sound(self.study.lake)
        self.require_content_of_a_load()
        shutil.rmtree(self.folder)

    def require_content_of_a_load(self) -> None:
        whole = Study.reopen(self.folder, lake=self.folder / "whole", data=self.study.data)
        whole.write("patient.csv", patients_csv(self.patients))
        whole.write("visit.csv", visits_csv(self.visits))
        run_load(whole)
        for table in ("patient", "visit"):
            found, wanted = pin(self.study, "study", table), pin(whole, "study", table)
            assert (found.rows, found.content_hash) == (wanted.rows, wanted.content_hash)

    def content(self, given: dict[str, str]) -> dict[str, str]:
        return {how: self.study.read(each.partition("=")[2]) for how, each in given.items()}

    def require_refused(self, rules: str, **given: str) -> None:
        """Require a refusal, or that the same was published last."""
        entity = next(iter(given.values())).partition("=")[0]
        if self.last.get(entity) == self.content(given):
            assert give(self.study, **given).current == (f"study@{len(self.versions)}",)
            return
        with pytest.raises(CheckFailedError, match=rules):
            give(self.study, **given)

    def extend(self, *, crash: int, **given: str) -> dict[str, int]:
        """Extend, at times after a try that ends anywhere, and return the counts."""
        if crash < STEPS:
            watch = raise_at(crash, CrashError)
            with contextlib.suppress(CrashError):
                give(self.study, block_bytes=self.block_bytes, on_step=watch, **given)
        outcome = give(self.study, block_bytes=self.block_bytes, **given)
        now = shown(self.patients, self.visits)
        if now == self.versions[-1]:
            assert outcome.published == ()
        else:
            self.versions.append(now)
            self.last[next(iter(given.values())).partition("=")[0]] = self.content(given)
        assert (*outcome.published, *outcome.current) == (f"study@{len(self.versions)}",)
        return counts(outcome)

    @rule(
        given=st.dictionaries(KEYS, st.tuples(WEIGHTS, DATES), min_size=1),
        columns=st.sampled_from([("weight", "born"), ("born", "weight"), ("weight",), ("born",)]),
        crash=st.integers(0, 3 * STEPS),
    )
    def give_patients(self, given: Patients, columns: tuple[str, ...], crash: int) -> None:
        rows = []
        for key, (weight, born) in given.items():
            has = {"weight": weight, "born": born}
            rows.append((key, *(has[each] for each in columns)))
            old = self.patients.get(key, (None, None))
            self.patients[key] = (
                weight if "weight" in columns else old[0],
                born if "born" in columns else old[1],
            )
        self.study.write("more.csv", csv_of(["patient_id", *columns], rows))
        self.extend(crash=crash, data="patient=more.csv")

    @rule(given=st.dictionaries(st.integers(0, 6), KEYS, min_size=1), crash=st.integers(0, 30))
    def give_visits(self, given: dict[int, str], crash: int) -> None:
        self.study.write("more.csv", visits_csv(given))
        if not set(given.values()) <= set(self.patients):
            self.require_refused("reference_resolves", data="visit=more.csv")
            return
        self.visits |= given
        self.extend(crash=crash, data="visit=more.csv")

    @rule(keys=st.sets(KEYS, min_size=1), crash=st.integers(0, 30))
    def delete_patients(self, keys: set[str], crash: int) -> None:
        self.study.write("keys.csv", csv_of(["patient_id"], [(each,) for each in sorted(keys)]))
        if not keys <= set(self.patients) or keys & set(self.visits.values()):
            rules = "delete_unmatched|reference_resolves"
            self.require_refused(rules, delete="patient=keys.csv")
            return
        for key in keys:
            del self.patients[key]
        self.extend(crash=crash, delete="patient=keys.csv")

    @rule(keys=st.sets(st.integers(0, 6), min_size=1), crash=st.integers(0, 30))
    def delete_visits(self, keys: set[int], crash: int) -> None:
        self.study.write("keys.csv", csv_of(["visit_id"], [(each,) for each in sorted(keys)]))
        if not keys <= set(self.visits):
            self.require_refused("delete_unmatched", delete="visit=keys.csv")
            return
        for key in keys:
            del self.visits[key]
        assert self.extend(crash=crash, delete="visit=keys.csv") == {"rows_deleted": len(keys)}


Rows.TestCase.settings = examples(6, stateful_step_count=8, deadline=None, derandomize=True)
test_rows_agree_with_the_model = Rows.TestCase
