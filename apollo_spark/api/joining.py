"""Several assays read as one: a part of `Dataset`."""

import logging
from abc import ABC
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from apollo_spark.api.choices import MATRIX_FORMS, Names, require_form, texts
from apollo_spark.api.conditions.condition import Where
from apollo_spark.assays.expression.assay import expression_assays, parse_unit
from apollo_spark.assays.expression.read.joined_matrix import read_joined_matrix
from apollo_spark.assays.expression.read.matching import to_matched_mudata
from apollo_spark.assays.expression.read.matrix_memory import MAX_MEMORY
from apollo_spark.assays.expression.read.rows import is_mudata, write_anndata
from apollo_spark.assays.expression.read.select import find_assay, open_assay
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.export.packages import need_for
from apollo_spark.export.printable import printable
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.operations.guarded.persons import VALUES, require_rows

if TYPE_CHECKING:
    from apollo_spark.api.cohort import Cohort

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
        require_rows(self._lake, self._opened, VALUES)
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

    def to_mudata(
        self,
        assays: Sequence[str] | None = None,
        *,
        fields: Iterable[str] = (),
        wide: Iterable[str] = (),
        units: Mapping[str, str | Sequence[str]] | None = None,
        to_file: str | None = None,
        force: bool = False,
        max_memory: int = MAX_MEMORY,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        samples: Names = None,
        match: str | None = None,
    ) -> Any:
        """Return assays as `mudata.MuData`: a modality each, whose rows are samples.

        Args:
            assays: Names of assays; all of them when not given.
            fields: Fields as `entity.field`, as in `Assay.matrix`: `obs` of each modality has them,
                and `obs` of the whole those of all samples.
            wide: What numbers repeated rows, as in `retrieve_fields`.
            units: By assay the unit, or several of which the first is X.
            to_file: Write an h5mu file, and return its number of rows.
            force: Whether to overwrite the file.
            max_memory: Bytes that all matrices together may take.
            cohort: A cohort of the dataset, or its name: samples of its people alone.
            where: A filter instead of a cohort.
            samples: Ids of samples, each in any of the assays; all when not given.
            match: An entity, whose rows are the rows: samples of one person in all assays are one
                row with `patient`. By default samples are matched by their ids.

        Raises:
            NotFoundError: An assay, a field, a unit or the entity is not there.
            UsageError: The matrices take more than `max_memory`, the file is not .h5mu, or a row
                has several samples in one assay.
            BrokenPinError: A pinned table cannot be read.
            EnvironmentProblemError: The package mudata is not installed.
        """
        require_rows(self._lake, self._opened, VALUES)
        need_for("mudata")
        if to_file is not None and not is_mudata(to_file):
            raise UsageError(f"{to_file!r} does not end with .h5mu, as a file of MuData does.")
        # A mixin: what it is mixed into opens assays, and is limited to people.
        dataset: Any = self
        if cohort is not None or where is not None:
            dataset = dataset.only(cohort, where=where)
        own = [each.name for each in expression_assays(self._opened.record.assays)]
        names = list(dict.fromkeys(own if assays is None else assays))
        if not names:
            raise UsageError("No assay is named." if own else "There is no assay.")
        chosen = texts(samples)
        found = {
            name: dataset.assay(name).matrix(
                unit=(units or {}).get(name), to="anndata", fields=fields, wide=wide,
                max_memory=max_memory // len(names),
                samples=_in_assay(dataset.assay(name).samples(), chosen),
            )
            for name in names
        }  # fmt: skip
        if lost := set(chosen or ()).difference(*(each.obs_names for each in found.values())):
            raise NotFoundError(f"No assay has {len(lost):,} of the samples.")
        opened = dataset._opened  # noqa: SLF001 - its own class
        data = to_matched_mudata(
            self._lake, opened, found, match, lambda line: logger.warning(printable(line))
        )
        if to_file is None:
            return data
        write_anndata(data, to_file, force=force)
        return int(data.n_obs)


def _in_assay(own: Sequence[str], chosen: Sequence[str] | None) -> list[str] | None:
    """Return the samples of an assay that are chosen, in its order; None where all are."""
    return None if chosen is None else [each for each in own if each in set(chosen)]
