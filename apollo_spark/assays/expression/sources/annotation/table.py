"""Read an annotation from a table: its columns in any order, under several names."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pv

from apollo_spark.assays.expression.sources.annotation.gtf import COLUMNS
from apollo_spark.assays.expression.sources.files.top import Top
from apollo_spark.sources.regular_files import open_unpacked

NAMES = {
    "feature_id": ("feature_id", "enstxp", "ensgene", "transcript_id", "gene_id"),
    "symbol": ("gene_name", "symbol"),
    "chrom": ("chrom", "chr"),
    "start": ("start",),
    "end": ("end",),
    "strand": ("strand",),
    "biotype": ("biotype", "gene_biotype", "gene_type"),
}
"""The names of each column; of several in one table the first counts."""


def find_columns(header: tuple[str, ...]) -> dict[str, int]:
    """Return the place of every column of an annotation that a header names."""
    names = [each.lower() for each in header]
    found = {
        column: next((names.index(each) for each in accepted if each in names), None)
        for column, accepted in NAMES.items()
    }
    return {column: at for column, at in found.items() if at is not None}


def read_annotation_table(top: Top, places: dict[str, int]) -> pa.Table:
    """Read the columns of an annotation as texts; an absent column is empty.

    Raises:
        pa.ArrowInvalid: The rows do not have the cells of the header.
        OSError: The compressed file is cut off or damaged.
    """
    header = [str(at) for at in range(len(top.names))]
    wanted = [str(at) for at in places.values()]
    with Path(top.file.path).open("rb") as raw:
        stream = open_unpacked(raw) if top.compression == "gzip" else raw
        rows = pv.read_csv(
            stream,
            read_options=pv.ReadOptions(column_names=header, skip_rows=top.data_line - 1),
            parse_options=pv.ParseOptions(delimiter=top.delimiter),
            convert_options=pv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())
            ),
        )
    empty = pa.nulls(rows.num_rows, pa.string())
    return pa.table(
        {name: rows[str(places[name])] if name in places else empty for name in COLUMNS}
    )
