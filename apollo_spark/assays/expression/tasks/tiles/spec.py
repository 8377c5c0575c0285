"""What an expression task is told, as plain frozen values that can be pickled.

Arrays of samples or features that several tasks share should be the same object in all of them:
pickling then sends them once.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage
from apollo_spark.workers.values.spec import Block, FileSpec

OnDuplicate = Literal["refuse", "sum", "mean", "first"]
LEFT_OUT = -1


@dataclass(frozen=True)
class UnitRules:
    """What a value of a unit may be.

    Attributes:
        is_count: A fraction is wrong.
        allows_negative: A value below zero is right (ratios, logarithms).
    """

    is_count: bool = False
    allows_negative: bool = False


@dataclass(frozen=True)
class TileTarget:
    """How one layer is checked and where its tiles are written.

    Attributes:
        folder: The folder of the tile table.
        storage: How values are stored.
        unit: What a value may be.
        missing: Texts of a cell that mean "no value", once the blanks around them are gone.
        name: Begins the names of the files; unlike in other tasks.
    """

    folder: str
    storage: LayerStorage
    unit: UnitRules
    missing: tuple[str, ...] = ("",)
    name: str = "part-00000"


@dataclass(frozen=True)
class Samples:
    """Samples and where each is in the tiles.

    Attributes:
        ids: Sample ids.
        blocks: (samples,) int32, the block of each.
        positions: (samples,) int32; those of one block are 0 to its number of samples less 1.
            Block LEFT_OUT leaves a sample out.
    """

    ids: tuple[str, ...]
    blocks: np.ndarray
    positions: np.ndarray

    def placed(self) -> "Samples":
        """Return the samples that are not left out."""
        kept = self.blocks != LEFT_OUT
        if kept.all():
            return self
        ids = tuple(each for each, is_kept in zip(self.ids, kept, strict=True) if is_kept)
        return Samples(ids, self.blocks[kept], self.positions[kept])


@dataclass(frozen=True)
class Features:
    """The features of an assay, or some of them.

    Attributes:
        ids: Feature ids.
        indexes: (features,) int32, the index of each in the assay.
    """

    ids: tuple[str, ...]
    indexes: np.ndarray


@dataclass(frozen=True)
class MatrixTask:
    """Rows of a matrix in which a row is a feature and columns are samples.

    Attributes:
        block: The range of bytes; its rows are whole.
        target: The layer.
        samples: The samples to read, with their places.
        columns: (samples,) position in the file's header of each sample.
        features: The features of the rows of the range, one for each row that is not blank, rows
            of wrong length too; index LEFT_OUT leaves a row out.
        is_diverted: (rows,) bool: rows to return with the result instead of writing them,
            because their feature occurs more than once; None for none.
    """

    block: Block
    target: TileTarget
    samples: Samples
    columns: np.ndarray
    features: Features
    is_diverted: np.ndarray | None = None


@dataclass(frozen=True)
class SampleRowsTask:
    """Rows of a matrix in which a row is a sample and columns are features: one block of samples.

    Attributes:
        block: The range of bytes; its rows are whole.
        target: The layer.
        samples: The samples of the rows, one for each row that is not blank, all of one block.
        columns: (features,) position in the file's header of each feature's column.
        features: The feature of each of these columns; one index may occur more than once.
        on_duplicate: How the columns of one feature become one.
    """

    block: Block
    target: TileTarget
    samples: Samples
    columns: np.ndarray
    features: Features
    on_duplicate: OnDuplicate = "refuse"


@dataclass(frozen=True)
class SampleFile:
    """A file with the values of one sample.

    Attributes:
        file: The file; its header names as many columns as it has, whether it has a header line
            or not, and `data_start` is where the values begin.
        id_column: Position of the feature ids.
        value_column: Position of the values.
    """

    file: FileSpec
    id_column: int
    value_column: int


@dataclass(frozen=True)
class SampleFilesTask:
    """One block of samples, each with its own file.

    Attributes:
        files: One file for each of the samples.
        samples: All of one block.
        target: The layer.
        texts: Feature ids as they are in the files. Rows with any other id are counted under
            the rule `feature_unknown` and left out.
        features: The feature that each text means; LEFT_OUT leaves the row out silently.
        on_duplicate: How rows of one feature become one; under `refuse` they are counted under
            the rule `feature_repeated`.
    """

    files: tuple[SampleFile, ...]
    samples: Samples
    target: TileTarget
    texts: tuple[str, ...]
    features: Features
    on_duplicate: OnDuplicate = "refuse"


@dataclass(frozen=True)
class LongParseTask:
    """Rows of a long file (feature, sample, value), checked and kept for the second phase.

    The folder of the target is a scratch folder.

    Attributes:
        block: The range of bytes.
        target: The layer.
        feature_column: Position of the feature ids.
        sample_column: Position of the sample ids.
        value_column: Position of the values.
    """

    block: Block
    target: TileTarget
    feature_column: int
    sample_column: int
    value_column: int


@dataclass(frozen=True)
class LongPart:
    """A scratch file of the first phase, and what its codes mean.

    Attributes:
        path: Where it is.
        label: The source file, for people.
        features: (feature codes,) int32, index in the assay or LEFT_OUT.
        samples: (sample codes,) int32, number of the sample in the source.
    """

    path: str
    label: str
    features: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True)
class LongTilesTask:
    """One block of samples from the scratch files of a long source.

    Attributes:
        parts: The files that hold any of the samples, in the order of the source.
        samples: All of one block.
        members: (samples,) number of each in the source.
        features: All features of the source.
        target: The layer.
        on_duplicate: How pairs of one feature and sample become one; under `refuse` they are
            counted under the rule `pair_repeated`.
    """

    parts: tuple[LongPart, ...]
    samples: Samples
    members: np.ndarray
    features: Features
    target: TileTarget
    on_duplicate: OnDuplicate = "refuse"


ExpressionTask = MatrixTask | SampleRowsTask | SampleFilesTask | LongParseTask | LongTilesTask
