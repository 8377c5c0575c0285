"""Read the genes and transcripts of a GTF file."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from apollo_spark.sources.regular_files import open_unpacked

GTF_COLUMNS = (
    "chrom", "source", "kind", "start", "end", "score", "strand", "frame", "attributes"
)  # fmt: skip
READ_BYTES = 16 << 20
KINDS = ("gene", "transcript")
COLUMNS = ("feature_id", "symbol", "chrom", "start", "end", "strand", "biotype")
TEXT_SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


def is_gtf(path: Path) -> bool:
    """Say whether a file is a GTF file, by its name."""
    return path.name.lower().removesuffix(".gz").endswith(".gtf")


def read_gtf(path: Path) -> pa.Table:
    """Read the gene and transcript lines as texts: one row per line, in the order of the file.

    A transcript has the name of its gene. Memory holds these lines and a piece of the file.

    Raises:
        pa.ArrowInvalid: A line does not have the nine columns of a GTF file.
        EOFError, OSError: The compressed file is cut off or damaged.
    """
    return pa.Table.from_batches(_read_batches(path), TEXT_SCHEMA)


def _read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as raw:
        stream = open_unpacked(raw) if path.name.lower().endswith(".gz") else raw
        reader = pv.open_csv(
            stream,
            read_options=pv.ReadOptions(column_names=GTF_COLUMNS, block_size=READ_BYTES),
            # Quotes are inside the attributes and mean nothing to the columns.
            parse_options=pv.ParseOptions(
                delimiter="\t", quote_char=False, invalid_row_handler=_skip_comments
            ),
            convert_options=pv.ConvertOptions(
                column_types=dict.fromkeys(GTF_COLUMNS, pa.string()),
                include_columns=["chrom", "kind", "start", "end", "strand", "attributes"],
            ),
        )
        for batch in reader:
            yield _to_features(batch.filter(pc.is_in(batch["kind"], pa.array(KINDS))))


def _skip_comments(row: pv.InvalidRow) -> str:
    return "skip" if row.text.startswith("#") else "error"


def _to_features(rows: pa.RecordBatch) -> pa.RecordBatch:
    attributes = rows["attributes"]
    is_gene = pc.equal(rows["kind"], "gene")
    own = pc.coalesce(_get(attributes, "transcript_biotype"), _get(attributes, "transcript_type"))
    of_gene = pc.coalesce(_get(attributes, "gene_biotype"), _get(attributes, "gene_type"))
    columns = [
        pc.if_else(is_gene, _get(attributes, "gene_id"), _get(attributes, "transcript_id")),
        _get(attributes, "gene_name"),
        rows["chrom"],
        rows["start"],
        rows["end"],
        rows["strand"],
        pc.if_else(is_gene, of_gene, pc.coalesce(own, of_gene)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=TEXT_SCHEMA)


def _get(attributes: pa.Array, name: str) -> pa.Array:
    found = pc.extract_regex(attributes, rf'(?:^|;)\s*{name} "?(?P<value>[^";]*)')
    return pc.struct_field(found, "value")
