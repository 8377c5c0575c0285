"""Publish a dashboard: the tiles of a file over a dataset, of everybody or of a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import DictionaryError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference, require_dataset_name
from apollo_spark.model.receipt import DashboardReceipt
from apollo_spark.model.record import InputFile, Lineage, PublishedRecord, require_kind
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.cohorts.opening import count_people_about, dataset_of
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import repeat_of_plan
from apollo_spark.operations.work import Draft, Planned, Work
from apollo_spark.records.over_dataset import said_of
from apollo_spark.sources.dashboards.file import DashboardFile, read_dashboard_file
from apollo_spark.sources.dashboards.tiles import TileFault
from apollo_spark.verbs.cohort.publishing import reference_to
from apollo_spark.verbs.dashboard.answering import find_faults


class CreateDashboardRequest(NamedRequest):
    """What a person asks for: the options of `apollo dashboard create`.

    Attributes:
        from_name: The dataset, or the cohort, whose people the tiles are about.
        file: The file with the tiles.
    """

    verb = "dashboard create"

    from_name: str
    file: str


@dataclass(frozen=True)
class DashboardPlan:
    """A planned dashboard.

    Attributes:
        request: What was asked for.
        file: What its file says.
        dataset: The version of the dataset, as it was published.
        cohort: The cohort, if it is about one.
        codings: The codings of its fields, with the SHA-256 of their parts.
        receipt: Its counts.
        inputs: The file.
    """

    request: CreateDashboardRequest
    file: DashboardFile
    dataset: DatasetRecord
    cohort: CohortRecord | None
    codings: tuple[tuple[str, str], ...]
    receipt: DashboardReceipt
    inputs: tuple[InputFile, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The version that it was made of."""
        return (str(self.cohort or self.dataset),)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The tiles say everything."""
        return ()

    @property
    def fingerprint(self) -> str:
        """The same for the same tiles of the same people under the same title."""
        return fingerprint_of_tiles(self.file, self.cohort or self.dataset)

    def record(self, name: str, version: int, lineage: Lineage, receipt: str) -> DashboardRecord:
        """Return the record of a version."""
        return DashboardRecord(
            name=name,
            version=version,
            id=str(uuid4()),
            title=self.file.title,
            description=self.file.description,
            cohort=None if self.cohort is None else reference_to(self.cohort),
            tiles=self.file.tiles,
            codings=self.codings,
            pins=self.dataset.pins if self.cohort is None else self.cohort.pins,
            **said_of(self.dataset),
            lineage=lineage,
            receipt=receipt,
        )


class CreateDashboard(
    Operation[CreateDashboardRequest, DashboardPlan, DashboardReceipt, DashboardRecord]
):
    """Publish the tiles of a file as the next version of a dashboard. No row is read."""

    verb = "dashboard create"
    record_type: ClassVar[type[DashboardRecord]] = DashboardRecord

    def plan(self, scratch: Path) -> Planned[DashboardPlan]:  # noqa: ARG002 nothing is unpacked
        """Read the file and find everything that is wrong with it.

        Raises:
            InputFileError: The file cannot be read.
            DictionaryError: It says what no dashboard can be; all of it is listed.
            NotFoundError: A field, the dataset or the cohort is not there.
        """
        request, lake = self.request, self.context.lake
        require_dataset_name(request.name)
        path = Path(request.file)
        read = read_dashboard_file(path)
        dataset, cohort = open_source(lake, request.from_name)
        opened = lake.open_record(dataset)
        faults = [*read.faults, *find_faults(opened.scope, read.tiles)]
        if faults or read.file is None:
            raise _refusal(path, faults)
        people = count_people_about(lake, opened, cohort, EmbeddedEngine(lake.tables))
        receipt = DashboardReceipt(tiles=len(read.file.tiles), people=people)
        codings = codings_of_tiles(read.file.tiles, dataset, opened)
        inputs = () if read.input is None else (read.input,)
        return Planned(DashboardPlan(request, read.file, dataset, cohort, codings, receipt, inputs))

    def find_repeat(
        self, plan: DashboardPlan, base: DashboardRecord | None
    ) -> Outcome[DashboardReceipt] | None:
        """Recognise the same tiles of the same people."""
        return repeat_of_plan(self.context.lake, base, plan.fingerprint, plan.receipt)

    def act(
        self, work: Work[DashboardPlan, DashboardRecord]
    ) -> Draft[DashboardReceipt, DashboardRecord]:
        """Return the record: nothing else is written."""
        return Draft(work.plan.receipt, work.plan.record)


def fingerprint_of_tiles(file: DashboardFile, about: DatasetRecord | CohortRecord) -> str:
    """Return what is the same for the same tiles of the same people under the same title."""
    said = {"file": file.model_dump(mode="json"), "of": about.id}
    return sha256_text(canonical_json(said))


def open_source(lake: Lake, name: str) -> tuple[DatasetRecord, CohortRecord | None]:
    """Return the dataset of a dashboard, and the cohort that it is about, by name.

    Raises:
        NotFoundError: There is none, or it is of another kind.
        UsageError: The text names no version.
    """
    record = lake.load(parse_reference(name), PublishedRecord)
    if isinstance(record, CohortRecord):
        return dataset_of(lake, record), record
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    return record, None


def codings_of_tiles(
    tiles: Sequence[Tile], dataset: DatasetRecord, opened: OpenDataset
) -> tuple[tuple[str, str], ...]:
    """Return the codings of the fields of tiles, with the SHA-256 of their parts."""
    parts = {each.name: each.part for each in dataset.codings}
    paths = {path for tile in tiles for path in tile.fields}
    names = {
        spec.coding_name
        for entity, spec in opened.dictionary.paths()
        if f"{entity.name}.{spec.name}" in paths
    }
    return tuple(sorted((name, parts[name]) for name in names if name in parts))


def _refusal(path: Path, faults: Sequence[TileFault]) -> DictionaryError | NotFoundError:
    """Return the error with all faults; of several kinds, that with the lowest exit code."""
    text = "\n".join(
        [f"The dashboard file {path.name} cannot be used:", *(f"  {each}" for each in faults)]
    )
    is_unknown = all(each.is_unknown for each in faults)
    return NotFoundError(text) if is_unknown else DictionaryError(text)
