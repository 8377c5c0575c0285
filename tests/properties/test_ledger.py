"""Any verbs in any order, with crashes: every version that is there reads as a plain model says.

The short profile runs with the other tests. The long one is
`scripts/test --hypothesis-profile=long tests/properties/test_ledger.py`.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apollo_spark.api.lake import open_lake
from tests.support.examples import examples, is_long_run
from tests.support.ledger_deeds import DEEDS, LOADED
from tests.support.ledger_model import (
    Asked,
    Chosen,
    Entry,
    Extended,
    Ledger,
    Loaded,
    Merged,
    NotChosen,
    Row,
    Seen,
    hides,
    moved,
    with_visits,
)
from tests.support.loading import CrashError
from tests.support.study import CommandResult, apollo
from tests.support.watching import watched

DICTIONARY = """\
entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship
patient,patient_id,string,global,,,
patient,age,integer,,,,
visit,visit_id,integer,local,,,
visit,patient_id,string,,,patient:patient_id,many_to_one
visit,score,integer,,,,
"""


PEOPLE_TILE = {"chart": "table", "fields": ["patient.patient_id"], "options": {"limit": 200}}


class EveryVerb(RuleBasedStateMachine):
    """Loads, extensions, merges, views, rebases, retirements, withdrawals, gc and crashes."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        (self.folder / "data_dictionary.csv").write_text(DICTIONARY)
        self.ledger = Ledger()
        self.fields = 0
        self.clean = True
        for name in LOADED:
            self.load(name, {"P1": (1, [2, 3]), "P2": (3, []), "P3": (None, [0])}, None)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            try:
                if self.ledger.entries:
                    assert self.run("verify", "--deep").code == 0
            finally:
                shutil.rmtree(self.folder)

    def run(self, *words: object) -> CommandResult:
        self.clean = False
        return apollo("--lake", self.folder / "lake", *words)

    def publish(self, crash_at: int | None, *words: object) -> str | None:
        """Run a verb that publishes; return what it published, None after a crash before that."""
        if crash_at is None:
            return self.published(*words)
        before = self.newest_of_all()
        with watched(_crashing(crash_at)):
            result = self.run(*words)
        assert result.code in (0, 1), result.err
        # A crash after the commit has published, one before it has not: the list tells which.
        return next((each for each in self.newest_of_all() if each not in before), None)

    def published(self, *words: object) -> str | None:
        before = self.newest_of_all()
        result = self.run(*words)
        assert result.code == 0, result.err
        return result.last_line if result.last_line not in before else None

    def newest_of_all(self) -> set[str]:
        if not (self.folder / "lake").exists():
            return set()
        lake = open_lake(str(self.folder / "lake"))
        return {f"{each.name}@{each.version}" for each in lake.list()}

    def file(self, name: str, header: str, rows: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    def note(self, found: str | None, version: Any, parents: tuple[str, ...] = ()) -> None:
        if found is not None:
            assert found == self.ledger.publish(found.partition("@")[0], version, parents)

    def load(self, name: str, study: dict[str, Any], crash: int | None) -> None:
        patients: list[Row] = [{"patient_id": each, "age": age} for each, (age, _) in study.items()]
        pairs = [(each, score) for each, (_, scores) in study.items() for score in scores]
        visits: list[Row] = [
            {"visit_id": number, "patient_id": each, "score": score}
            for number, (each, score) in enumerate(pairs)
        ]
        words = ("load", "clinical", name, "--dictionary", self.folder / "data_dictionary.csv")
        files = (
            self.file("p.csv", "patient_id,age", [_line(row) for row in patients]),
            self.file("v.csv", "visit_id,patient_id,score", [_line(row) for row in visits]),
        )
        data = ("--data", f"patient={files[0]}", "--data", f"visit={files[1]}")
        found = self.publish(crash, *words, *data)
        self.note(found, Loaded(name, {"patient": patients, "visit": visits}))

    def pick(self, number: int) -> str:
        """Return one of the versions that are not retired."""
        unretired = self.datasets()
        return unretired[number % len(unretired)]

    def datasets(self) -> list[str]:
        return [each for each in self.about_people() if not self.is_cohort(each)]

    def about_people(self) -> list[str]:
        return [each for each in self.ledger.unretired() if not self.is_dashboard(each)]

    def is_dashboard(self, reference: str) -> bool:
        return isinstance(self.ledger.entry(reference).version, Asked)

    def is_cohort(self, reference: str) -> bool:
        return isinstance(self.ledger.entry(reference).version, Chosen)

    def has_versions(self) -> bool:
        return hasattr(self, "ledger") and bool(self.datasets())

    def view(
        self, number: int, age: int | None, score: int | None, crash: int | None, name: str
    ) -> None:
        base = self.pick(number)
        if base.startswith(f"{name}@"):
            return
        conditions = _conditions(age, score)
        rows = ("--rows", " and ".join(conditions)) if conditions else ()
        found = self.publish(crash, "view", base, "--as", name, *rows)
        self.note(found, Seen(self.ledger.entry(base).version, age, score), (base,))

    def cohort(
        self,
        *,
        number: int,
        age: int | None,
        score: int | None,
        crash: int | None,
        crash_of_others: int | None,
        onto: int | None,
    ) -> None:
        base = self.pick(number)
        text = " and ".join(_conditions(age, score)) or "patient.patient_id is not missing"
        words = ("cohort", "create", "k", "--from", base, "--filter", text)
        found = self.publish(crash, *words)
        self.note(found, Chosen(self.ledger.entry(base).version, age, score), (base,))
        self.complement(crash_of_others)
        # Often enough for a short run: cohorts that are there are few.
        if onto is not None:
            self.move_cohorts(onto, crash)

    def complement(self, crash: int | None) -> None:
        cohort = self.ledger.newest("k")
        if cohort is None:
            return
        words = ("cohort", "combine", "n", "--operation", "complement", cohort)
        found = self.publish(crash, *words)
        chosen = self.ledger.entry(cohort).version
        assert isinstance(chosen, Chosen)
        others = NotChosen(chosen.base, chosen.least_age, chosen.least_score)
        self.note(found, others, (cohort,))

    def dashboard(self, number: int, crash: int | None) -> None:
        sources = self.about_people()
        base = sources[number % len(sources)]
        tiles = self.folder / "tiles.json"
        tiles.write_text(json.dumps({"tiles": [PEOPLE_TILE]}))
        found = self.publish(crash, "dashboard", "create", "d", "--from", base, "--file", tiles)
        self.note(found, Asked(self.ledger.entry(base).version), (base,))

    def merge(self, first: int, second: int, crash: int | None) -> None:
        source, target = self.pick(first), self.pick(second)
        names = {each for x in (source, target) for each in self.ledger.read(x)}
        if any(each.startswith("b_") for each in names) or {source[0], target[0]} & {"m"}:
            return
        words = ("merge", "clinical", source, target, "--as", "m", "--on-clash", "prefix:b_")
        found = self.publish(crash, *words)
        version = Merged(self.ledger.entry(source).version, self.ledger.entry(target).version)
        self.note(found, version, (source, target))

    def extend(self, number: int, values: dict[str, int], crash: int | None) -> None:
        name = self.pick(number).partition("@")[0]
        newest = self.ledger.newest(name)
        assert newest is not None
        self.add_field(newest, self.ledger.entry(newest), values, crash, name)

    def copy(self, number: int, values: dict[str, int], crash: int | None) -> None:
        base = self.pick(number)
        if not base.startswith("c@"):
            # It is based on that version as a view of all of it would.
            seen = Seen(self.ledger.entry(base).version, None, None)
            self.add_field(base, Entry(seen, (base,)), values, crash, base, "--as", "c")

    def add_field(
        self, base: str, entry: Entry, values: dict[str, int], crash: int | None, *named: str
    ) -> None:
        people = {row["patient_id"] for row in self.ledger.read(base)["patient"]}
        known = {each: value for each, value in values.items() if each in people}
        if not known:
            return
        self.fields += 1
        field = f"f{self.fields}"
        rows = [f"{each},{value}" for each, value in known.items()]
        file = self.file("more.csv", f"patient_id,{field}", rows)
        asked = ("extend", *named, "--data", f"patient={file}", "--mode", "fields")
        found = self.publish(crash, *asked)
        self.note(found, Extended(entry.version, field, known), entry.parents)

    def change_rows(
        self, name: str, scores: dict[int, int], gone: set[int], crash: int | None
    ) -> None:
        newest = self.ledger.newest(name)
        if newest is None:
            return
        stored = self.ledger.entry(newest).version.read({})
        known = {row["visit_id"]: row for row in stored["visit"]}
        people = [row["patient_id"] for row in stored["patient"]]
        given: dict[int, Row] = {
            number: {"visit_id": number, "patient_id": people[number % len(people)], "score": score}
            for number, score in scores.items()
        }
        gone = (gone & set(known)) - set(given)
        if not gone and all(known.get(number) == row for number, row in given.items()):
            return
        # A row of somebody withdrawn is left out, and so is one that takes the place of theirs.
        withdrawn = self.ledger.withdrawn.get(name, set())
        changed = {
            number: row
            for number, row in given.items()
            if not withdrawn & {row["patient_id"], known.get(number, row)["patient_id"]}
        }
        words: list[object] = ["extend", name, "--mode", "rows"]
        if given:
            rows = [_line(row) for row in given.values()]
            file = self.file("v.csv", "visit_id,patient_id,score", rows)
            words += ["--data", f"visit={file}"]
        if gone:
            file = self.file("d.csv", "visit_id", [str(each) for each in gone])
            words += ["--delete", f"visit={file}"]
        found = self.publish(crash, *words)
        self.note(found, with_visits(self.ledger.entry(newest).version, changed, gone))

    def compact(self, number: int, crash: int | None) -> None:
        name = self.pick(number).partition("@")[0]
        newest = self.ledger.newest(name)
        assert newest is not None
        found = self.publish(crash, "compact", name, "--apply")
        entry = self.ledger.entry(newest)
        self.note(found, entry.version, entry.parents)

    def rebase(self, number: int, crash: int | None) -> None:
        name = self.pick(number).partition("@")[0]
        newest = self.ledger.newest(name)
        assert newest is not None
        entry = self.ledger.entry(newest)
        for parent in dict.fromkeys(entry.parents):
            onto = self.ledger.newest(parent.partition("@")[0])
            if onto is None or onto == parent or self.ledger.entry(parent).is_retired:
                continue
            moving = onto.partition("@")[0]
            # Both parents of a merge may be versions of one name; then both move.
            of_name = [x for x in entry.parents if x.partition("@")[0] == moving]
            before = [self.ledger.entry(each).version for each in of_name]
            after = self.ledger.entry(onto).version
            if set(self.ledger.read(parent)) != set(self.ledger.read(onto)):
                continue
            found = self.publish(crash, "rebase", name, "--onto", onto, "--apply")
            parents = tuple(onto if each in of_name else each for each in entry.parents)
            self.note(found, moved(entry.version, before, after), parents)
            return

    def move_cohorts(self, number: int, crash: int | None) -> None:
        """Move the cohort of the others; the one that it is made of moves with it."""
        others, cohort = self.ledger.newest("n"), self.ledger.newest("k")
        target = self.pick(number)
        if others is None or cohort is None or self.ledger.entry(others).parents[-1] != cohort:
            return
        base = self.ledger.entry(cohort).parents[0]
        name = base.partition("@")[0]
        is_hidden = hides(self.ledger.entry(base).version)
        if is_hidden and not self.ledger.is_made_of(target, name):
            return
        before = self.newest_of_all()
        with watched(_crashing(99 if crash is None else crash)):
            result = self.run("rebase", others, "--onto", target, "--apply")
        assert result.code == 0 or (crash is not None and result.code == 1), result.err
        new = sorted(self.newest_of_all() - before)
        # Both or none of them; a version that was moved or made there before is taken as it is.
        there = [each for each in self.ledger.unretired() if self.is_cohort_of(each, target)]
        known = [each for each in there if each[0] == "k" and self.asks_the_same(each, cohort)]
        assert [each[0] for each in new] in ([], ["n"] if known else ["k", "n"]), new
        for each in new:
            version = self.ledger.entry(cohort if each[0] == "k" else others).version
            moved_there = replace(version, base=self.ledger.entry(target).version)
            made_of = (target,) if each[0] == "k" else (target, known[-1] if known else new[0])
            self.note(each, moved_there, made_of)

    def is_cohort_of(self, reference: str, dataset: str) -> bool:
        return self.is_cohort(reference) and self.ledger.entry(reference).parents[0] == dataset

    def asks_the_same(self, first: str, second: str) -> bool:
        pair = [self.ledger.entry(each).version for each in (first, second)]
        said = {(each.least_age, each.least_score) for each in pair if isinstance(each, Chosen)}
        return len(said) == 1

    def retire(self, number: int) -> None:
        unretired = self.ledger.unretired()
        reference = unretired[number % len(unretired)]
        assert self.run("retire", reference).code == 0
        self.ledger.entry(reference).is_retired = True

    def withdraw(self, name: str, who: str) -> None:
        versions = [
            entry.version
            for entry in self.ledger.entries.get(name, [])
            if not entry.is_retired and isinstance(entry.version, Loaded)
        ]
        known = {row["patient_id"] for each in versions for row in each.rows["patient"]}
        if who not in known:
            return
        file = self.file("gone.csv", "patient_id", [who])
        result = self.run("withdraw", file, "--of", f"{name}.patient", "--apply")
        assert result.code == 0, result.err
        self.ledger.withdraw(name, who)

    def sweep(self) -> None:
        result = self.run("gc", "--apply", "--grace", "0")
        assert result.code == 0, result.err

    # One rule, because Hypothesis likes to leave whole rules out of an example.
    @rule(deed=st.sampled_from(sorted(DEEDS)), data=st.data())
    def act(self, deed: str, data: st.DataObject) -> None:
        if deed != "load" and not self.has_versions():
            deed = "load"
        getattr(self, deed)(**data.draw(st.fixed_dictionaries(DEEDS[deed])))

    @invariant()
    def every_version_reads_as_the_model_says(self) -> None:
        if not hasattr(self, "ledger") or self.clean:
            return
        self.clean = True
        lake = open_lake(str(self.folder / "lake"))
        for reference in self.ledger.unretired():
            if self.is_cohort(reference):
                people = {row["patient_id"] for row in self.ledger.read(reference)["patient"]}
                assert lake.cohort(reference).ids == sorted(people), reference
                continue
            if self.is_dashboard(reference):
                (answer,) = lake.dashboard(reference).data().tiles
                people = {row["patient_id"] for row in self.ledger.read(reference)["patient"]}
                assert answer.data is not None
                assert answer.data.table == tuple((each,) for each in sorted(people)), reference
                continue
            dataset = lake.dataset(reference)
            read = {each.name: each.retrieve_fields().to_pylist() for each in dataset.entities}
            expected = self.ledger.read(reference)
            assert set(read) == set(expected), reference
            for entity, rows in expected.items():
                assert _sorted(read[entity]) == _sorted(rows), (reference, entity)


def _conditions(age: int | None, score: int | None) -> list[str]:
    conditions = [] if age is None else [f"patient.age >= {age}"]
    return conditions + ([] if score is None else [f"exists(visit: visit.score >= {score})"])


def _sorted(rows: list[Row]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def _line(row: Row) -> str:
    return ",".join("" if value is None else str(value) for value in row.values())


def _crashing(step: int) -> Callable[[str], None]:
    """Return what ends a publication at one of its steps."""
    left = [step]

    def end(_: str) -> None:
        if left[0] == 0:
            raise CrashError
        left[0] -= 1

    return end


EveryVerb.TestCase.settings = examples(
    4,
    stateful_step_count=25 if is_long_run() else 14,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
test_every_verb_agrees_with_the_model = EveryVerb.TestCase


def test_a_row_given_to_somebody_withdrawn_leaves_the_stored_one() -> None:
    """Found by a long run: visit 1 is of P1, and its new form of P2."""
    lives = EveryVerb()
    lives.open()
    lives.withdraw("a", "P2")
    lives.change_rows("a", {0: 1, 1: 3}, set(), None)

    assert lives.ledger.newest("a") == "a@2"
    lives.every_version_reads_as_the_model_says()
    lives.teardown()
