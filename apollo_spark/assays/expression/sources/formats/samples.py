"""Whose values a file holds: sample ids from names, patterns and manifests."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Literal

from apollo_spark.assays.expression.sources.files.columns import list_numbers
from apollo_spark.assays.expression.sources.files.detected import Column, Detected
from apollo_spark.assays.expression.sources.files.files import base_name
from apollo_spark.assays.expression.sources.files.quantifiers import (
    ALIGNMENT_ENDINGS,
    Layout,
    Strand,
    find_layout,
    layouts_of,
)
from apollo_spark.errors import UsageError
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import PLACES_LIMIT, finding_of, finding_of_lines, list_names

PLAIN_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".counts")


class NamedSampleFile(Record):
    """A file with the values of one sample.

    `header`, `data_start` and `data_line` are those of `Detected`; columns are 0-based places.
    """

    sample_id: str
    path: str
    label: str
    delimiter: str
    compression: Literal["none", "gzip"]
    header: tuple[str, ...]
    data_start: int
    data_line: int
    id_column: int
    value_column: int


class SampleFiles(Record):
    """The files of a source, one per sample, and what is wrong with them."""

    files: tuple[NamedSampleFile, ...]
    findings: tuple[Finding, ...] = ()


def compile_pattern(text: str | None) -> re.Pattern[str] | None:
    """Compile a `--sample-pattern`; its first group is the sample id, or the whole match is.

    Raises:
        UsageError: The text is not a regular expression.
    """
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise UsageError(
            "The sample pattern is not a regular expression.", why=f"{error}.".capitalize()
        ) from None


def name_samples(
    files: Sequence[Detected],
    unit: str,
    *,
    pattern: re.Pattern[str] | None = None,
    strand: Strand = "unstranded",
) -> SampleFiles:
    """Say for every output of a quantifier whose it is and which column holds the unit.

    Args:
        files: Outputs with one sample each.
        unit: The unit that is loaded.
        pattern: Searched in the file's label; without one the file or its folder names the sample.
        strand: For formats that count per strand.
    """
    named = [(each, _match(pattern, each.file.label) or "") for each in files]
    if pattern is None:
        named = [(each, name_from_path(each.file.label, each.format)) for each in files]
    found = build_sample_files(named, unit, strand)
    return SampleFiles(files=found.files, findings=(*found.findings, *_find_repeated(found.files)))


def build_sample_files(
    named: Iterable[tuple[Detected, str]], unit: str, strand: Strand = "unstranded"
) -> SampleFiles:
    """Join files with their sample ids, one each."""
    found: list[NamedSampleFile] = []
    findings: list[Finding] = []
    for detected, sample_id in named:
        place = find_value_column(detected, unit, strand)
        if isinstance(place, str):
            findings.append(finding_of("source_format", place, file=detected.file.label))
        elif not sample_id:
            text = "no sample id was found in the name of the file"
            findings.append(finding_of("manifest_file", text, file=detected.file.label))
        else:
            found.append(_sample_file(detected, sample_id, place))
    return SampleFiles(files=tuple(found), findings=tuple(findings))


def name_from_path(label: str, word: str) -> str:
    """Return the sample id that a path holds: the file's own name, or that of its folder.

    >>> name_from_path("quants/S1/quant.sf.gz", "salmon")
    'S1'
    >>> name_from_path("S2.genes.results", "rsem")
    'S2'
    """
    name = base_name(label)
    endings = [ending for each in layouts_of(word) for ending in each.endings] or [*PLAIN_ENDINGS]
    ending = next((each for each in (*endings, *PLAIN_ENDINGS) if name.endswith(each)), "")
    stem = PurePath(label).name[: len(name) - len(ending)].rstrip("._-")
    return stem or PurePath(label).parent.name


def name_from_alignment(column: str, pattern: re.Pattern[str] | None = None) -> str:
    """Return the sample id in a column of featureCounts, which is the path of an alignment.

    >>> name_from_alignment("bam/S1.sorted.bam")
    'S1.sorted'
    """
    if pattern is not None:
        return _match(pattern, column) or ""
    name = re.split(r"[/\\]", column)[-1]
    ending = next((each for each in ALIGNMENT_ENDINGS if name.lower().endswith(each)), "")
    return name[: len(name) - len(ending)]


def rename_alignments(detected: Detected, pattern: re.Pattern[str] | None = None) -> Detected:
    """Return an output of featureCounts with sample ids instead of paths."""
    columns = tuple(
        Column(index=each.index, name=name_from_alignment(each.name, pattern))
        for each in detected.value_columns
    )
    return detected.model_copy(update={"value_columns": columns})


def find_repeated_columns(detected: Detected) -> Iterator[Finding]:
    """Find the columns of a matrix that name a sample twice, as a column of any file may not."""
    times = Counter(each.name for each in detected.value_columns if each.name)
    twice = [each for each in detected.value_columns if times[each.name] > 1]
    if twice:
        text = f"columns name samples that occur again: {list_numbers(twice)}"
        line = detected.data_line - 1
        places = [Place(line=line, value=each.name) for each in twice]
        yield _repeated(text, detected.file.label, places, rule="header_repeated_column")


def find_repeated_rows(ids: Sequence[str], lines: Sequence[int], label: str) -> Iterator[Finding]:
    """Find the rows of a turned matrix whose sample is in a row before."""
    seen = {""}
    places = []
    for name, line in zip(ids, lines, strict=True):
        if name in seen and name:
            places.append(Place(line=line, value=name))
        seen.add(name)
    if places:
        yield _repeated("rows name samples that earlier rows name", label, places)


def find_nameless_rows(ids: Sequence[str], lines: Sequence[int], label: str) -> Iterator[Finding]:
    """Find the rows of samples without id."""
    nameless = [line for name, line in zip(ids, lines, strict=True) if not name.strip()]
    if nameless:
        yield finding_of_lines("key_missing", "a sample has no id", file=label, lines=nameless)


def find_samples_across(ids: Sequence[Sequence[str]], labels: Sequence[str]) -> Iterator[Finding]:
    """Find the samples of matrices that are in a matrix before."""
    seen: dict[str, str] = {}
    for own, label in zip(ids, labels, strict=True):
        twice: dict[str, list[Place]] = defaultdict(list)
        for name in dict.fromkeys(filter(None, own)):
            if seen.setdefault(name, label) != label:
                twice[seen[name]].append(Place(line=None, value=name))
        for first, places in twice.items():
            yield _repeated(f"samples are in {first} too", label, places)


def _repeated(
    text: str, label: str, places: Sequence[Place], rule: str = "sample_repeated"
) -> Finding:
    found = finding_of(rule, text, file=label, line=places[0].line)
    changes = {"count": len(places), "places": tuple(places[:PLACES_LIMIT])}
    return found.model_copy(update=changes)


def find_value_column(detected: Detected, unit: str, strand: Strand) -> int | str:
    """Return the place of the column of a unit, or say that there is none."""
    if detected.value_columns:
        if strand != "unstranded":
            return "the file holds one value for each feature, and none by strand"
        return detected.value_columns[0].index
    layout = _layout_of(detected)
    other = unit.removeprefix("other:").lower() if unit.startswith("other:") else None
    names = [each.lower() for each in detected.header]
    if other in names and strand == "unstranded":
        return names.index(other)
    for each in layout.units:
        if (each.unit, each.strand) == (unit, strand):
            return detected.header.index(each.column)
    units = list_names(dict.fromkeys(each.unit for each in layout.units))
    by_strand = "" if strand == "unstranded" else f" of strand '{strand}'"
    return f"{layout.title} has no column of unit '{unit}'{by_strand}; it has {units}"


def _layout_of(detected: Detected) -> Layout:
    layout = find_layout(detected.header) if detected.has_header else None
    return layout or layouts_of(detected.format)[0]


def _match(pattern: re.Pattern[str] | None, text: str) -> str | None:
    found = pattern.search(text.replace("\\", "/")) if pattern else None
    if found is None:
        return None
    groups = found.groups()
    return groups[0] if groups else found.group(0)


def _sample_file(detected: Detected, sample_id: str, place: int) -> NamedSampleFile:
    return NamedSampleFile(
        sample_id=sample_id,
        path=detected.file.path,
        label=detected.file.label,
        delimiter=detected.delimiter,
        compression=detected.compression,
        header=detected.header,
        data_start=detected.data_start,
        data_line=detected.data_line,
        id_column=detected.id_columns[0],
        value_column=place,
    )


def _find_repeated(files: Iterable[NamedSampleFile]) -> Iterator[Finding]:
    by_sample: dict[str, list[NamedSampleFile]] = defaultdict(list)
    for each in files:
        by_sample[each.sample_id].append(each)
    for sample_id, several in by_sample.items():
        if len(several) > 1:
            text = f"files are of one sample: {list_names(each.label for each in several)}"
            found = finding_of("sample_repeated", text, file=several[1].label)
            places = (Place(line=None, value=sample_id),)
            yield found.model_copy(update={"count": len(several), "places": places})
