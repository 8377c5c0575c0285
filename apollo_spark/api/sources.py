"""How files are read, as values that loads and extensions take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Files = str | Sequence[str]
"""A path, or several."""


@dataclass(frozen=True)
class ExpressionSource:
    """Expression files, and how they are read.

    Attributes:
        files: Files or folders: matrices, long files, a manifest, outputs of a quantifier; of an
            extension of an assay with several units `UNIT=PATH` for each of them.
        format: What they are; `auto` detects it.
        id_map: Path of a table of two columns: other ids to Ensembl ids.
        features: What files with different features do; of an extension, what features do that
            the assay has not, or that the new samples lack.
        on_duplicate: What a repeated feature does.
        sample_pattern: Regular expression that finds the sample id in a file's path.
        sample_columns: Which columns of a matrix are samples: a regular expression that is
            searched in the header, or the path of a file of their names, one a line.
        delimiter: What separates the cells of the files; by default each file shows it.
        no_header: Whether the files have no header; the samples are named by `samples` or a
            manifest then.
        samples: Names of the samples, in the order of columns or files.
        strand: Which counts of STAR and of the GDC are taken.
        missing: Texts that mean missing, beside the empty cell.
    """

    files: Files
    format: str = "auto"
    id_map: str | None = None
    features: Literal["refuse", "union"] = "refuse"
    on_duplicate: Literal["refuse", "sum", "mean", "first"] = "refuse"
    sample_pattern: str | None = None
    sample_columns: str | None = None
    delimiter: str | None = None
    no_header: bool = False
    samples: Files = ()
    strand: Literal["unstranded", "forward", "reverse"] = "unstranded"
    missing: Sequence[str] = ()

    @classmethod
    def of(cls, source: "Files | ExpressionSource") -> "ExpressionSource":
        """Return files that are read by the defaults, or as they are said to be read."""
        return source if isinstance(source, ExpressionSource) else cls(source)

    def options(self) -> dict[str, Any]:
        """Return the options of a request."""
        found = {**vars(self), "sources": as_tuple(self.files), "missing": tuple(self.missing)}
        del found["files"]
        return {**found, "samples": as_tuple(self.samples)}


@dataclass(frozen=True)
class SampleFields:
    """What is known of the samples of an assay: batch, tissue and the like.

    Attributes:
        dictionary: Path of data_dictionary.csv, with the entity `sample` alone.
        data: Files or folders of the entity.
        codings: Path of codings.csv.
    """

    dictionary: str
    data: Mapping[str, Files]
    codings: str | None = None


def as_tuple(files: Files) -> tuple[str, ...]:
    """Return one path or several as several."""
    return (files,) if isinstance(files, str) else tuple(files)


def file_pairs(data: Mapping[str, Files]) -> tuple[tuple[str, str], ...]:
    """Return (entity, file) pairs as the option --data gives them."""
    return tuple((entity, path) for entity, paths in data.items() for path in as_tuple(paths))
