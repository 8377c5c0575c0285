"""Verify records."""

import re
from collections.abc import Sequence

from apollo_spark.assays.types import hash_assay_tables
from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.guarding import read_guards
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.asked import AskedTable
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.lake.tables.log_cache import FILES, TABLES
from apollo_spark.lake.verifying import Seen, VerifyProblem
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.record import PublishedRecord, is_kind
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.opening import dataset_of
from apollo_spark.records.showing import hides_details, shown_pins
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.verify.proof import SourceProof
from apollo_spark.verbs.verify.sources import prove_sources

IS_BROKEN = "is not as it was published"
IS_AT_RISK = "may be lost later"
IS_UNPROVEN = "could not be compared"


class Verification(Record):
    """What was verified, and what is not as it was published.

    `withdrawn` counts the people who are hidden from all readers, by `DATASET.ENTITY`: that is no
    problem.
    """

    records: tuple[str, ...]
    pins: int
    problems: tuple[VerifyProblem, ...]
    withdrawn: tuple[tuple[str, int], ...] = ()
    sources: tuple[SourceProof, ...] = ()


class VerifyRequest(VerbRequest):
    """What a person asks for: the options of `apollo verify`.

    Attributes:
        name: `NAME`, `NAME@VERSION`, or None for everything.
        deep: Whether all rows are read, and their content hashes compared.
        sources: Whether the tables are made again from their files, and compared.
        full: Whether to say of views too what is not as it was.
    """

    verb = "verify"

    name: str | None = None
    deep: bool = False
    sources: bool = False
    full: bool = False


def verify(asker: Asker, request: VerifyRequest) -> Verification:
    """Verify what is meant; see `verify_records`."""
    sources = asker.read_settings() if request.sources else None
    return verify_records(
        asker.lake, request.name, deep=request.deep, sources=sources, full=request.full
    )


def verify_records(
    lake: Lake,
    name: str | None,
    *,
    deep: bool,
    sources: LakeSettings | None = None,
    full: bool = False,
) -> Verification:
    """Verify one version, all versions of a name given without one, or everything not retired.

    Args:
        lake: Where they are.
        name: `NAME`, `NAME@VERSION`, or None for everything.
        deep: Also read all rows and compare their content hashes.
        sources: With these settings, make the tables again from their files and compare; this is
            a proof only of what is stored as published, so it reads all rows too.
        full: Whether to show what of a view is not as it was, and who was withdrawn from its base.

    Raises:
        NotFoundError: There is no such record, or no lake.
    """
    lake.require_there()
    # What was opened before may be damaged by now without a trace in the times of files.
    TABLES.forget()
    FILES.forget()
    entries = _named(lake, name)
    records: list[PublishedRecord] = []
    pins = 0
    problems = [*_problems_of_leases(lake), *_problems_of_guards(lake)]
    withdrawn: dict[str, int] = {}
    seen = Seen()
    for entry in entries:
        try:
            record = lake.registry.read_record(entry, PublishedRecord)
        except BrokenPinError:
            problems.append(_unreadable(entry))
            continue
        records.append(record)
        pins += len(shown_pins(record, full=full))
        hashes = deep or sources is not None
        found = verify_version(lake, record, deep=hashes, seen=seen)
        is_guarded = _is_guarded(lake, record)
        shown = reported_problems(found, record, full=full)
        problems += map(_without_numbers, shown) if is_guarded else shown
        if not hides_details(record, full=full) and not is_guarded:
            withdrawn |= lake.withdrawn_from(record)
    return Verification(
        records=tuple(str(each) for each in entries),
        pins=pins,
        problems=tuple(problems),
        withdrawn=tuple(sorted(withdrawn.items())),
        sources=() if sources is None else _prove(lake, records, sources, full=full),
    )


def require_sound(found: Verification) -> None:
    """Require that nothing that was verified is broken.

    Raises:
        BrokenPinError: Something is.
    """
    if broken := [each for each in found.problems if each.is_broken]:
        raise BrokenPinError(
            f"{len(broken)} of {found.pins} pins or parts are broken.",
            fix="Bring the files back from a copy of the lake; other versions stay readable.",
        )


def _prove(
    lake: Lake, records: Sequence[PublishedRecord], settings: LakeSettings, *, full: bool
) -> tuple[SourceProof, ...]:
    made_of_files = [each for each in records if isinstance(each, DatasetRecord)]
    return prove_sources(lake, made_of_files, settings, full=full)


def verify_version(
    lake: Lake, record: PublishedRecord, *, deep: bool, seen: Seen | None = None
) -> tuple[VerifyProblem, ...]:
    """Return what of a record is not as it was published, its assays included."""
    if (dataset := _dataset_of(lake, record)) is None:
        return lake.verify(record, deep=deep, seen=seen)
    special = hash_assay_tables(dataset, lake.tables)
    found = lake.verify(record, deep=deep, seen=seen, hash_special=special, dataset=dataset)
    if not deep or found:
        return found
    if isinstance(record, CohortRecord):
        return _recounted(lake, record)
    return _counted_again(lake, record) if isinstance(record, DatasetRecord) else found


def _dataset_of(lake: Lake, record: PublishedRecord) -> DatasetRecord | None:
    """Return the dataset whose tables a record reads; None where that is not as it was."""
    if isinstance(record, DatasetRecord):
        return record
    if not isinstance(record, OverDataset):
        return None
    try:
        return dataset_of(lake, record)
    except BrokenPinError:
        return None


def _counted_again(lake: Lake, record: DatasetRecord) -> tuple[VerifyProblem, ...]:
    """Count the fields again of a version that names profiles."""
    # What is asked of rows is loaded where rows are read.
    from apollo_spark.operations.profiles.proving import wrong_profiles

    return wrong_profiles(lake, record)


def _recounted(lake: Lake, record: CohortRecord) -> tuple[VerifyProblem, ...]:
    """Count a cohort again; of whom people were withdrawn since, fewer are meant."""
    # What is asked of rows is loaded where rows are read.
    from apollo_spark.engines.embedded import EmbeddedEngine
    from apollo_spark.operations.cohorts.opening import open_cohort

    if lake.withdrawn_from(record):
        return ()
    count = open_cohort(lake, record).count(EmbeddedEngine(lake.tables))
    if count == record.published_count:
        return ()
    what = f"it has {count:,} people instead of {record.published_count:,}"
    return (
        VerifyProblem(
            record=str(record), table=None, version=None, what=what, readable="they can be read"
        ),
    )


def reported_problems(
    problems: Sequence[VerifyProblem], record: PublishedRecord, *, full: bool
) -> list[VerifyProblem]:
    """Return problems for people: of a view only that there are some."""
    if not hides_details(record, full=full):
        return list(problems)
    return [
        VerifyProblem(
            record=str(record),
            table=None,
            version=None,
            what=f"something that it reads {what}",
            readable="--full says what",
            is_broken=what == IS_BROKEN,
            is_unproven=what == IS_UNPROVEN,
            is_kept=True,
        )
        for what in (IS_BROKEN, IS_AT_RISK, IS_UNPROVEN)
        if any(what == _said(each) for each in problems)
    ]


def _is_guarded(lake: Lake, record: PublishedRecord) -> bool:
    if not lake.registry.snapshot().guards:
        return False
    from apollo_spark.operations.disclosing import limit_of

    return limit_of(lake, record) is not None


def _without_numbers(problem: VerifyProblem) -> VerifyProblem:
    """Return a problem of something that is guarded, in whose words no number is."""
    texts = {name: re.sub(r"[0-9][0-9,]*", "some", getattr(problem, name)) for name in _WORDS}
    return problem.model_copy(update=texts)


_WORDS = ("what", "readable")


def _said(problem: VerifyProblem) -> str:
    if problem.is_broken:
        return IS_BROKEN
    return IS_UNPROVEN if problem.is_unproven else IS_AT_RISK


def _named(lake: Lake, name: str | None) -> tuple[RecordEntry, ...]:
    """Return the unretired records that are meant: one version, all of a name, or all."""
    snapshot = lake.registry.snapshot()
    if name is None:
        return tuple(each for each in snapshot.unretired() if is_kind(each.kind, PublishedRecord))
    reference = parse_reference(name)
    newest = snapshot.get(reference)
    if reference.version is not None or reference.before is not None:
        return (newest,)
    return tuple(each for each in snapshot.versions_of(newest.name) if each.retired is None)


def _problems_of_leases(lake: Lake) -> list[VerifyProblem]:
    """Look at what reading does not need, and without which nothing can be published."""
    try:
        lake.leases.reached()
    except BrokenPinError as error:
        readable = (
            "everything can be read, nothing can be published; where nobody writes, the folder "
            "registry/leases may be removed: it is made anew"
        )
        what = str(error)
        return [
            VerifyProblem(record="leases", table=None, version=None, what=what, readable=readable)
        ]
    return []


def _problems_of_guards(lake: Lake) -> list[VerifyProblem]:
    """Look at what was given of guarded names, without which nothing of them is given."""
    snapshot = lake.registry.snapshot()
    if not snapshot.guards:
        return []
    try:
        guards = read_guards(lake.registry, snapshot)
        for digest in {each.memory for said in guards.values() for each in said}:
            AskedTable(lake.root).secret(digest)
    except BrokenPinError as error:
        readable = "no number of guarded names is given until it is brought back"
        what = str(error)
        return [
            VerifyProblem(record="asked", table=None, version=None, what=what, readable=readable)
        ]
    return []


def _unreadable(entry: RecordEntry) -> VerifyProblem:
    return VerifyProblem(
        record=str(entry),
        table=None,
        version=None,
        what="the record is missing or is not as it was published",
        readable="its rows can be read only if the versions of its tables are known",
    )
