"""Steps that read files: a load of what is not there yet, and extensions by what came since."""

from collections.abc import Iterable, Iterator
from typing import Any

from apollo_spark.errors import ConflictError, InputFileError
from apollo_spark.ingest.plan import OPERATION as LOAD_CLINICAL
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.repeated import extended_from
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.sources.patterns import (
    ReadFiles,
    expand_pattern,
    files_below,
    folder_of,
)
from apollo_spark.verbs.grow.step import (
    Ahead,
    Step,
    StepDone,
    StepPlan,
    plan_files,
    require_names,
    try_request,
)
from apollo_spark.verbs.table import perform

DELETE = "delete "
MOST_NAMED = 5


class LoadStep(Step):
    """A load of files whose patterns are those of the step.

    It is done where a version that the newest one was extended from came from the same files.
    """

    def __init__(self, request: NamedRequest) -> None:
        super().__init__(request.verb, (request.name,))
        self.request = request

    @property
    def makes(self) -> tuple[str, ...]:
        """The dataset."""
        return self.names

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what would be loaded, unless it is there."""
        request = _with_files(self.request)
        if not _is_to_load(context, request):
            return StepPlan((f"{request.name} was loaded from these files",), does_nothing=True)
        lines: tuple[str, ...] = (f"load {request.name}",)
        if ahead.is_dry_run and not ahead.waits_for(self.names):
            outcome = try_request(context, request)
            lines = tuple(outcome.plan.lines()) if outcome.plan else lines
        return StepPlan(lines, changes=frozenset({request.name.casefold()}))

    def act(self, context: Context) -> StepDone:
        """Load what is not there."""
        request = _with_files(self.request)
        if not _is_to_load(context, request):
            return StepDone()
        return StepDone.of([perform(context, request)])


def _is_to_load(context: Context, request: NamedRequest) -> bool:
    """Whether the files of a load are not those of the newest version, or of what it extends.

    Raises:
        ConflictError: The load would lose what the newest version was extended by.
    """
    _, planned = plan_files(context, request)
    newest = context.lake.newest(request.name, DatasetRecord)
    if planned.repeat is not None:
        return False
    if newest is None or planned.plan is None:
        return True
    fingerprint = planned.plan.fingerprint
    if any(each.lineage.fingerprint == fingerprint for each in _since(context, newest)):
        return False
    chain = extended_from(context.lake, newest)
    if any(is_addition(each) for each in chain):
        raise ConflictError(
            f"Other files than {newest} was loaded from would lose what it was extended by.",
            fix=f"Load them once with apollo {request.verb}, or under another name.",
        )
    return True


def _since(context: Context, newest: DatasetRecord) -> Iterator[DatasetRecord]:
    """Yield the versions of a name, newest first, as far as the newest may have their rows.

    A load of clinical files replaces what was there; one of values of an assay keeps other units.
    """
    lake = context.lake
    found = list(lake.registry.read_all(lake.history(newest.name), DatasetRecord))
    for each in sorted(found, key=lambda each: -each.version):
        yield each
        if each.lineage.operation == LOAD_CLINICAL:
            return


def is_addition(record: DatasetRecord) -> bool:
    """Whether a version added something to the one before it."""
    return isinstance(record.change, Extension) and record.change.mode != "compact"


def _with_files(request: NamedRequest) -> NamedRequest:
    """Return a load with the files that its patterns mean now.

    Raises:
        InputFileError: A pattern means no file.
    """
    changes: dict[str, Any] = {}
    if pairs := getattr(request, "data", ()):
        changes["data"] = tuple(
            (entity, file) for entity, given in pairs for file in _required(given)
        )
    if sources := getattr(request, "sources", ()):
        changes["sources"] = tuple(file for given in sources for file in _required(given))
    return request.model_copy(update=changes)


def _required(pattern: str) -> tuple[str, ...]:
    if found := expand_pattern(pattern):
        return found
    raise InputFileError(f"No file or folder is like {pattern}.")


class ExtendStep(Step):
    """Extensions by the files that a pattern means and that were not read before.

    Each of them is an extension of its own, in the order of entities and of names: what a later
    file says of a row replaces what an earlier one said.
    """

    def __init__(self, request: NamedRequest) -> None:
        super().__init__("extend", (request.name,))
        self.request = request

    @property
    def makes(self) -> tuple[str, ...]:
        """The dataset."""
        return self.names

    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say which files are new, and what they would add."""
        require_names(context, ahead, self.names)
        requests, notes = self._new_requests(context.lake)
        if not requests:
            return StepPlan(("no new files", *notes), does_nothing=True)
        name = self.request.name
        newest = context.lake.newest(name, DatasetRecord)
        waits = newest is None or bool(ahead.waits_for(self.names))
        lines = [*notes]
        for number, each in enumerate(requests):
            line = f"extend {name} by {', '.join(_files_of(each))}"
            if newest is not None and not waits and number == 0 and ahead.is_dry_run:
                outcome = try_request(context, each)
                lines += [line, *(outcome.plan.lines() if outcome.plan else ())]
            else:
                lines.append(line)
                if newest is not None and _can_be_planned(context.lake, newest, each):
                    plan_files(context, each)
        return StepPlan(tuple(lines), frozenset({name.casefold()}), waits=waits)

    def act(self, context: Context) -> StepDone:
        """Add what is new, one file after the other."""
        requests, notes = self._new_requests(context.lake)
        done = [perform(context, each) for each in requests]
        return StepDone.of(done, notes)

    def _new_requests(self, lake: Lake) -> tuple[list[NamedRequest], tuple[str, ...]]:
        newest = lake.newest(self.request.name, DatasetRecord)
        chain = () if newest is None else extended_from(lake, newest)
        known = ReadFiles.of(file for each in chain for file in each.lineage.inputs)
        if isinstance(self.request, ClinicalExtension):
            return _of_entities(self.request, known)
        return _of_samples(self.request, known), ()


def _of_entities(
    request: ClinicalExtension, known: ReadFiles
) -> tuple[list[NamedRequest], tuple[str, ...]]:
    """Return an extension for each file or folder that has something new."""
    found: list[NamedRequest] = []
    late: list[str] = []
    for entity in dict.fromkeys(each for each, _ in (*request.data, *request.delete)):
        given = sorted(_matches(request, entity), key=lambda each: (folder_of(each[1]), each))
        new = [(*each, _new_files(each[1], entity, known, is_delete=each[0])) for each in given]
        last = max((number for number, each in enumerate(new) if not each[2]), default=-1)
        for number, (is_delete, match, files) in enumerate(new):
            if files and number < last:
                late.append(match)
            elif files:
                pairs = tuple((entity, file) for file in files)
                data, delete = ((), pairs) if is_delete else (pairs, ())
                found.append(request.model_copy(update={"data": data, "delete": delete}))
    return found, _note_on_late(late)


def _matches(request: ClinicalExtension, entity: str) -> Iterator[tuple[bool, str]]:
    for is_delete, pairs in ((False, request.data), (True, request.delete)):
        for of, given in pairs:
            if of == entity:
                yield from ((is_delete, match) for match in expand_pattern(given))


def _new_files(match: str, entity: str, known: ReadFiles, *, is_delete: bool) -> tuple[str, ...]:
    """Return the files of a match that were not read before."""
    roles = (f"{DELETE}{entity}",) if is_delete else (entity,)
    return tuple(each for each in files_below(match) if not known.has(each, roles))


def _note_on_late(late: Iterable[str]) -> tuple[str, ...]:
    """Say which files come before others that were read: they would bring back older values."""
    names = tuple(late)
    if not names:
        return ()
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    shown = f"{', '.join(names[:MOST_NAMED])}{more}"
    why = "files with later names were, and what these say may be older"
    return (f"{shown} were not read: {why}; apollo extend takes them",)


def _of_samples(request: NamedRequest, known: ReadFiles) -> list[NamedRequest]:
    """Return an extension for each folder that holds something new."""
    groups: dict[str, list[str]] = {}
    for given in getattr(request, "sources", ()):
        unit, path = _parted(given)
        for match in expand_pattern(path):
            if not any(known.has(each) for each in files_below(match)):
                groups.setdefault(folder_of(match), []).append(f"{unit}{match}")
    return [
        request.model_copy(update={"sources": tuple(files)}) for _, files in sorted(groups.items())
    ]


def _parted(source: str) -> tuple[str, str]:
    """Return what stands before a path, `UNIT=` or nothing, and the path."""
    unit, equals, path = source.partition("=")
    is_unit = bool(equals) and "/" not in unit
    return (f"{unit}=", path) if is_unit else ("", source)


def _files_of(request: NamedRequest) -> tuple[str, ...]:
    pairs = (*getattr(request, "data", ()), *getattr(request, "delete", ()))
    return tuple(file for _, file in pairs) or tuple(getattr(request, "sources", ()))


def _can_be_planned(lake: Lake, newest: DatasetRecord, request: NamedRequest) -> bool:
    """Whether headers can be checked by the newest version, though others come before it."""
    if not isinstance(request, ClinicalExtension):
        return False
    named = {entity.casefold() for entity, _ in (*request.data, *request.delete)}
    entities = {each.name.casefold() for each in lake.load_dictionary(newest).entities}
    return named <= entities
