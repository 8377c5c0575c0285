"""What is known about features: read an annotation, and give every feature its part of it.

Versions are taken from ids and `chr` from the names of chromosomes. Of several rows of one id, as
they stand for alternative loci, the first on a chromosome 1 to 22, X, Y or MT counts, else the
first. A row of the same id on Y becomes the annotation of the id with `_PAR_Y`.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import normal_chromosome
from apollo_spark.assays.expression.sources.annotation.gtf import is_gtf, read_gtf
from apollo_spark.assays.expression.sources.annotation.release import guess_release
from apollo_spark.assays.expression.sources.annotation.table import (
    find_columns,
    read_annotation_table,
)
from apollo_spark.assays.expression.sources.files.columns import show_columns, to_columns
from apollo_spark.assays.expression.sources.files.top import SourceFile, read_top
from apollo_spark.assays.expression.sources.ids.features import strip_versions
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.sources.regular_files import TooLargeError, open_regular

SCHEMA = pa.schema(
    [
        ("feature_id", pa.string()),
        ("symbol", pa.string()),
        ("chrom", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("strand", pa.string()),
        ("biotype", pa.string()),
    ]
)
MAIN_CHROMOSOMES = (*(str(each) for each in range(1, 23)), "X", "Y", "MT")
STRANDS = {"+": "+", "-": "-", "1": "+", "+1": "+", "-1": "-"}
PAR_Y = "_PAR_Y"
INTEGER = r"^[0-9]{1,18}$"
HASH_BYTES = 1 << 20


@dataclass(frozen=True)
class Annotation:
    """One row per feature id (`table`, of `SCHEMA`), and where it comes from.

    `other_loci` counts the rows that were left out for another row of their id. `release` is what
    the file says of itself, None where it says nothing.
    """

    table: pa.Table
    sha256: str
    release: str | None
    other_loci: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnnotationReading:
    """An annotation, or why there is none."""

    annotation: Annotation | None
    findings: tuple[Finding, ...] = ()


def read_annotation(file: SourceFile) -> AnnotationReading:
    """Read a GTF file (by its name) or a table with a header; plain or gzip."""
    path = Path(file.path)
    try:
        rows, notes = _read_gtf(path) if is_gtf(path) else _read_table(file)
    except pa.ArrowInvalid:
        return _refusal(file, "row_length", "a row does not have the cells of the others")
    except TooLargeError as error:
        return _refusal(file, "file_too_large", f"the file is too large: {error}")
    except (OSError, EOFError, zlib.error) as error:
        is_missing = isinstance(error, FileNotFoundError)
        rule = "file_missing" if is_missing else "file_truncated"
        text = "the file is not there" if is_missing else "the compressed file is cut off"
        return _refusal(file, rule, text)
    except _UnusableError as error:
        return AnnotationReading(None, error.findings)
    if rows.num_rows == 0:
        return _refusal(file, "file_empty", "the annotation holds no gene and no transcript")
    findings = tuple(_find_bad_cells(rows, file))
    table, other_loci = _choose_loci(_to_typed(rows))
    found = Annotation(
        table=table,
        sha256=_hash_file(path),
        release=guess_release(path),
        other_loci=other_loci,
        notes=notes,
    )
    return AnnotationReading(None if findings else found, findings)


class _UnusableError(Exception):
    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__()
        self.findings = findings


def _read_gtf(path: Path) -> tuple[pa.Table, tuple[str, ...]]:
    return read_gtf(path), ()


def _read_table(file: SourceFile) -> tuple[pa.Table, tuple[str, ...]]:
    reading = read_top(file)
    if reading.top is None:
        raise _UnusableError(reading.findings)
    header = reading.top.names
    places = find_columns(header)
    if "feature_id" not in places:
        text = "an annotation has a column feature_id, ensgene, enstxp, gene_id or transcript_id"
        raise _UnusableError((finding_of("source_format", text, file=file.label),))
    ignored = [at for at in range(len(header)) if at not in places.values()]
    absent = [name for name in SCHEMA.names if name not in places]
    notes = []
    if ignored:
        shown = show_columns(to_columns(header, ignored))
        notes.append(f"columns of the annotation were not read: {shown}")
    if absent:
        notes.append(f"the annotation has no column of: {list_names(absent)}")
    return read_annotation_table(reading.top, places), tuple(notes)


def _refusal(file: SourceFile, rule: str, text: str) -> AnnotationReading:
    return AnnotationReading(None, (finding_of(rule, text, file=file.label),))


def _find_bad_cells(rows: pa.Table, file: SourceFile) -> Iterator[Finding]:
    """Find positions that are not numbers and strands that are none."""
    for name in ("start", "end"):
        bad = _count_others(rows[name], pc.match_substring_regex(rows[name], INTEGER))
        if bad:
            text = f"positions in column '{name}' of the annotation are not whole numbers"
            found = finding_of("source_format", text, file=file.label, column=name)
            yield found.model_copy(update={"count": bad})
    known = pc.is_in(rows["strand"], pa.array([*STRANDS, ".", "*", "0"]))
    bad = _count_others(rows["strand"], known)
    if bad:
        text = "strands of the annotation are neither '+' and '-' nor '1' and '-1'"
        found = finding_of("source_format", text, file=file.label, column="strand")
        yield found.model_copy(update={"count": bad})


def _count_others(texts: pa.ChunkedArray, known: pa.ChunkedArray) -> int:
    filled = pc.not_equal(texts, "")
    return int(pc.sum(pc.and_(filled, pc.invert(known))).as_py() or 0)


def _to_typed(rows: pa.Table) -> pa.Table:
    columns = {
        name: pc.if_else(pc.equal(rows[name], ""), pa.scalar(None, pa.string()), rows[name])
        for name in rows.column_names
    }
    rows = pa.table(columns).filter(pc.is_valid(columns["feature_id"]))
    whole = {name: rows[name].combine_chunks() for name in rows.column_names}
    whole["feature_id"] = strip_versions(whole["feature_id"])
    whole["chrom"] = _replace(whole["chrom"], normal_chromosome)
    whole["strand"] = _replace(whole["strand"], STRANDS.get)
    for name in ("start", "end"):
        is_number = pc.match_substring_regex(whole[name], INTEGER)
        text = pc.if_else(is_number, whole[name], pa.scalar(None, pa.string()))
        whole[name] = pc.cast(text, pa.int64())
    return pa.table([whole[name] for name in SCHEMA.names], schema=SCHEMA)


def _replace(texts: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Change the texts of an array of few different ones."""
    encoded = texts.dictionary_encode()
    changed = [change(each) for each in encoded.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(encoded.indices)


def _choose_loci(rows: pa.Table) -> tuple[pa.Table, int]:
    """Keep one row per id, by rank and then in the order of the file; add the copies on Y."""
    ids = rows["feature_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    chrom = rows["chrom"].combine_chunks()
    is_main = pc.is_in(chrom, pa.array(MAIN_CHROMOSOMES)).to_numpy(zero_copy_only=False)
    chosen = _first_of_each(ids, ~is_main)
    is_y = pc.equal(chrom, "Y").fill_null(False).to_numpy(zero_copy_only=False)
    copies = np.flatnonzero(is_y & ~np.isin(ids, ids[chosen[is_y[chosen]]]))
    copies = copies[_first_of_each(ids[copies], np.zeros(len(copies), bool))]
    table, on_y = rows.take(pa.array(chosen)), rows.take(pa.array(copies))
    names = pc.binary_join_element_wise(on_y["feature_id"], PAR_Y, "")
    on_y = on_y.set_column(0, SCHEMA.field("feature_id"), names)
    is_new = pc.invert(pc.is_in(names, table["feature_id"].combine_chunks()))
    whole = pa.concat_tables([table, on_y.filter(is_new)]).combine_chunks()
    return whole, rows.num_rows - len(chosen)


def _first_of_each(ids: np.ndarray, is_late: np.ndarray) -> np.ndarray:
    """Return the place of the best row of every id, in the order of the rows."""
    order = np.lexsort((np.arange(len(ids)), is_late, ids))
    is_first = np.diff(ids[order], prepend=-1) != 0
    return np.sort(order[is_first])


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        while piece := stream.read(HASH_BYTES):
            digest.update(piece)
    return digest.hexdigest()
