"""Recognise the formats that are not a plain matrix, each by its columns."""

from collections.abc import Callable, Sequence

from apollo_spark.assays.expression.sources.files.columns import (
    describe_beside,
    find_beside,
    is_number,
    show_columns,
    to_columns,
)
from apollo_spark.assays.expression.sources.files.detected import Column, Detected
from apollo_spark.assays.expression.sources.files.quantifiers import (
    FEATURE_COUNTS_HEADER,
    LAYOUTS,
    STAR_SUMMARY,
    Layout,
    find_layout,
)
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.top import Top, without_header
from apollo_spark.assays.expression.sources.files.words import (
    FEATURE_WORDS,
    find_unit,
    is_beside_features,
    is_known,
    is_other_quantity,
    names_features,
    names_own_samples,
    names_samples,
    squeeze,
)
from apollo_spark.assays.expression.sources.formats import htseq

MANIFEST_COLUMNS = ("sample_id", "file")
LONG_NAMES = ("feature_id", "sample_id", "value")


def recognise(top: Top, stated: str, reading: Reading) -> Detected | None:
    """Return what a file is, or None where it is none of the known formats.

    A format that is stated is given the benefit of the doubt where the file alone leaves one.
    """
    if set(MANIFEST_COLUMNS) <= {each.lower() for each in top.names}:
        return _plain(top, "manifest")
    if (found := _find_headless(top, stated)) is not None:
        return found
    if not reading.has_header:
        return _long_without_header(top) if stated == "long" and len(top.names) == 3 else None
    if top.names[: len(FEATURE_COUNTS_HEADER)] == FEATURE_COUNTS_HEADER:
        return _feature_counts(top, reading)
    if (layout := find_layout(top.names)) is not None:
        return _quantified(top, layout, stated)
    return _long(top, stated, reading.unit)


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


def _feature_counts(top: Top, reading: Reading) -> Detected:
    """Values begin behind the six fixed columns and the attributes that were asked for."""
    fixed = range(len(FEATURE_COUNTS_HEADER))
    rest = find_beside(top.names, top.rows, fixed, is_beside_features)
    beside = [*fixed[1:], *rest]
    values = [at for at in range(len(top.names)) if at not in (0, *beside)]
    if reading.columns is not None:
        values = [at for at, name in enumerate(top.names) if reading.columns.takes(name)]
        beside = [at for at in range(1, len(top.names)) if at not in values]
    left_out = to_columns(top.names, beside)
    return _plain(top, "featurecounts").model_copy(
        update={
            "orientation": "features_by_samples",
            "metadata_columns": left_out,
            "value_columns": to_columns(top.names, values),
            "notes": describe_beside(left_out),
        }
    )


def _find_headless(top: Top, stated: str) -> Detected | None:
    """Recognise STAR or htseq-count, which write no header, by the rows without a feature."""
    first = top.names
    star = next(each for each in LAYOUTS if each.format == "star")
    are_counts = len(first) == len(star.header) and all(is_number(each) for each in first[1:])
    if are_counts and (first[0] in STAR_SUMMARY or stated == star.format):
        return _headless(top, star.format, star.header)
    names = htseq.find_htseq_header(top, stated)
    return None if names is None else _headless(top, htseq.FORMAT, names)


def _headless(top: Top, word: str, names: tuple[str, ...]) -> Detected:
    bare = without_header(top, names)
    return _plain(bare, word).model_copy(update={"has_header": False})


def _long_without_header(top: Top) -> Detected:
    bare = without_header(top, LONG_NAMES)
    found = _long_of(bare, (0, 1, 2), "")
    return found.model_copy(update={"has_header": False})


def _long(top: Top, stated: str, unit: str) -> Detected | None:
    """Recognise feature, sample and value by name; by order where `long` is stated."""
    names = top.names
    feature = _find(names, lambda each: squeeze(each) in FEATURE_WORDS)
    feature = _find(names, names_features) if feature is None else feature
    sample = _find(names, names_own_samples)
    sample = _find(names, names_samples) if sample is None else sample
    value = _find_value(names, unit)
    if feature is not None and sample is not None and value is not None:
        return _long_of(top, (feature, sample, value), unit)
    if stated == "long" and len(names) == 3:
        return _long_of(top, (0, 1, 2), unit)
    return None


def _find_value(names: Sequence[str], unit: str) -> int | None:
    """Return the column of the unit that is loaded, else the first that names a quantity."""
    same = _find(names, lambda each: bool(unit) and find_unit(each) == unit)
    return _find(names, lambda each: find_unit(each) is not None) if same is None else same


def _long_of(top: Top, places: tuple[int, int, int], unit: str) -> Detected:
    feature, sample, value = places
    beside = to_columns(top.names, [at for at in range(len(top.names)) if at not in places])
    notes = [f"columns were not read: {show_columns(beside)}"] if beside else []
    notes += _describe_choice(top.names, feature, sample)
    named = find_unit(top.names[value])
    if unit and named and named != unit:
        notes.append(
            f"values were taken from column '{top.names[value]}' and are loaded as {unit} (--unit)"
        )
    elif unit and is_other_quantity(top.names[value]) and not unit.startswith("other:"):
        notes.append(
            f"column '{top.names[value]}' is named for another quantity, and its values were taken "
            f"for {unit} as they are (--unit other:NAME, or name the column of values value)"
        )
    elif not all(is_known(top.names[at]) for at in places):
        notes.append("columns 1 to 3 were taken for feature, sample and value, in this order")
    return _plain(top, "long").model_copy(
        update={
            "id_columns": (feature,),
            "sample_column": sample,
            "metadata_columns": beside,
            "value_columns": (Column(index=value, name=top.names[value]),),
            "notes": tuple(notes),
        }
    )


def _describe_choice(names: Sequence[str], feature: int, sample: int) -> list[str]:
    """Say which of several columns that name features, or samples, was taken."""
    chosen = (("features", feature, names_features), ("samples", sample, names_samples))
    return [
        f"{what} were taken from column '{names[at]}', one of several that are named for them "
        "(another name for that column has the next one taken)"
        for what, at, is_named in chosen
        if is_named(names[at]) and sum(map(is_named, names)) > 1
    ]


def _find(names: Sequence[str], is_wanted: Callable[[str], bool]) -> int | None:
    return next((at for at, name in enumerate(names) if is_wanted(name)), None)
