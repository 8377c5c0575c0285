"""Recognise the columns of a matrix, in either orientation."""

from collections import Counter
from collections.abc import Callable, Sequence

from apollo_spark.assays.expression.sources.files.columns import (
    cells_of,
    describe_beside,
    find_beside,
    is_number,
    show_columns,
    to_columns,
)
from apollo_spark.assays.expression.sources.files.detected import Column, Detected, FileDetection
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.top import Top, iterate_rows, without_header
from apollo_spark.assays.expression.sources.files.words import (
    is_beside_features,
    is_beside_samples,
    is_made_up,
    is_statistic,
    names_own_samples,
    names_samples,
    numbers_rows,
    tests_differences,
)
from apollo_spark.assays.expression.sources.formats.header import FittedHeader, fit_header
from apollo_spark.assays.expression.sources.formats.orientation import (
    find_ensembl_column,
    find_named,
    find_orientation,
    is_counting,
)
from apollo_spark.assays.expression.sources.formats.suspects import find_misspelt, find_suspects
from apollo_spark.assays.expression.sources.formats.value_columns import check_value_columns
from apollo_spark.assays.expression.sources.ids.features import is_ensembl
from apollo_spark.sources.findings import finding_of


def detect_matrix(top: Top, reading: Reading) -> FileDetection:
    """Say what each column of a matrix holds.

    Under the rule `ensembl` the ids are looked for beside the first column too.
    """
    if not reading.has_header:
        return _without_header(top, reading)
    header = fit_header(top, reading)
    if header.finding is not None:
        return FileDetection(findings=(header.finding,))
    if reading.columns is not None:
        return _chosen_columns(top, header, reading)
    metadata = find_beside(header.names, top.rows, (0,), _is_beside(header.names))
    if reading.is_named and len(header.names) == 2:
        # A file of one sample: what is beside the ids are values, be they wrong.
        metadata = ()
    turn = find_orientation(top, header.names, metadata)
    if turn.orientation is None:
        text = f"it cannot be told which side holds the features: {turn.text}"
        return _refuse(top, "source_format", text)
    if turn.orientation == "features_by_samples":
        found = _features_by_samples(top, header, metadata, reading)
    else:
        metadata = find_beside(header.names, top.rows, (0,), is_beside_samples)
        found = _samples_by_features(top, header, metadata)
    notes = (*header.notes, *((turn.text,) if turn.text else ()), *found.notes)
    found = found.model_copy(update={"notes": notes})
    checked = check_value_columns(found, reading)
    is_turned = turn.orientation == "samples_by_features"
    if not is_turned and is_numbered(top, header.names, found.id_columns[0]):
        text = (
            "the column of the ids numbers the rows and holds no ids; name the column that holds "
            "them feature_id or sample_id"
        )
        return _refuse(top, "source_format", text)
    suspects = find_misspelt(top, found.metadata_columns)
    if not is_turned and not reading.is_named:
        suspects += find_suspects(top, found.value_columns)
    return checked.model_copy(update={"findings": (*checked.findings, *suspects)})


def _is_beside(names: Sequence[str]) -> Callable[[str], bool]:
    """Return what knows the columns beside the values of features in rows by their names."""
    if tests_differences(names):
        return lambda name: is_beside_features(name) or is_statistic(name)
    return is_beside_features


def is_numbered(top: Top, names: Sequence[str], at: int) -> bool:
    """Say whether a column of ids holds numbers of rows."""
    cells = cells_of(top.rows, at)
    is_long = len(cells) > 2 or is_made_up(names[at])
    return is_long and numbers_rows(names[at]) and is_counting(cells)


def _refuse(top: Top, rule: str, text: str) -> FileDetection:
    return FileDetection(findings=(finding_of(rule, text, file=top.file.label),))


def _features_by_samples(
    top: Top, header: FittedHeader, metadata: Sequence[int], reading: Reading
) -> Detected:
    columns = (0, *metadata)
    at = _find_id_column(top, header.names, columns, reading)
    ids = to_columns(header.names, (at,))
    beside = to_columns(header.names, [each for each in columns if each != at])
    values = _others(header.names, columns)
    notes = [*_describe_ids(ids, columns[0]), *describe_beside(beside)]
    if len(values) > 1 and is_counting([each.name for each in values]):
        notes.append(
            "the header numbers its columns, and the numbers were taken for sample ids "
            "(--samples LIST names the samples)"
        )
    return _detected(
        top,
        header,
        id_columns=(at,),
        metadata_columns=beside,
        value_columns=values,
        notes=tuple(notes),
    ).model_copy(update={"orientation": "features_by_samples"})


def _find_id_column(
    top: Top, names: Sequence[str], columns: Sequence[int], reading: Reading
) -> int:
    """Return the column of the feature ids, among those that hold no values."""
    if reading.id_rule == "ensembl":
        found = find_ensembl_column(top.rows, columns)
        if found is not None:
            return found
    named = find_named(names, top.rows)
    # Where a program numbered the rows, what is named for ids holds them.
    return named if named is not None and named in columns else columns[0]


def _describe_ids(ids: Sequence[Column], usual: int) -> tuple[str, ...]:
    if ids[0].index == usual:
        return ()
    shown = show_columns(ids)
    shown = shown if shown.startswith("column ") else f"column {shown}"
    return (f"feature ids were taken from {shown} (--feature-ids any takes the first column)",)


def _samples_by_features(top: Top, header: FittedHeader, metadata: Sequence[int]) -> Detected:
    known = is_ensembl(header.names)
    beside = set(metadata)
    if known.any():
        # An age or a dose before the first gene is not a gene, though it is a number.
        beside |= set(range(1, int(known.argmax())))
    ids = _find_sample_columns(top, header.names, sorted(set(metadata)))
    rest = to_columns(header.names, sorted({0, *beside} - set(ids)))
    shown = show_columns(to_columns(header.names, ids))
    notes = [f"sample ids are columns {shown} joined by '-'"] if len(ids) > 1 else []
    if len(ids) == 1 and ids[0] != 0:
        notes.append(
            f"sample ids are column {shown} and not the first one (another name for that column "
            "has the first one taken)"
        )
    if is_numbered(top, header.names, ids[0]):
        notes.append(
            "the first column numbers the rows, and the numbers were taken for sample ids (name "
            "the column of the sample ids sample_id to have it read otherwise)"
        )
    return _detected(
        top,
        header,
        id_columns=ids,
        metadata_columns=rest,
        value_columns=_others(header.names, (0, *beside)),
        notes=(*notes, *_describe_fields(rest)),
    ).model_copy(update={"orientation": "samples_by_features"})


def _describe_fields(columns: Sequence[Column]) -> tuple[str, ...]:
    if not columns:
        return ()
    text = f"columns beside the values were not taken for features: {show_columns(columns)}"
    return (f"{text} (fields of samples come by --dictionary and --data)",)


def _find_sample_columns(
    top: Top, names: Sequence[str], metadata: Sequence[int]
) -> tuple[int, ...]:
    """Return the first column, or all leading texts where it does not tell the rows apart."""
    named = find_named(names, top.rows)
    if named and names_samples(names[named]):
        # A program numbered the rows before it.
        return (named,)
    own = next((at for at in metadata if names_own_samples(names[at])), None)
    if own is not None and names_samples(names[0]) and not names_own_samples(names[0]):
        # Samples before people, of whom one may have several.
        return (own,)
    leading = [at for place, at in enumerate(metadata, start=1) if at == place]
    leading = [at for at in leading if not all(map(is_number, cells_of(top.rows, at)))]
    if not leading:
        return (0,)
    seen = Counter(row[0] for row in iterate_rows(top, cells=1, errors="replace"))
    return (0,) if max(seen.values()) == 1 else (0, *leading)


def _chosen_columns(top: Top, header: FittedHeader, reading: Reading) -> FileDetection:
    """Take the columns for samples that the option names."""
    assert reading.columns is not None
    taken = [at for at, name in enumerate(header.names) if reading.columns.takes(name)]
    rest = [at for at in range(len(header.names)) if at not in set(taken)]
    if not taken:
        text = "--sample-columns takes no column of the header for a sample"
        return _refuse(top, "matrix_header", text)
    if not rest:
        text = "--sample-columns takes all columns, and none is left for the ids of the features"
        return _refuse(top, "matrix_header", text)
    in_header = is_ensembl([header.names[at] for at in taken]).mean() > 0
    if in_header and find_ensembl_column(top.rows, rest) is None:
        text = "--sample-columns takes columns of features: the samples are in the rows"
        return _refuse(top, "source_format", text)
    at = _find_id_column(top, header.names, rest, reading)
    beside = to_columns(header.names, [each for each in rest if each != at])
    note = f"--sample-columns took {len(taken):,} columns for samples"
    left_out = (f"left out: {show_columns(beside)}",) if beside else ()
    found = _detected(
        top,
        header,
        id_columns=(at,),
        metadata_columns=beside,
        value_columns=to_columns(header.names, taken),
        notes=(*header.notes, "; ".join((note, *left_out))),
    ).model_copy(update={"orientation": "features_by_samples"})
    return FileDetection(detected=found)


def _without_header(top: Top, reading: Reading) -> FileDetection:
    """Recognise a matrix that has no header: a list names its samples, so rows are features."""
    bare = without_header(top, ("",) * len(top.names))
    metadata = find_beside(bare.names, bare.rows, (0,), lambda _: False)
    header = FittedHeader(bare.names)
    found = _features_by_samples(bare, header, metadata, reading)
    if not reading.is_named:
        text = (
            "a file without a header names no samples: give --samples LIST, or a manifest of "
            "sample_id and file"
        )
        return _refuse(top, "matrix_header", text)
    found = found.model_copy(update={"has_header": False})
    return check_value_columns(found, reading)


def _others(names: Sequence[str], columns: Sequence[int]) -> tuple[Column, ...]:
    taken = set(columns)
    return to_columns(names, [at for at in range(len(names)) if at not in taken])


def _detected(
    top: Top,
    header: FittedHeader,
    *,
    id_columns: tuple[int, ...],
    metadata_columns: tuple[Column, ...],
    value_columns: tuple[Column, ...],
    notes: tuple[str, ...],
) -> Detected:
    return Detected(
        file=top.file,
        format="matrix",
        delimiter=top.delimiter,
        compression=top.compression,
        header=header.names,
        id_columns=id_columns,
        metadata_columns=metadata_columns,
        value_columns=value_columns,
        data_start=top.data_start,
        data_line=top.data_line,
        notes=notes,
    )
