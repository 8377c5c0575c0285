"""Recognise the columns of a matrix, in either orientation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.model.findings import Finding
from apollo_spark.sources.expression.columns import find_metadata, is_text_column
from apollo_spark.sources.expression.detected import Column, Detected, FileDetection
from apollo_spark.sources.expression.features import IdRule, is_ensembl
from apollo_spark.sources.expression.orientation import find_ensembl_column, find_orientation
from apollo_spark.sources.expression.top import Top, iterate_rows
from apollo_spark.sources.findings import finding_of, list_names


@dataclass(frozen=True)
class _Header:
    """One name per column, and what was decided about them."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    finding: Finding | None = None


def detect_matrix(top: Top, id_rule: IdRule) -> FileDetection:
    """Say what each column of a matrix holds.

    Under the rule `ensembl` the ids are looked for beside the first column too.
    """
    header = _fit_header(top)
    if header.finding is not None:
        return FileDetection(findings=(header.finding,))
    metadata = find_metadata(header.names, top.rows, (0,))
    turn = find_orientation(top, header.names, metadata)
    if turn.orientation is None:
        text = f"it cannot be told which side holds the features: {turn.text}"
        return FileDetection(findings=(finding_of("source_format", text, file=top.file.label),))
    if turn.orientation == "features_by_samples":
        detected = _features_by_samples(top, header, metadata, id_rule)
    else:
        detected = _samples_by_features(top, header, metadata)
    notes = (*header.notes, *((turn.text,) if turn.text else ()), *detected.notes)
    return check_value_columns(detected.model_copy(update={"notes": notes}))


def check_value_columns(detected: Detected) -> FileDetection:
    """Find columns without name; without columns of values it is no matrix."""
    file = detected.file.label
    if not detected.value_columns:
        why = "" if len(detected.header) > 1 else "; cells are parted by commas or tabs"
        found = finding_of("source_format", f"no column holds numbers{why}", file=file)
        return FileDetection(findings=(found,))
    blank = [str(each.index + 1) for each in detected.value_columns if not each.name]
    if not blank:
        return FileDetection(detected=detected)
    text = f"columns have no name in the header: {list_names(blank)}"
    found = finding_of("matrix_header", text, file=file, line=detected.data_line - 1)
    return FileDetection(detected=detected, findings=(found,))


def describe_metadata(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return a note on the columns beside the values, where there are any."""
    if not columns:
        return ()
    names = list_names(each.name for each in columns)
    return (f"columns beside the values were not taken for samples or features: {names}",)


def to_columns(names: Sequence[str], places: Sequence[int]) -> tuple[Column, ...]:
    """Return the columns at some places under their names."""
    return tuple(Column(index=at, name=names[at]) for at in places)


def _fit_header(top: Top) -> _Header:
    """Fit the header to the rows; R writes it without a name above the row names."""
    widths = Counter(len(row) for row in top.rows)
    names, width = top.names, widths.most_common(1)[0][0]
    has_open_end = all(not row[-1] for row in top.rows)
    if widths == {len(names) + 1: len(top.rows)} and not has_open_end:
        note = "the header has one name less than the rows have cells: it begins above the second"
        return _Header(("", *names), (note,))
    if len(names) not in widths:
        text = f"the header has {len(names):,} columns and the rows below it have {width:,}"
        found = finding_of("matrix_header", text, file=top.file.label, line=top.first_line)
        return _Header(names, finding=found)
    if len(names) > 1 and is_ensembl([names[0]])[0] and not is_text_column(names[1:]):
        text = "the first line is a row of values: a header with the sample ids is missing"
        found = finding_of("matrix_header", text, file=top.file.label, line=top.first_line)
        return _Header(names, finding=found)
    return _Header(names)


def _features_by_samples(
    top: Top, header: _Header, metadata: Sequence[int], id_rule: IdRule
) -> Detected:
    columns = (0, *metadata)
    found = find_ensembl_column(top.rows, columns) if id_rule == "ensembl" else None
    at = found or 0
    beside = to_columns(header.names, [each for each in columns if each != at])
    note = (f"feature ids were taken from column '{header.names[at]}'",) if at else ()
    return _detected(
        top,
        header,
        id_columns=(at,),
        metadata_columns=beside,
        value_columns=_others(header.names, columns),
        notes=(*note, *describe_metadata(beside)),
    ).model_copy(update={"orientation": "features_by_samples"})


def _samples_by_features(top: Top, header: _Header, metadata: Sequence[int]) -> Detected:
    known = is_ensembl(header.names)
    beside = set(metadata)
    if known.any():
        # An age or a dose before the first gene is no gene, though it is a number.
        beside |= set(range(1, int(known.argmax())))
    ids = _find_sample_columns(top, sorted(set(metadata)))
    rest = to_columns(header.names, sorted(beside - set(ids)))
    joined = list_names(header.names[at] for at in ids)
    note = (f"sample ids are columns {joined} joined by '-'",) if len(ids) > 1 else ()
    return _detected(
        top,
        header,
        id_columns=ids,
        metadata_columns=rest,
        value_columns=_others(header.names, (0, *beside)),
        notes=(*note, *describe_metadata(rest)),
    ).model_copy(update={"orientation": "samples_by_features"})


def _find_sample_columns(top: Top, metadata: Sequence[int]) -> tuple[int, ...]:
    """Return the first column, or all leading texts where it does not tell the rows apart."""
    leading = [at for place, at in enumerate(metadata, start=1) if at == place]
    if not leading:
        return (0,)
    seen = Counter(row[0] for row in iterate_rows(top, cells=1))
    return (0,) if max(seen.values()) == 1 else (0, *leading)


def _others(names: Sequence[str], columns: Sequence[int]) -> tuple[Column, ...]:
    taken = set(columns)
    return to_columns(names, [at for at in range(len(names)) if at not in taken])


def _detected(
    top: Top,
    header: _Header,
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
