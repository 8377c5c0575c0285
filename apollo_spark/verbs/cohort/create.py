"""Make a cohort of people of a dataset, or of another cohort: by a filter or a list of ids."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortOperation, CohortRecord, CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference, require_dataset_name
from apollo_spark.model.receipt import CohortReceipt
from apollo_spark.model.record import PublishedRecord, require_kind
from apollo_spark.operations.cohorts.meaning import read_meaning
from apollo_spark.operations.cohorts.opening import People, count_people, dataset_of
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.operations.disclosing import limit_of
from apollo_spark.query.cohorts.members import Members, main_key
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable
from apollo_spark.verbs.cohort.codings import codings_of, united_codings
from apollo_spark.verbs.cohort.filter_forms import filter_text_of
from apollo_spark.verbs.cohort.id_list import IdList, read_id_list
from apollo_spark.verbs.cohort.narrowing import require_narrow_by_ids
from apollo_spark.verbs.cohort.publishing import (
    CohortPlan,
    CohortRequest,
    PublishCohort,
    lists_of,
    reference_to,
)


class CreateCohortRequest(CohortRequest):
    """What a person asks for: the options of `apollo cohort create`.

    Attributes:
        from_name: The dataset or the cohort whose people are meant.
        filter: A filter that they fulfil.
        filter_file: A file with such a filter.
        filter_json: Such a filter as the original's JSON: a file, `-`, or the JSON.
        ids: A file with their ids, one a line.
    """

    verb = "cohort create"

    from_name: str
    filter: str | None = None
    filter_file: str | None = None
    filter_json: str | None = None
    ids: str | None = None


class CreateCohort(PublishCohort[CreateCohortRequest]):
    """Publish people of a dataset or of a cohort as the next version of a cohort."""

    verb = "cohort create"

    def make(self, engine: EmbeddedEngine) -> CohortPlan:
        """Return the cohort that is asked for, with its people counted.

        Raises:
            UsageError: Not exactly one of filter, file and ids is given, or it has no meaning.
            NotFoundError: The dataset, a name in the filter, or an id is not there.
            InputFileError: A file cannot be read.
        """
        request = self.request
        require_dataset_name(request.name)
        asked = _asked_text(request)
        source = open_source(self.context.lake, request.from_name)
        if request.filter_json is not None:
            asked = filter_text_of(request.filter_json, source.opened.dictionary)
        if asked is None:
            return _by_ids(self.context.lake, request, source, engine)
        return _by_filter(self.context.lake, request, source, asked, engine)


@dataclass(frozen=True)
class Source:
    """Whose people are meant.

    Attributes:
        dataset: The version of the dataset, as it was published.
        opened: The same as it is shown now.
        cohort: The cohort that is narrowed.
        program: How that is made.
    """

    dataset: DatasetRecord
    opened: OpenDataset
    program: Program
    cohort: CohortRecord | None = None

    @property
    def record(self) -> PublishedRecord:
        """The version that was named."""
        return self.cohort or self.dataset

    @property
    def people(self) -> People:
        """The people of the cohort that is narrowed."""
        return People(self.opened, Members(tuple(self.program.steps)), self.program.lists)

    def plan(
        self,
        request: CohortRequest,
        step: CohortStep,
        receipt: CohortReceipt,
        named: Sequence[CohortRecord] = (),
    ) -> CohortPlan:
        """Return what a step makes of it; cohorts that its filter names come after this one."""
        narrowed = () if self.cohort is None else (self.cohort,)
        cohorts = (*narrowed, *named)
        return CohortPlan(
            request=request,
            dataset=self.dataset,
            step=step.model_copy(update={"of": tuple(range(len(narrowed)))}),
            cohorts=tuple(map(reference_to, cohorts)),
            codings=united_codings(each.codings for each in cohorts),
            receipt=receipt,
            lists=lists_of(cohorts),
            parents=tuple(dict.fromkeys((str(self.record), *map(str, named)))),
        )


def open_source(lake: Lake, name: str) -> Source:
    """Open a dataset or a cohort by name.

    Raises:
        NotFoundError: There is none, or it is of another kind.
        UsageError: The text names no version.
    """
    record = lake.load(parse_reference(name), PublishedRecord)
    program = Program(lake)
    if isinstance(record, CohortRecord):
        program.add(record)
        dataset = dataset_of(lake, record)
        return Source(dataset, lake.open_record(dataset), program, record)
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    return Source(record, lake.open_record(record), program)


def _asked_text(request: CreateCohortRequest) -> str | None:
    """Return the text of the filter that is asked for, None where it is JSON or ids are."""
    ways = (request.filter, request.filter_file, request.filter_json, request.ids)
    if sum(each is not None for each in ways) != 1:
        raise UsageError(
            "A cohort is made by one of a filter, a file with one, one as JSON, and a list of ids.",
            fix="Add --filter TEXT, --filter-file F, --filter-json F or --ids F.",
        )
    if request.filter_file is None:
        return request.filter
    try:
        return read_bounded_text(Path(request.filter_file))
    except UNREADABLE as error:
        raise UsageError(
            f"The filter file {request.filter_file!r} cannot be read as text.",
            why=say_unreadable(error),
        ) from None


def _by_filter(
    lake: Lake, request: CreateCohortRequest, source: Source, text: str, engine: Engine
) -> CohortPlan:
    meaning = read_meaning(lake, source.opened, text)
    program = source.program
    narrowed = (len(program.steps) - 1,) if source.cohort else ()
    own = meaning.step(program.add(*meaning.cohorts), narrowed)
    people = People(source.opened, Members((*program.steps, own)), program.lists)
    receipt = CohortReceipt(count=people.count(engine), of=count_people(source.opened, engine))
    first = len(narrowed)
    places = range(first, first + len(meaning.cohorts))
    plan = source.plan(request, meaning.step(places), receipt, meaning.cohorts)
    codings = codings_of(meaning.tree, source.opened.dictionary, source.dataset)
    return replace(plan, codings=united_codings((plan.codings, codings)), notes=meaning.notes)


def _by_ids(lake: Lake, request: CreateCohortRequest, source: Source, engine: Engine) -> CohortPlan:
    main = source.opened.dictionary.main_entity
    key = main_key(source.opened.scope)[0]
    if source.cohort is not None:
        require_narrow_by_ids(source.cohort, source.program.steps, (main, key))
    is_guarded = limit_of(lake, source.dataset) is not None
    ids = read_id_list(str(request.ids), source.opened, engine, is_guarded=is_guarded)
    count = _count_listed(ids, source, engine)
    receipt = CohortReceipt(
        count=count,
        of=count_people(source.opened, engine),
        ids=ids.table.num_rows,
        repeated=ids.repeated,
        elsewhere=ids.table.num_rows - count,
    )
    step = CohortStep(operation=CohortOperation.IDS, keys="")
    notes = []
    if ids.repeated:
        notes.append(f"{ids.repeated:,} lines hold an id that came before; it counts once")
    if receipt.elsewhere:
        notes.append(
            f"{receipt.elsewhere:,} of {ids.table.num_rows:,} ids are not in {source.record}, "
            "which they narrow"
        )
    plan = source.plan(request, step, receipt)
    return replace(plan, ids=ids, inputs=(ids.input,), notes=tuple(notes))


def _count_listed(ids: IdList, source: Source, engine: Engine) -> int:
    """Count the ids that are in the cohort that is narrowed, if any."""
    if source.cohort is None:
        return int(ids.table.num_rows)
    among = source.people.keys(engine).read_all().column(0)
    listed = ids.table.column(0)
    found = pc.sum(pc.is_in(listed, value_set=among.combine_chunks())).as_py()
    return int(found or 0)
