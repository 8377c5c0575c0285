"""Find the files of an expression source: files as given, folders by what quantifiers write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from apollo_spark.assays.expression.sources.files.quantifiers import (
    FEATURE_COUNTS_ENDINGS,
    layouts_of,
)
from apollo_spark.assays.expression.sources.files.top import SourceFile
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.sources.regular_files import list_folder, why_unreadable

DATA_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
SHEETS = (".xlsx", ".xls", ".ods")


class SourceFiles(Record):
    """The raw files of a source in a stable order, and what was seen in finding them."""

    files: tuple[SourceFile, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Group:
    """Files of a folder that are one kind of output."""

    format: str
    ending: str
    paths: tuple[Path, ...]


def find_files(given: Iterable[str], stated: str) -> SourceFiles:
    """Find the files behind files and folders.

    In a folder and those below it, files with the names of the stated quantifier count, or of
    any under `auto`; where there are none, the csv, tsv, tab and txt files of the folder itself.

    Args:
        given: Paths as people gave them.
        stated: A word of `--format`.
    """
    found = [_find(each, stated) for each in given]
    files = {file.path: file for one in found for file in one.files}
    return SourceFiles(
        files=tuple(files.values()),
        findings=tuple(finding for one in found for finding in one.findings),
        notes=tuple(note for one in found for note in one.notes),
    )


def base_name(path: str) -> str:
    """Return the file name in lower case and without `.gz`."""
    return Path(path).name.lower().removesuffix(".gz")


def _find(given: str, stated: str) -> SourceFiles:
    path = Path(given)
    if path.is_dir():
        listing = list_folder(path, deep=True)
        odd = tuple(finding_of("file_missing", why, file=str(each)) for each, why in listing.odd)
        found = _find_in_folder(path, stated, sorted(listing.files))
        if odd and not found.files:
            # There may be files behind what cannot be read.
            return SourceFiles(files=(), findings=odd)
        return found.model_copy(update={"findings": (*odd, *found.findings)})
    why = why_unreadable(path)
    if why is not None:
        return SourceFiles(files=(), findings=(finding_of("file_missing", why, file=given),))
    return SourceFiles(files=(SourceFile(label=given, path=str(path.resolve())),))


def _find_in_folder(folder: Path, stated: str, paths: Sequence[Path]) -> SourceFiles:
    groups = list(_group(paths, stated))
    words = sorted({each.format for each in groups})
    if stated == "auto" and len(words) > 1:
        text = f"the folder holds outputs of {list_names(words)}: state one with --format"
        return _refuse_folder(folder, "source_format", text)
    if not groups:
        others = sorted({each.format for each in _group(paths, "auto")})
        if not others or not layouts_of(stated):
            return _plain_files(folder, paths)
        text = f"the folder holds outputs of {list_names(others)} and none of '{stated}'"
        return _refuse_folder(folder, "source_format", text)
    chosen = groups[0]
    notes = tuple(
        f"{folder}: {len(each.paths):,} files named *{each.ending} were left out; "
        f"the folder also holds *{chosen.ending}, which comes first"
        for each in groups[1:]
    )
    grouped = {path for each in groups for path in each.paths}
    rest = [
        path
        for path in paths
        if path not in grouped and base_name(path.name).endswith((*DATA_ENDINGS, *SHEETS))
    ]
    notes += _describe_others(folder, chosen.paths, rest)
    return SourceFiles(files=_to_files(chosen.paths), notes=notes)


def _group(paths: Iterable[Path], stated: str) -> Iterator[_Group]:
    """Yield files by the endings of the layouts, each file under one ending."""
    left = {path: base_name(path.name) for path in paths}
    endings = [(each.format, ending) for each in layouts_of(stated) for ending in each.endings]
    if stated in ("auto", "featurecounts"):
        endings += [("featurecounts", ending) for ending in FEATURE_COUNTS_ENDINGS]
    for word, ending in endings:
        named = tuple(path for path, name in left.items() if name.endswith(ending))
        if named:
            yield _Group(word, ending, named)
        for path in named:
            del left[path]


def _plain_files(folder: Path, paths: Sequence[Path]) -> SourceFiles:
    plain = [
        each
        for each in paths
        if each.parent == folder and base_name(each.name).endswith(DATA_ENDINGS)
    ]
    if plain:
        others = [each for each in paths if each not in plain]
        notes = _describe_others(folder, plain, others)
        return SourceFiles(files=_to_files(plain), notes=notes)
    return _refuse_folder(folder, "file_missing", "the folder holds no data file")


def _describe_others(
    folder: Path, taken: Sequence[Path], others: Sequence[Path]
) -> tuple[str, ...]:
    """Say which files of a folder were taken, where there are others."""
    names = [str(each.relative_to(folder)) for each in others if each.name[0] != "."]
    if not names:
        return ()
    return (
        (
            f"{folder}: {len(taken):,} of its files were taken; others were left alone: "
            f"{list_names(names)} (name the files one by one to have others read)"
        ),
    )


def _refuse_folder(folder: Path, rule: str, text: str) -> SourceFiles:
    return SourceFiles(files=(), findings=(finding_of(rule, text, file=str(folder)),))


def _to_files(paths: Iterable[Path]) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(label=str(each), path=str(each.resolve())) for each in paths)
