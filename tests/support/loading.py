"""Loads whose steps are watched and whose tasks can be made to fail, and what they leave."""

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.tasks import LocalTaskRunner, TaskRunner
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.record import PublishedRecord as Record
from apollo_spark.operations.outcome import Outcome
from apollo_spark.query.extract import ExtractRequest, build_extract_per_entity
from apollo_spark.query.values import ValueMode
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.verify.verify import verify_records
from tests.support.contexts import WHOLE_FILE, loading
from tests.support.study import Study

Rows = dict[str, list[dict[str, Any]]]
Published = dict[str, tuple[dict[str, Any], Rows]]
"""Comparable records with their rows, by `name@version`."""

CODINGS = {
    "codings.csv": "coding_name,code,meaning\nsex,F,Female\nsex,M,Male\n",
    "entity_dictionary.csv": "entity,entity_title\npatient,Patients\n",
}
COLUMNS = "entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship"
FIRST = {
    "data_dictionary.csv": f"""\
{COLUMNS}
patient,patient_id,string,global,,,
patient,sex,string,,sex,,
patient,weight,float,,,,
visit,visit_id,integer,local,,,
visit,patient_id,string,,,patient:patient_id,many_to_one
visit,seen,date,,,,
""",
    "patient.csv": "patient_id,sex,weight\nP1,F,61.5\nP2,,\nP3,M,72\n",
    "visit.csv": "visit_id,patient_id,seen\n1,P1,2020-01-02\n2,P3,2020-02-03\n",
}
# A field is retyped, one is renamed, an entity comes, rows come, go and change, one is left out.
SECOND = {
    "data_dictionary.csv": f"""\
{COLUMNS}
patient,patient_id,string,global,,,
patient,sex,string,,sex,,
patient,weight,string,,,,
visit,visit_id,integer,local,,,
visit,patient_id,string,,,patient:patient_id,many_to_one
visit,day,date,,,,
stay,patient_id,string,,,patient:patient_id,many_to_one
stay,days,integer,,,,
""",
    "patient.csv": "patient_id,sex,weight\nP1,F,61.5\nP3,F,light\nP4,M,\n",
    "visit.csv": "visit_id,patient_id,day\n1,P1,2020-01-02\n3,P4,2021-12-31\n",
    "stay.csv": "patient_id,days\nP1,3\nP3,few\nP4,1\n",
    "policy.yaml": "rules: {cell_integer: quarantine}\n",
}


class CrashError(Exception):
    """Takes the place of anything that goes wrong at a step."""


class StopError(BaseException):
    """Takes the place of what nothing may catch, as an interrupt from the keyboard."""


def run_load(
    study: Study,
    *,
    name: str = "study",
    on_step: OnStep = no_step,
    runner: TaskRunner | None = None,
    block_bytes: int = WHOLE_FILE,
) -> Outcome[Any]:
    """Load a study as the command does, with the policy in its folder where there is one."""
    lake = open_lake(str(study.lake))
    policy = study.folder / "policy.yaml"
    pairs = [each.partition("=") for each in study.data]
    request = ClinicalLoad(
        name=name,
        dictionary=str(study.folder / "data_dictionary.csv"),
        codings=str(study.folder / "codings.csv"),
        entities=str(study.folder / "entity_dictionary.csv"),
        data=tuple((entity, str(study.folder / file)) for entity, _, file in pairs),
        policy=str(policy) if policy.exists() else None,
    )
    context = loading(lake, on_step, runner=runner or LocalTaskRunner(), block_bytes=block_bytes)
    return perform(context, request)


def small_study(folder: Path, files: Mapping[str, str]) -> Study:
    """Write a study of few and small files; entities are named as their files are."""
    study = Study.reopen(folder, lake=folder / "lake", data=[])
    for name, text in {**CODINGS, **files}.items():
        study.write(name, text)
        entity = name.removesuffix(".csv")
        if f"\n{entity}," in files["data_dictionary.csv"]:
            study.data.append(f"{entity}={name}")
    return study


def rows_of(lake: Lake, record: Record) -> Rows:
    """Read all rows behind the pins of a record, by table."""
    found = {}
    for pin in record.pins:
        tables = [pq.read_table(file) for file in lake.tables.files(pin)]
        found[pin.table] = sorted((row for each in tables for row in each.to_pylist()), key=str)
    return found


def answers_of(folder: Path, reference: str) -> Rows:
    """Ask for all rows of a version as people do, by entity."""
    lake = open_lake(str(folder))
    opened = lake.open(parse_reference(reference))
    found = {}
    # One connection for all entities: these tests ask thousands of times.
    with EmbeddedEngine(lake.tables).over(opened.pins) as engine:
        for entity in opened.dictionary.entities:
            names = [each.name for each in entity.fields]
            request = ExtractRequest(
                fields=tuple(f"{entity.name}.{each}" for each in names), values=ValueMode.RAW
            )
            plan = build_extract_per_entity(opened.scope, request)[entity.name]
            table = answer_fields(engine, plan, opened.pins).read_all().rename_columns(names)
            found[entity.name] = sorted(table.to_pylist(), key=str)
    return found


def comparable(record: Record) -> dict[str, Any]:
    """Return a record without ids, times, table versions and names of files.

    What stays tells versions of other content apart: the hashes of rows, columns, dictionary,
    codings and receipt, the inputs and the parameters.
    """
    shown = record.model_dump(mode="json", exclude={"id"})
    del shown["lineage"]["time"]
    for pin in shown["pins"]:
        for name in ("table_id", "version", "files_digest"):
            del pin[name]
    return shown


def published(folder: Path, *, whole: bool = True) -> Published:
    """Return all that a lake has published, records and rows by `name@version`, but the retired.

    Args:
        folder: The lake.
        whole: Whether rows are read. Records have their hashes, which `require_sound` compares.
    """
    lake = open_lake(str(folder))
    found = {}
    for entry in lake.registry.snapshot().unretired():
        reference = RecordReference(name=entry.name, version=entry.version)
        record = lake.load(reference, Record)
        found[str(entry)] = (comparable(record), rows_of(lake, record) if whole else {})
    return found


def as_seen(wanted: Published, *, whole: bool) -> Published:
    """Return what `published` returns of the same lake with or without rows."""
    return wanted if whole else {key: (record, {}) for key, (record, _) in wanted.items()}


def is_seen_whole(number: int, steps: Sequence[object]) -> bool:
    """Whether rows are read after a step of many: after the first, a middle and the last one."""
    return number in {0, len(steps) // 2, len(steps) - 1}


class State(NamedTuple):
    """All that a lake says: what is published, what is retired, and who is withdrawn."""

    published: Published
    retired: list[str]
    withdrawn: dict[str, list[str]]


def state_of(folder: Path, *, whole: bool = True) -> State:
    """Return all that a lake says, with or without rows."""
    lake = open_lake(str(folder))
    return State(
        published(folder, whole=whole),
        [str(each) for each in lake.registry.snapshot().entries if each.retired],
        {
            each.location: sorted(lake.withdrawing.read_keys(each).to_pylist())
            for each in lake.withdrawals()
        },
    )


def versions(folder: Path) -> list[str]:
    """Return what is published, as `name@version`."""
    return [str(each) for each in open_lake(str(folder)).registry.snapshot().entries]


def require_sound(folder: Path, name: str = "study") -> None:
    """Require that every pin reads as published and that nobody alive holds the name."""
    lake: Lake = open_lake(str(folder))
    if not lake.is_there:
        # What ended before it wrote anything has made no lake, and left nothing where it would be.
        assert not folder.exists()
        return
    assert verify_records(lake, None, deep=True).problems == ()
    lease = lake.leases.find(name)
    assert lease is None or lake.leases.is_left(lease)
    assert not [each for each in threading.enumerate() if each.name == f"lease of {name}"]


@dataclass(frozen=True)
class Story:
    """Two versions of a study, and lakes in which nothing ever went wrong."""

    folder: Path
    first: Study
    second: Study
    steps: tuple[tuple[str, ...], ...]
    undisturbed: Published

    def study(self, version: int, folder: Path) -> Study:
        """Return the files of a version, to be loaded into a lake that holds all before it."""
        lake = folder / "lake"
        if version == 2:
            shutil.copytree(self.folder / "one", lake)
        told = (self.first, self.second)[version - 1]
        return Study.reopen(told.folder, lake=lake, data=told.data)

    def until(self, version: int) -> Published:
        """Return what is published when this version is the newest one."""
        wanted = {f"study@{each}" for each in range(1, version + 1)}
        return {key: each for key, each in self.undisturbed.items() if key in wanted}


def tell_story(folder: Path) -> Story:
    """Load both versions without any disturbance."""
    first = small_study(folder / "first", FIRST)
    second = small_study(folder / "second", SECOND)
    steps: tuple[list[str], list[str]] = ([], [])
    first.lake = folder / "one"
    run_load(first, on_step=steps[0].append)
    second.lake = folder / "two"
    shutil.copytree(first.lake, second.lake)
    run_load(second, on_step=steps[1].append)
    return Story(folder, first, second, tuple(map(tuple, steps)), published(second.lake))


def raise_at(number: int, error: type[BaseException]) -> OnStep:
    """Return a step watcher that raises at the step of this number, from 0."""
    left = [number]

    def watch(name: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise error(name)

    return watch


def do_at(step: str, act: Callable[[], object]) -> OnStep:
    """Return a step watcher that acts once, before the first step of this name."""
    left = [act]

    def watch(name: str) -> None:
        if name == step and left:
            left.pop()()

    return watch


def require_equal(found: object, wanted: object) -> None:
    """Compare two large values; pytest's own comparison of such takes minutes."""
    if found != wanted:
        pytest.fail(f"found\n{found}\nwanted\n{wanted}")
