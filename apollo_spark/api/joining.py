"""Several assays read as one: a part of `Dataset`."""

import logging
from abc import ABC
from collections.abc import Sequence
from typing import Any, Literal

from apollo_spark.api.choices import MATRIX_FORMS, Names, require_form, texts
from apollo_spark.assays.expression.assay import parse_unit
from apollo_spark.assays.expression.read.joined_matrix import read_joined_matrix
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY
from apollo_spark.assays.expression.read.select import find_assay, open_assay
from apollo_spark.errors import UsageError
from apollo_spark.export.printable import printable
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset

logger = logging.getLogger(__name__)


class JoinedAssays(ABC):
    """A dataset whose assays can be read as one matrix."""

    _lake: Lake
    _opened: OpenDataset

    def read_assays(
        self,
        assays: Sequence[str],
        features: Names = None,
        samples: Names = None,
        *,
        unit: str | None = None,
        tell_apart: bool = False,
        to: Literal["pandas", "arrow", "numpy"] = "pandas",
        max_memory: int = MAX_MEMORY,
    ) -> Any:
        """Return the samples of several assays as one matrix, samples x features.

        Its features are those of all the assays. What an assay did not measure is missing in its
        samples, and never zero; the notes of the answer say how many features those are.

        Args:
            assays: Names of assays that share features and have one kind of feature ids.
            features: Ids of features, in the order of the columns; all when not given.
            samples: Ids of samples; all when not given.
            unit: The unit; by default that of the first assay.
            tell_apart: Whether ids of samples become `ASSAY.ID`. An id that is in several of
                the assays is refused otherwise.
            to: `pandas` (a DataFrame), `arrow` (a table with a column sample_id), or `numpy` (a
                `MatrixResult`).
            max_memory: Bytes that the matrix may take.

        Raises:
            NotFoundError: An assay, a feature, a sample or the unit is not there.
            UsageError: The assays share no feature, an id of a sample is in several of them,
                or the matrix takes more than `max_memory`.
            BrokenPinError: A pinned table cannot be read.
        """
        require_form(to, MATRIX_FORMS)
        names = list(dict.fromkeys(assays))
        if not names:
            raise UsageError("No assay is named.")
        record = self._opened.record
        found = [find_assay(record.assays, each, str(record)) for each in names]
        matrix = read_joined_matrix(
            [open_assay(self._lake.tables, self._opened, each) for each in found],
            unit=None if unit is None else parse_unit(unit),
            features=texts(features),
            samples=texts(samples),
            tell_apart=tell_apart,
            max_memory=max_memory,
        )
        for note in matrix.notes:
            logger.warning(printable(note))
        return MATRIX_FORMS[to](matrix)
