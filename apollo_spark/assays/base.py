"""What the verbs ask of a type of assay.

What every assay has is in `AssayRecord`: its name, tables, how its samples are joined, what
hides them. Whatever else a verb needs, it asks of the assay's type, found by `assays.types`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import Record
from apollo_spark.model.rules import Rule
from apollo_spark.operations.verb import Verb

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from apollo_spark.engines.base import TableFiles
    from apollo_spark.engines.tasks import TaskRunner
    from apollo_spark.lake.lake import Lake
    from apollo_spark.lake.opened import OpenDataset
    from apollo_spark.lake.publishing import Publication
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.model.dataset import DatasetRecord
    from apollo_spark.model.diff import AssayDiff
    from apollo_spark.model.pin import TablePin
    from apollo_spark.model.receipt import CompactionReceipt
    from apollo_spark.model.request import PublishRequest
    from apollo_spark.operations.engines import RowWriter
    from apollo_spark.operations.past_request import PastRequest
    from apollo_spark.query.filters.measured import MeasuredFeature, UnusableAssay
    from apollo_spark.query.scope import QueryScope


class AssaySummary(Record):
    """What a list shows of an assay.

    Attributes:
        units: The units of its values, those that answer first before the others.
        default_unit: The unit that answers where none is named; None where there are no units.
        features: How many features it has; None where that is not known.
    """

    units: tuple[str, ...] = ()
    default_unit: str | None = None
    features: int | None = None


@dataclass(frozen=True)
class ReadAssay:
    """An assay of a dataset that is open for reading.

    Attributes:
        files: Where pinned tables are.
        opened: The dataset.
        record: The assay, as the opened record has it.
    """

    files: "TableFiles"
    opened: "OpenDataset"
    record: AssayRecord


@dataclass(frozen=True)
class ShownIds:
    """The ids of the samples and features of an assay that are shown."""

    samples: "pa.Array"
    features: "pa.Array"


@dataclass(frozen=True)
class SealedAssay:
    """An assay in new tables, and their pins."""

    record: AssayRecord
    pins: "tuple[TablePin, ...]"


class Folding(Protocol):
    """What a compaction writes anew of an assay."""

    @property
    def record(self) -> AssayRecord:
        """The assay after it was folded."""

    @property
    def counts(self) -> "CompactionReceipt":
        """Blocks and files before and after, and what is written for it."""

    def write(self, publication: "Publication", runner: "TaskRunner") -> "list[TablePin]":
        """Write and commit what is folded, and return the pins."""


class AssayType(ABC):
    """A type of assay: what only it knows of its tables.

    A folder under `assays/` has one, and the table in `assays/types.py` names it. Commands that
    only list records import it too: what is large is imported where it is needed.
    """

    name: ClassVar[str]
    """How records name the type."""
    operation: ClassVar[str | None] = None
    """What the lineage calls a load of the type; None where its loads cannot be asked for again."""
    measure: ClassVar[str | None] = None
    """The word by which filters ask for a measured value; None where they cannot."""
    verbs: ClassVar[Mapping[str, Verb]] = {}
    """The type's own verbs that publish, as `verbs.table` has them: module and class."""

    asking: ClassVar[Mapping[str, Verb]] = {}
    """The type's own verbs that only read, as the table of questions has them."""

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        """Return the named checks of its loads, besides those of all assays."""
        return ()

    @abstractmethod
    def summary(self, record: AssayRecord) -> AssaySummary:
        """Return what a list shows; nothing is read."""

    @abstractmethod
    def shown_ids(self, assay: ReadAssay) -> ShownIds:
        """Return the ids of the samples and features that are shown.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """

    @abstractmethod
    def questions(self, assay: ReadAssay) -> "Iterator[tuple[str, exp.Select]]":
        """Yield the name and the question of each view that a catalog gets of an assay."""

    @abstractmethod
    def compare(self, before: ReadAssay, after: ReadAssay) -> "AssayDiff":
        """Return what differs between an assay of two versions, as either shows it.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """

    @abstractmethod
    def seal(self, lake: "Lake", assay: ReadAssay, publication: "Publication") -> SealedAssay:
        """Write the samples that are shown, and no more, as an assay of its own.

        How its samples are joined, and its id, are those of the copy: the verb sees to it.

        Args:
            lake: Where the assay is.
            assay: The assay.
            publication: The load of the lake that is given away.
        """

    def find_measured(
        self,
        assay: ReadAssay,
        feature: str,
        unit: str | None,
    ) -> "MeasuredFeature | UnusableAssay":
        """Return which feature is meant that is shown, or why none is.

        Filters ask for it by the word `measure`.

        Raises:
            BrokenPinError: A pinned table cannot be read.
        """
        raise NotImplementedError

    def measured_values(
        self, record: AssayRecord, meant: "MeasuredFeature", scope: "QueryScope"
    ) -> "exp.Select":
        """Return the question for `sample_id` and `value` of a feature in the samples shown.

        Args:
            record: The assay, which may have the tables alone that `only_units` leaves.
            meant: What `find_measured` found.
            scope: What may be read: tables go by its label.
        """
        raise NotImplementedError

    def only_units(
        self,
        record: AssayRecord,
        units: "Collection[str | None]",  # noqa: ARG002 read by types that override this
    ) -> AssayRecord:
        """Return an assay with the tables alone from which values in some units are read."""
        return record

    def hash_table(
        self,
        tables: "TableStore",  # noqa: ARG002 for types with tables of their own kind
        record: "DatasetRecord",  # noqa: ARG002 read by types that override this
        assay: AssayRecord,  # noqa: ARG002 read by types that override this
        pin: "TablePin",  # noqa: ARG002 read by types that override this
        files: list[str],  # noqa: ARG002 read by types that override this
    ) -> str | None:
        """Return the content hash of a table, None where it is the sum over its rows."""
        return None

    def load_again(self, past: "PastRequest") -> "PublishRequest":  # noqa: ARG002 others read it
        """Return the load that made a version.

        Raises:
            KeyError: The record does not say what is needed, which is named.
        """
        raise KeyError("how its assay was loaded")

    def extend_again(self, past: "PastRequest") -> "PublishRequest":  # noqa: ARG002 others read it
        """Return the extension that made a version.

        Raises:
            KeyError: The record does not say what is needed, which is named.
        """
        raise KeyError("how its assay was extended")

    def rounded_tables(self, record: AssayRecord) -> tuple[str, ...]:  # noqa: ARG002 most have none
        """Return tables with sums of floats, whose last digits depend on how files were cut."""
        return ()

    def row_writer(self) -> "RowWriter | None":
        """Return what makes the runner of tasks that cannot write files; None where all can."""
        return None

    def plan_folding(
        self,
        lake: "Lake",  # noqa: ARG002 for types whose tables may be folded
        record: "DatasetRecord",  # noqa: ARG002 read by types that override this
        assay: AssayRecord,  # noqa: ARG002 read by types that override this
    ) -> Folding | None:
        """Return what a compaction writes anew, None where there is nothing to fold."""
        return None
