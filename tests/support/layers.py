"""Units of one small assay, loaded one by one."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

import apollo_spark as ap
from tests.support.study import CommandResult, apollo

FEATURES = [f"ENSG{number:011d}" for number in range(1, 6)]
SAMPLES = [f"S{number}" for number in range(1, 5)]
COUNTS = np.arange(20).reshape(5, 4)
TPM = COUNTS * 1.25 + 0.5


class Loads:
    """A lake and sources for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lake = folder, folder / "lake"

    def matrix(
        self,
        name: str,
        values: np.ndarray,
        features: list[str] = FEATURES,
        samples: list[str] = SAMPLES,
        *,
        is_turned: bool = False,
    ) -> Path:
        """Write a matrix with features and samples in the order given."""
        rows: list[list[Any]] = [["feature_id", *samples]]
        rows += [[f, *row] for f, row in zip(features, values.tolist(), strict=True)]
        if is_turned:
            rows = [list(each) for each in zip(*rows, strict=True)]
            rows[0][0] = "sample_id"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        path = self.folder / name
        path.write_text(text.getvalue())
        return path

    def load(self, unit: str, *sources: Path, more: tuple[object, ...] = ()) -> CommandResult:
        words: list[object] = ["--lake", self.lake, "load", "expression", "study", "--assay",
                               "rna", "--unit", unit]  # fmt: skip
        for each in sources:
            words += ["--source", each]
        return apollo(*words, *more)

    def ask(self, *words: object) -> CommandResult:
        return apollo("--lake", self.lake, *words)

    def values(self, unit: str, reference: str = "study") -> list[list[float]]:
        """Return the matrix in the order of FEATURES and SAMPLES."""
        assay = ap.open_lake(str(self.lake)).dataset(reference).assay("rna")
        frame = assay.matrix(FEATURES, SAMPLES, unit=unit)
        found: list[list[float]] = frame.to_numpy().T.tolist()
        return found

    def pins(self, reference: str) -> dict[str, dict[str, Any]]:
        shown = self.ask("show", reference, "--pins", "--json").json
        return {each["table"]: each for each in shown["pins"]}

    def statistics(self, unit: str, of: Any) -> dict[str, list[Any]]:
        assay = ap.open_lake(str(self.lake)).dataset("study").assay("rna")
        found: dict[str, list[Any]] = assay.statistics(of, unit=unit).to_pydict()
        return found


def shuffled(values: np.ndarray) -> tuple[np.ndarray, list[str], list[str]]:
    rows, columns = [3, 0, 4, 1, 2], [2, 0, 3, 1]
    return (
        values[np.ix_(rows, columns)],
        [FEATURES[each] for each in rows],
        [SAMPLES[each] for each in columns],
    )


def assay_of(loads: Loads) -> Any:
    return ap.open_lake(str(loads.lake)).dataset("study").assay("rna").record
