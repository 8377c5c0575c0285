"""The dashboards of a lake: a part of `ApolloLake`."""

from functools import cached_property

from apollo_spark.api.dataset import Dataset
from apollo_spark.api.over_dataset import OverDatasetVersion
from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.receipt import DashboardReceipt
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.dashboards import load_dashboard, open_dashboard
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.dashboard.create import CreateDashboardRequest
from apollo_spark.verbs.dashboard.describing import DashboardDiff, diff_dashboards
from apollo_spark.verbs.dashboard.export import ExportDashboardRequest
from apollo_spark.verbs.dashboard.questions import DashboardData, DashboardDataRequest
from apollo_spark.verbs.table import ask


class Dashboard(OverDatasetVersion[DashboardRecord]):
    """One published version of a dashboard.

    Args:
        lake: Where it lies.
        record: Its record.
    """

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """What is asked; each can be given to `Dataset.aggregate`."""
        return self._stored.tiles

    @cached_property
    def dataset(self) -> Dataset:
        """The version of the dataset that it is about, with everybody."""
        return Dataset(self._lake, open_dashboard(self._lake, self._stored).opened.record)

    def data(
        self,
        tile: int | str | None = None,
        *,
        cohort: str | None = None,
        compare: str | None = None,
    ) -> DashboardData:
        """Answer the tiles.

        Args:
            tile: One of them, by its number from 1 or its title; without it all.
            cohort: Another cohort than that of the dashboard.
            compare: A cohort beside it.

        Raises:
            NotFoundError: The tile or a cohort is not there.
            ConflictError: A cohort is based on another version.
        """
        wanted = None if tile is None else str(tile)
        request = DashboardDataRequest(
            name=str(self._stored), tile=wanted, cohort=cohort, compare=compare
        )
        found: DashboardData = ask(self._asker, request)
        return found

    def export(
        self,
        output: str,
        *,
        cohort: str | None = None,
        compare: str | None = None,
        force: bool = False,
    ) -> tuple[str, ...]:
        """Write it, and return the files: `F.html` is one page, any other F a folder.

        Args:
            output: Where.
            cohort: Another cohort than that of the dashboard.
            compare: A cohort beside it.
            force: Whether to overwrite what is there.

        Raises:
            UsageError: Something is there already.
            StorageRefusedError: It cannot be written.
        """
        request = ExportDashboardRequest(
            name=str(self._stored), output=output, cohort=cohort, compare=compare, force=force
        )
        files: tuple[str, ...] = ask(self._asker, request).files
        return files

    def diff(self, other: "Dashboard") -> DashboardDiff:
        """Compare it with a later dashboard: what it is about, and its tiles."""
        return diff_dashboards(self._stored, other._stored)  # noqa: SLF001 one class

    @property
    def _asker(self) -> Asker:
        return Asker(self._lake, LakeSettings)


class DashboardLake(PerformingLake):
    """The verbs of a lake that make dashboards."""

    def dashboard(self, name: str) -> Dashboard:
        """Return a dashboard: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.

        Raises:
            NotFoundError: There is no such version, or it is no dashboard.
        """
        return Dashboard(self._lake, load_dashboard(self._lake, name))

    def create_dashboard(
        self,
        name: str,
        *,
        source: str,
        file: str,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[DashboardReceipt]:
        """Publish the tiles of a file as the next version of a dashboard.

        Args:
            name: The name of the dashboard.
            source: The dataset, or the cohort whose people it is about.
            file: The path of a YAML or JSON file with tiles.
            dry_run: Check the tiles, and publish nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            InputFileError: The file cannot be read.
            DictionaryError: It says what no dashboard can be; all of it is listed.
            NotFoundError: A field, the dataset or the cohort is not there.
            ConflictError: Another writer holds the name, or it is that of another kind.
        """
        request = CreateDashboardRequest(name=name, from_name=source, file=file, dry_run=dry_run)
        return self._perform(request, wait=wait)
