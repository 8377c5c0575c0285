"""Make expression matrices with the statistics of real ones, and what annotates them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

PIECE = 500
MOST_CODING = 20_000


@dataclass(frozen=True)
class Shape:
    """A matrix to make; `decimals` makes transcripts per million of its counts."""

    features: int
    samples: int
    decimals: int = 0

    @property
    def values(self) -> int:
        """How many values it has."""
        return self.features * self.samples

    @property
    def unit(self) -> str:
        """What the values are."""
        return "tpm" if self.decimals else "count"


def feature_ids(features: int) -> list[str]:
    """Name features as Ensembl does."""
    return [f"ENSG{number:011d}" for number in range(features)]


def sample_ids(samples: int) -> list[str]:
    """Name samples."""
    return [f"S{number:06d}" for number in range(samples)]


def write_matrix(path: Path, shape: Shape) -> None:
    """Write features x samples: negative binomial counts, or such values per million.

    All genes have 39 % of values above zero and 31 million reads a sample, as counts of whole
    annotations have; up to 20,000 features are taken for genes that code, most of them expressed.
    """
    random = np.random.default_rng(7)
    typical, spread = (4.0, 2.5) if shape.features <= MOST_CODING else (-0.5, 3.9)
    means = np.minimum(np.exp(random.normal(typical, spread, shape.features)), 300_000)
    dispersion = 0.15 + 12 / (1 + means)
    library = np.exp(random.normal(0, 0.35, shape.samples))
    kilobases = np.exp(random.normal(0.7, 0.6, shape.features))
    names = sample_ids(shape.samples)
    ids = feature_ids(shape.features)
    with path.open("wb") as out:
        out.write(("feature_id," + ",".join(names) + "\n").encode())
        for start in range(0, shape.features, PIECE):
            piece = slice(start, start + PIECE)
            like = 1 / dispersion[piece, None]
            rates = random.gamma(like, 1.0, (len(like), shape.samples))
            rates *= means[piece, None] / like * library
            values = random.poisson(rates)
            if shape.decimals:
                per_million = values / kilobases[piece, None] / (library * 15)
                values = np.round(per_million, shape.decimals)
            table = pa.table([ids[piece], *values.T], ["feature_id", *names])
            pc.write_csv(table, out, pc.WriteOptions(include_header=False, quoting_style="none"))


def write_annotation(path: Path, features: int) -> None:
    """Write symbol, place, strand and biotype of all features."""
    random = np.random.default_rng(8)
    chromosomes = np.array([*(str(number) for number in range(1, 23)), "X", "Y", "MT"])
    start = random.integers(1, 200_000_000, features)
    columns = {
        "feature_id": feature_ids(features),
        "gene_name": [f"GENE{number}" for number in range(features)],
        "chrom": chromosomes[random.integers(0, len(chromosomes), features)],
        "start": start,
        "end": start + random.integers(100, 100_000, features),
        "strand": np.array(["+", "-"])[random.integers(0, 2, features)],
        "biotype": np.array(["protein_coding", "lncRNA"])[random.integers(0, 2, features)],
    }
    pc.write_csv(pa.table(columns), path, pc.WriteOptions(quoting_style="needed"))
