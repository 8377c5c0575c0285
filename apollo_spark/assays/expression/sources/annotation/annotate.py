"""Give features their annotation, and say what became of those that have none."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.sources.annotation.annotation import PAR_Y, SCHEMA, Annotation
from apollo_spark.assays.expression.sources.ids.features import ENSEMBL_ID, strip_versions

LOCATION = ("chrom", "start", "end")


@dataclass(frozen=True)
class Annotated:
    """Annotation in the order of the features, and counts.

    Attributes:
        table: One row per feature; what is not known is null.
        annotated: Features that have a row in the annotation.
        versioned: Of these, how many were found only without the version of their id.
        par_y: Of these, copies on Y that have the annotation of their original: name, strand and
            biotype, and no location, because that of the original is not theirs.
        retired: Ensembl ids without a row, and older than the newest id of the annotation.
        unknown: All others without a row.
    """

    table: pa.Table
    annotated: int
    versioned: int
    par_y: int
    retired: int
    unknown: int


def annotate(feature_ids: pa.Array, annotation: Annotation) -> Annotated:
    """Look up features by their id, then without version, then as copies of their original."""
    known = annotation.table["feature_id"].combine_chunks()
    at = pc.index_in(feature_ids, known)
    bare = pc.index_in(strip_versions(feature_ids), known)
    is_versioned = _mask(pc.and_(pc.is_null(at), pc.is_valid(bare)))
    at = pc.coalesce(at, bare)
    is_copy = pc.ends_with(feature_ids, PAR_Y)
    original = pc.replace_substring_regex(strip_versions(feature_ids), f"{PAR_Y}$", "")
    of_original = pc.if_else(is_copy, pc.index_in(original, known), pa.scalar(None, pa.int32()))
    is_borrowed = _mask(pc.and_(pc.is_null(at), pc.is_valid(of_original)))
    at = pc.coalesce(at, of_original)
    is_retired = _mask(pc.is_null(at)) & _are_older(feature_ids, known)
    missing = int(pc.sum(pc.is_null(at)).as_py() or 0)
    return Annotated(
        table=_take(feature_ids, annotation.table, at, is_borrowed),
        annotated=len(feature_ids) - missing,
        versioned=int(is_versioned.sum()),
        par_y=int(is_borrowed.sum()),
        retired=int(is_retired.sum()),
        unknown=missing - int(is_retired.sum()),
    )


def _take(
    feature_ids: pa.Array, table: pa.Table, at: pa.Array, is_borrowed: np.ndarray
) -> pa.Table:
    taken = table.take(at)
    columns = {name: taken[name] for name in SCHEMA.names}
    for name in LOCATION:
        nothing = pa.scalar(None, SCHEMA.field(name).type)
        columns[name] = pc.if_else(pa.array(is_borrowed), nothing, columns[name])
    columns["feature_id"] = feature_ids
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _are_older(feature_ids: pa.Array, known: pa.Array) -> np.ndarray:
    """Say which ids have a number that the annotation has passed: numbers are given in order."""
    older = np.zeros(len(feature_ids), bool)
    letters, numbers = _read_numbers(feature_ids)
    known_letters, known_numbers = _read_numbers(known)
    for letter in ("G", "T"):
        newest = known_numbers[known_letters == letter]
        if len(newest):
            older |= (letters == letter) & (numbers <= newest.max())
    return older


def _read_numbers(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    letters = pc.struct_field(pc.extract_regex(ids, ENSEMBL_ID), "letter").fill_null("")
    digits = pc.struct_field(pc.extract_regex(ids, r"^ENS[GT]R?(?P<number>[0-9]{1,18})"), "number")
    numbers = pc.cast(digits, pa.int64()).fill_null(-1)
    return letters.to_numpy(zero_copy_only=False), numbers.to_numpy(zero_copy_only=False)


def _mask(values: pa.Array) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), bool)
