"""Which raw files belong to which entity, as given on a command line or in a job file."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from apollo_spark.errors import UsageError
from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.model.rules import Severity
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.sources.regular_files import list_folder, why_unreadable
from apollo_spark.sources.suggest import did_you_mean

DATA_ENDINGS = (".csv", ".tsv", ".tab", ".txt")
LOOKED_AT = 1 << 20


class DataFile(Record):
    """One raw file of one entity; `label` is the name that people gave and that is shown."""

    entity: str
    label: str
    path: str


class DataFiles(Record):
    """All raw files of a load, and what was wrong with naming them."""

    files: tuple[DataFile, ...]
    findings: tuple[Finding, ...]

    def of(self, entity: str) -> tuple[DataFile, ...]:
        """Return the files of one entity, in a stable order."""
        return tuple(each for each in self.files if each.entity == entity)


def parse_data_option(text: str) -> tuple[str, str]:
    """Split `ENTITY=FILE`.

    Raises:
        UsageError: There is no '='.
    """
    entity, equals, path = text.partition("=")
    if not (equals and entity and path):
        raise UsageError(
            f"{text!r} does not say which file belongs to which entity.",
            fix="Write --data ENTITY=FILE or --data ENTITY=FOLDER.",
        )
    return entity, path


def resolve_data(pairs: Iterable[tuple[str, str]]) -> DataFiles:
    """Find the files behind (entity, file or folder) pairs, folders in the order of names."""
    files: list[DataFile] = []
    findings: list[Finding] = []
    for entity, given in pairs:
        path = Path(given)
        found, odd = _files_in(path) if path.is_dir() else _file_at(path)
        findings.extend(_missing(entity, str(where), why) for where, why in odd)
        if not found and not odd:
            findings.append(_missing(entity, given, "the folder holds no data file"))
        if path.is_dir() and found:
            findings.extend(_left_alone(entity, path, found))
        for each in found:
            label = str(Path(given) / each.name) if path.is_dir() else given
            files.append(DataFile(entity=entity, label=label, path=str(each.resolve())))
    return DataFiles(files=_each_once(files), findings=tuple(findings))


def check_entities(data: DataFiles, entities: tuple[str, ...]) -> tuple[Finding, ...]:
    """Compare the entities that have files with those of the dictionary, both ways."""
    given = {each.entity: each for each in data.files}
    named = {finding.entity for finding in data.findings}
    found = [
        _finding(entity, None, f"entity '{entity}' of the dictionary has no data file")
        for entity in entities
        if entity not in given and entity not in named
    ]
    for entity, file in given.items():
        if entity not in entities:
            hint = did_you_mean(entity, entities)
            text = f"entity '{entity}' is not in the dictionary{hint}"
            found.append(_finding(entity, file.label, text))
    return tuple(found)


def _finding(entity: str, file: str | None, message: str) -> Finding:
    return Finding(
        rule="file_of_entity", severity=Severity.REFUSE, message=message, file=file, entity=entity
    )


def _missing(entity: str, given: str, message: str) -> Finding:
    return Finding(
        rule="file_missing", severity=Severity.REFUSE, message=message, file=given, entity=entity
    )


def _file_at(path: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    why = why_unreadable(path)
    return ([path], []) if why is None else ([], [(path, why)])


def _files_in(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the data files of a folder, and what in it cannot be read, with why."""
    found = list_folder(folder)
    files = [
        each for each in found.files if each.name.removesuffix(".gz").lower().endswith(DATA_ENDINGS)
    ]
    return files, list(found.odd)


def _left_alone(entity: str, folder: Path, taken: list[Path]) -> Iterator[Finding]:
    """Yield what of a folder is not read; names with a dot before them are of programs."""
    others = [
        each.name + "/" * each.is_dir()
        for each in sorted(folder.iterdir())
        if each not in taken and each.name[0] != "." and why_unreadable(each) is None
    ]
    if others:
        text = (
            f"{len(taken):,} files of the folder are read, and others were left alone: "
            f"{list_names(others)}; --data names what else is to be read"
        )
        found = finding_of("file_left_alone", text, file=str(folder), entity=entity)
        yield found.model_copy(update={"count": len(others)})


def find_copies(files: Iterable[DataFile]) -> Iterator[Finding]:
    """Find files of one entity that have the same content: their rows would be stored twice.

    Only files of one size are read, and one without a row below its header is not a copy.
    """
    sizes: dict[tuple[str, int], list[DataFile]] = defaultdict(list)
    for each in files:
        sizes[each.entity, Path(each.path).stat().st_size].append(each)
    for (entity, _), alike in sizes.items():
        by_content: dict[str, list[str]] = defaultdict(list)
        for each in alike if len(alike) > 1 else ():
            if has_rows(each.path):
                by_content[digest_of(each.path)].append(each.label)
        for labels in by_content.values():
            if len(labels) > 1:
                text = f"the file has the same content as {list_names(labels[:-1])}: leave one out"
                yield finding_of("file_copied", text, file=labels[-1], entity=entity)


def has_rows(path: str) -> bool:
    """Say whether a file has more than one line; one that is compressed counts as such."""
    with Path(path).open("rb") as stream:
        first = stream.readline(LOOKED_AT)
        return first.startswith(b"\x1f\x8b") or bool(stream.read(LOOKED_AT).strip())


def digest_of(path: str) -> str:
    """Return the SHA-256 of the bytes of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while piece := stream.read(LOOKED_AT):
            digest.update(piece)
    return digest.hexdigest()


def _each_once(files: list[DataFile]) -> tuple[DataFile, ...]:
    """Drop a file that was given twice for one entity: its rows must not be read twice."""
    return tuple({(each.entity, each.path): each for each in files}.values())
