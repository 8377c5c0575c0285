"""The feature ids of a file of one sample, as its task will read them, and its hash."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.tasks.files.reading import read_grids, read_texts
from apollo_spark.assays.expression.tasks.tiles.spec import SampleFile
from apollo_spark.workers.files.digest import hash_file
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.spec import Block

# One piece: the ids of a file are then compared with those of another at once.
FILE_BYTES = 32 << 20


@dataclass(frozen=True)
class SampleFileIds:
    """What one reading of a file finds.

    Attributes:
        size: Bytes of the raw file.
        sha256: Of the raw file, hexadecimal.
        texts: Feature ids (large strings) of the rows of right length, in their order.
        lines: (rows,) physical lines.
        is_whole: Whether these are all rows: none was of wrong length, and the file was read whole.
        problem: Where the file stops being what it was said to be, as (rule, line).
    """

    size: int
    sha256: str
    texts: pa.Array
    lines: np.ndarray
    is_whole: bool
    problem: tuple[str, int | None] | None = None


def read_sample_ids(file: SampleFile, *, chunk_bytes: int = FILE_BYTES) -> SampleFileIds:
    """Hash a file and read its feature ids."""
    texts = [pa.array([], pa.large_string())]
    lines = [np.zeros(0, np.int64)]
    wrong, problem = 0, None
    block = Block(file.file, 0, file.file.data_start, None, file.file.data_line)
    try:
        for grid, _ in read_grids(block, chunk_bytes):
            texts.append(read_texts(grid, file.id_column))
            lines.append(grid.lines)
            wrong += len(grid.wrong_lines)
    except InputProblemError as found:
        problem = (found.rule, found.line)
    size, sha256 = hash_file(file.file.path)
    is_whole = wrong == 0 and problem is None
    return SampleFileIds(
        size, sha256, pa.concat_arrays(texts), np.concatenate(lines), is_whole, problem
    )
