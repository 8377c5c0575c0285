"""Recognise the formats that are no plain matrix, each by its columns."""

from collections.abc import Sequence

from apollo_spark.sources.expression.columns import (
    FEATURE_WORDS,
    SAMPLE_WORDS,
    VALUE_WORDS,
    is_number,
)
from apollo_spark.sources.expression.detected import Column, Detected
from apollo_spark.sources.expression.matrix import describe_metadata, to_columns
from apollo_spark.sources.expression.quantifiers import (
    FEATURE_COUNTS_HEADER,
    HTSEQ_SUMMARY,
    LAYOUTS,
    METADATA_OF_FEATURE_COUNTS,
    STAR_SUMMARY,
    Layout,
    find_layout,
)
from apollo_spark.sources.expression.top import Top, find_start, iterate_rows

MANIFEST_COLUMNS = ("sample_id", "file")


def recognise(top: Top, stated: str) -> Detected | None:
    """Return what a file is, or None where it is none of the known formats.

    A format that is stated is given the benefit of the doubt where the file alone leaves one.
    """
    if set(MANIFEST_COLUMNS) <= {each.lower() for each in top.names}:
        return _plain(top, "manifest")
    if top.names[: len(FEATURE_COUNTS_HEADER)] == FEATURE_COUNTS_HEADER:
        return _feature_counts(top)
    if (layout := find_layout(top.names)) is not None:
        return _quantified(top, layout, stated)
    if (layout := _find_headless(top, stated)) is not None:
        return _headless(top, layout)
    return _long(top, stated)


def _plain(top: Top, word: str) -> Detected:
    return Detected(
        file=top.file,
        format=word,
        delimiter=top.delimiter,
        compression=top.compression,
        header=top.names,
        data_start=top.data_start,
        data_line=top.data_line,
    )


def _quantified(top: Top, layout: Layout, stated: str) -> Detected:
    word = stated if stated in layout.same_as else layout.format
    place = top.names.index(layout.header[0])
    return _plain(top, word).model_copy(update={"id_columns": (place,)})


def _feature_counts(top: Top) -> Detected:
    """Values begin behind the six fixed columns and the attributes that were asked for."""
    first = len(FEATURE_COUNTS_HEADER)
    while first < len(top.names) and top.names[first].lower() in METADATA_OF_FEATURE_COUNTS:
        first += 1
    beside = to_columns(top.names, range(1, first))
    return _plain(top, "featurecounts").model_copy(
        update={
            "orientation": "features_by_samples",
            "metadata_columns": beside,
            "value_columns": to_columns(top.names, range(first, len(top.names))),
            "notes": describe_metadata(beside),
        }
    )


def _find_headless(top: Top, stated: str) -> Layout | None:
    """Return the layout of STAR or htseq-count, known by the rows without a feature."""
    first = top.names
    if len(first) < 2 or not all(is_number(each) for each in first[1:]):
        return None
    star, htseq = (each for each in LAYOUTS if not each.has_header)
    if len(first) == len(star.header) and (first[0] in STAR_SUMMARY or stated == star.format):
        return star
    if len(first) == len(htseq.header) and (stated == htseq.format or _has_htseq_rows(top)):
        return htseq
    return None


def _has_htseq_rows(top: Top) -> bool:
    return any(row[0] in HTSEQ_SUMMARY for row in iterate_rows(top, cells=1))


def _headless(top: Top, layout: Layout) -> Detected:
    return _plain(top, layout.format).model_copy(
        update={
            "has_header": False,
            "header": layout.header,
            "data_start": find_start(top),
            "data_line": top.first_line,
        }
    )


def _long(top: Top, stated: str) -> Detected | None:
    """Recognise feature, sample and value by name; by order where `long` is stated."""
    places = [_find(top.names, each) for each in (FEATURE_WORDS, SAMPLE_WORDS, VALUE_WORDS)]
    if None in places and stated == "long" and len(top.names) == 3:
        places = [0, 1, 2]
    feature, sample, value = places
    if feature is None or sample is None or value is None:
        return None
    rest = [at for at in range(len(top.names)) if at not in places]
    beside = to_columns(top.names, rest)
    return _plain(top, "long").model_copy(
        update={
            "id_columns": (feature,),
            "sample_column": sample,
            "metadata_columns": beside,
            "value_columns": (Column(index=value, name=top.names[value]),),
            "notes": describe_metadata(beside),
        }
    )


def _find(names: Sequence[str], words: frozenset[str]) -> int | None:
    return next((at for at, name in enumerate(names) if name.lower() in words), None)
