"""Prove that what is stored equals the files it was made of, by making it again from them.

Every version is made again in a lake that is thrown away, by the verb that made it and with its
parameters, and the contents of its tables are compared. A version that adds to another one needs
that one first, so that a name is made again from its beginning or its newest clinical load.
"""

import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from apollo_spark.assays.types import rounded_tables
from apollo_spark.errors import ApolloError, BrokenPinError, EnvironmentProblemError
from apollo_spark.ingest import plan as clinical_plan
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.change import AssayMerge, Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import InputFile
from apollo_spark.model.request import PublishRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.past_request import PastRequest
from apollo_spark.records.field_link import find_spec
from apollo_spark.records.showing import hides_details
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.sources.link_file import read_link_file
from apollo_spark.verbs.compact import CompactRequest
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.verify.proof import SourceProblem, SourceProof, without_base
from apollo_spark.verbs.verify.requests import request_of
from apollo_spark.verbs.verify.rounded_equal import are_equal_rounded
from apollo_spark.workers.files.digest import hash_file
from apollo_spark.workers.values.hashing import hash_table

Made = Mapping[tuple[str, int], str]
"""The version that made each table version: by location and number."""
Difference = tuple[Literal["different", "unproven"], str]


@dataclass(frozen=True)
class _Remade:
    """What came of making one version again, and the versions that it was made again upon."""

    files: int
    tables: int = 0
    problems: tuple[SourceProblem, ...] = ()
    upon: tuple[str, ...] = ()


def prove_sources(
    lake: Lake,
    records: Sequence[DatasetRecord],
    settings: LakeSettings,
    *,
    full: bool = False,
) -> tuple[SourceProof, ...]:
    """Compare the tables that records read with the files that they were made of.

    Nothing is written to the lake. Tasks run in threads of this process, so no JVM is needed.

    Args:
        lake: Where the records are.
        records: The versions. What they read of other datasets is proven as well.
        settings: How files are cut into tasks and tables.
        full: Whether to say of views what they are based on.
    """
    owners = {pin.owner for record in records for pin in record.pins}
    histories = {each: _history(lake, each) for each in owners if each is not None}
    made = {key: version for each in histories.values() for key, version in _makers(each).items()}
    needed = {made[_place(pin)] for record in records for pin in record.pins if _place(pin) in made}
    remade: dict[str, _Remade] = {}
    local = settings.model_copy(update={"runner": "local"})
    for history in histories.values():
        wanted = [each for each in history if str(each) in needed]
        if wanted:
            remade |= _Chain(lake, local, made).make(_leading_to(lake, history, wanted))
    proofs = (_proof(record, made, remade) for record in records)
    return tuple(
        without_base(proof) if hides_details(record, full=full) else proof
        for proof, record in zip(proofs, records, strict=True)
    )


def _proof(record: DatasetRecord, made: Made, remade: Mapping[str, _Remade]) -> SourceProof:
    makers = [made[_place(pin)] for pin in record.pins if _place(pin) in made]
    versions = dict.fromkeys(each for maker in makers for each in (*remade[maker].upon, maker))
    found = [remade[each] for each in versions]
    problems = tuple(problem for each in found for problem in each.problems)
    return SourceProof(
        record=str(record),
        files=sum(each.files for each in found),
        tables=sum(each.tables for each in found),
        problems=tuple(dict.fromkeys(problems)),
    )


def _place(pin: TablePin) -> tuple[str, int]:
    return pin.location, pin.version


def _history(lake: Lake, name: str) -> tuple[DatasetRecord, ...]:
    """Return all versions of a dataset, retired ones too; none where the name is unknown."""
    snapshot = lake.registry.snapshot()
    versions = snapshot.versions_of(name)
    return tuple(lake.registry.read_record(each, DatasetRecord) for each in versions)


def _makers(history: Iterable[DatasetRecord]) -> dict[tuple[str, int], str]:
    made: dict[tuple[str, int], str] = {}
    for record in history:
        for pin in record.pins:
            if pin.is_of(record.name):
                made.setdefault(_place(pin), str(record))
    return made


def _leading_to(
    lake: Lake, history: Sequence[DatasetRecord], wanted: Sequence[DatasetRecord]
) -> list[DatasetRecord]:
    """Return the versions to make again, in order: from the newest beginning that suffices."""
    first, last = wanted[0].version, wanted[-1].version
    beginnings = [
        each.version
        for each in history
        if each.version <= first and each.lineage.operation == clinical_plan.OPERATION
    ]
    start = max(beginnings, default=1)
    chain = [each for each in history if start <= each.version <= last]
    change = chain[0].change
    if isinstance(change, Extension) and (base := parse_reference(change.base)).version:
        before = _history(lake, base.name)
        chain = [*_leading_to(lake, before, [before[base.version - 1]]), *chain]
    return chain


@dataclass
class _Chain:
    """Makes versions again, one after the other, in a lake that is thrown away."""

    lake: Lake
    settings: LakeSettings
    made: Made
    _stopped: str | None = field(default=None, init=False)
    _upon: tuple[str, ...] = field(default=(), init=False)

    def make(self, chain: Sequence[DatasetRecord]) -> dict[str, _Remade]:
        with tempfile.TemporaryDirectory(prefix="apollo-sources-") as folder:
            again = open_lake(str(Path(folder) / "lake"))
            found = {}
            for number, record in enumerate(chain):
                scratch = Path(folder) / str(number)
                scratch.mkdir()
                if record.lineage.operation == clinical_plan.OPERATION:
                    self._stopped, self._upon = None, ()
                found[str(record)] = self._make_one(again, record, scratch)
                self._upon += (str(record),)
            return found

    def _make_one(self, again: Lake, record: DatasetRecord, scratch: Path) -> _Remade:
        inputs = record.lineage.inputs
        problems = [
            SourceProblem(version=str(record), kind="file", what=what)
            for what in _changed_files(inputs)
        ]
        if not problems and self._stopped is None:
            problems += self._do_again(again, record, scratch)
        elif not problems:
            what = f"it is made from {self._stopped}, which could not be made again"
            problems.append(SourceProblem(version=str(record), kind="unproven", what=what))
        if problems:
            self._stopped = self._stopped or str(record)
            return _Remade(len(inputs), problems=tuple(problems), upon=self._upon)
        return _Remade(len(inputs), tables=len(self._own_pins(record)), upon=self._upon)

    def _do_again(self, again: Lake, record: DatasetRecord, scratch: Path) -> list[SourceProblem]:
        def problem(kind: Literal["different", "unproven"], what: str) -> SourceProblem:
            return SourceProblem(version=str(record), kind=kind, what=what)

        try:
            if json.loads(self.lake.parts.get(record.receipt)).get("withdrawn_left_out"):
                return [problem("unproven", "rows of withdrawn people were left out of its files")]
            request = request_of(PastRequest(self.lake, record, scratch))
        except KeyError as error:
            return [problem("unproven", f"its record does not say {error.args[0]!r}")]
        except EnvironmentProblemError as unknown:
            return [problem("unproven", str(unknown))]
        except BrokenPinError:
            return [problem("unproven", "its data dictionary or its receipt is not there any more")]
        if request is None and record.lineage.operation != CompactRequest.verb:
            # What was added to it is based on other records, which are not made again here.
            self._stopped = str(record)
            return [problem(*found) for found in self._compare_links(record)]
        if base := self._base_elsewhere(record):
            what = f"it is made from {base}, which is not made again here"
            return [problem("unproven", what)]
        try:
            self._run(again, request, record.name)
        except ApolloError as error:
            return [problem("different", f"its files are refused now: {type(error).__name__}")]
        newest = again.load_record(RecordReference(name=record.name))
        return [
            problem(*found)
            for pin in self._own_pins(record)
            if (found := self._compare(record, pin, again, newest))
        ]

    def _base_elsewhere(self, record: DatasetRecord) -> str | None:
        """Return the version of another dataset that a copy is made from, if not the last made.

        Made again upon another version, tables of other content would have the names of its own.
        """
        change = record.change
        if not isinstance(change, Extension):
            return None
        name = parse_reference(change.base).name
        made = [each for each in self._upon if parse_reference(each).name == name]
        return None if name == record.name or made[-1:] == [change.base] else change.base

    def _run(self, again: Lake, request: PublishRequest | None, name: str) -> None:
        context = Context(again, settings=self.settings)
        if request is None:
            perform(context, CompactRequest(name=name, apply=True))
        else:
            perform(context, request)

    def _compare_links(self, record: DatasetRecord) -> Iterator[Difference]:
        """Compare the linking tables of a merge with the files that they are the rows of."""
        dictionary = self.lake.load_dictionary(record)
        for pin, each in itertools.product(self._own_pins(record), record.lineage.inputs):
            change = record.change
            assert isinstance(change, AssayMerge), "other changes write no table of their own"
            spec = find_spec(dictionary, change.entity, change.field)
            file = None if spec is None else read_link_file(Path(each.name), spec.type).file
            if file is None or hash_table(file.table).hex() != pin.content_hash:
                yield "different", f"table {pin} is not what its file holds"

    def _own_pins(self, record: DatasetRecord) -> list[TablePin]:
        """Return the pins that the version itself made."""
        return [pin for pin in record.pins if self.made.get(_place(pin)) == str(record)]

    def _compare(
        self, record: DatasetRecord, pin: TablePin, again: Lake, newest: DatasetRecord
    ) -> Difference | None:
        same = next((each for each in newest.pins if each.table == pin.table), None)
        if same is None:
            return "unproven", f"its files make no table {pin.table!r} with these settings"
        equal = (pin.content_hash, pin.rows) == (same.content_hash, same.rows)
        if equal or (
            pin.table in rounded_tables(record.assays)
            and are_equal_rounded(self.lake.tables.read(pin), again.tables.read(same))
        ):
            return None
        return "different", f"table {pin} is not what its files hold"


def _changed_files(inputs: Iterable[InputFile]) -> Iterator[str]:
    for each in inputs:
        path = Path(each.name)
        if not path.is_file():
            yield f"its source {each.name!r} is not there"
        elif path.stat().st_size != each.size or hash_file(str(path))[1] != each.sha256:
            yield f"its source {each.name!r} is another file now"
