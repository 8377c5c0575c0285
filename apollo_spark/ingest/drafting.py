"""Read files without a dictionary: their headers, and what is known of each column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.errors import UsageError
from apollo_spark.ingest.plan import ClinicalLoad, Drafted, read_headers, scan_data
from apollo_spark.ingest.spelled import look_at_spellings
from apollo_spark.model.findings import refusing
from apollo_spark.sources.delimited import Header
from apollo_spark.sources.drafting.draft import draft_dictionary
from apollo_spark.sources.drafting.facts import DraftFacts, DraftTask, run_draft
from apollo_spark.sources.drafting.keys import DraftedFile
from apollo_spark.sources.drafting.missing import run_markers
from apollo_spark.sources.drafting.names import entity_word
from apollo_spark.sources.inference.fields import make_names
from apollo_spark.sources.inputs import DATA_ENDINGS, DataFile, resolve_data
from apollo_spark.sources.regular_files import list_folder
from apollo_spark.workers.values.spec import Block

NO_KEYS: Mapping[str, str] = {}


def name_entities(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the entity of each file: as `ENTITY=FILE` says, else as the file is called.

    Of a folder each data file is an entity, but of `ENTITY=FOLDER` all files are one.

    Raises:
        UsageError: A folder holds no data file.
    """
    pairs: list[tuple[str, str]] = []
    unnamed: list[str] = []
    for each in given:
        entity, equals, path = each.partition("=")
        if equals and not Path(each).exists():
            pairs.append((entity, path))
        elif Path(each).is_dir():
            unnamed += _files_of(each)
        else:
            unnamed.append(each)
    words = {path: entity_word(Path(path).name) for path in unnamed}
    taken = tuple(entity for entity, _ in pairs)
    names = make_names(tuple(dict.fromkeys(words.values())), taken)
    return (*pairs, *((names[word], path) for path, word in words.items()))


def _files_of(folder: str) -> list[str]:
    found = [
        str(Path(folder) / each.name)
        for each in list_folder(Path(folder)).files
        if each.name.lower().removesuffix(".gz").endswith(DATA_ENDINGS)
    ]
    if not found:
        raise UsageError(f"The folder {folder} holds no data file.")
    return found


@dataclass(frozen=True)
class ColumnsRead:
    """What is known of the columns of files.

    Attributes:
        files: The entities, in the order that they were given.
        missing: The texts that mean missing.
    """

    files: tuple[DraftedFile, ...]
    missing: tuple[str, ...]


def read_columns(
    headers: Mapping[DataFile, Header],
    *,
    encoding: str,
    missing: tuple[str, ...],
    block_bytes: int,
    keys: Mapping[str, str] = NO_KEYS,
) -> ColumnsRead:
    """Read the rows of files, each once; a first look finds the texts that mean missing.

    Args:
        headers: The files, and what is above their rows.
        encoding: That of the files.
        missing: Texts that mean missing; more are looked for where it is the empty cell alone.
        block_bytes: Bytes that are read at once.
        keys: The key column of entities, where somebody says it.

    Raises:
        UsageError: There is no such column.
    """
    blocks = _blocks(headers, encoding, block_bytes)
    if missing == ("",):
        missing = ("", *_markers(blocks))
    columns: dict[str, tuple[str, ...]] = {}
    for file, header in headers.items():
        columns[file.entity] = (*columns.get(file.entity, ()), *header.names)
    files = tuple(
        _drafted(entity, dict.fromkeys(names), blocks[entity], missing, keys.get(entity))
        for entity, names in columns.items()
    )
    return ColumnsRead(files, missing)


def draft_of_load(request: ClinicalLoad, block_bytes: int) -> Drafted | None:
    """Propose the dictionary of a load that has none; None where its files cannot be read.

    Raises:
        DictionaryError: No column tells the rows of any file apart.
    """
    data = resolve_data(request.data)
    headers, found = read_headers(data, request.encoding, request.delimiter)
    if refusing((*data.findings, *found)):
        return None
    read = read_columns(
        headers, encoding=request.encoding, missing=request.missing, block_bytes=block_bytes
    )
    draft = draft_dictionary(read.files)
    return Drafted(draft.dictionary, read.missing, draft.guesses)


def _blocks(
    headers: Mapping[DataFile, Header], encoding: str, block_bytes: int
) -> dict[str, tuple[Block, ...]]:
    found: dict[str, tuple[Block, ...]] = {}
    for file, header in headers.items():
        _, blocks, _ = scan_data(file, header, encoding, block_bytes)
        found[file.entity] = (*found.get(file.entity, ()), *blocks)
    return found


def _markers(blocks: Mapping[str, tuple[Block, ...]]) -> tuple[str, ...]:
    """Return the texts that mean missing, as the first rows of each file show."""
    tasks = [_task(each, ("",)) for several in blocks.values() for each in several[:1]]
    found = LocalTaskRunner().run(run_markers, tasks)
    return tuple(sorted({one for columns in found for each in columns.values() for one in each}))


def _task(block: Block, missing: tuple[str, ...]) -> DraftTask:
    return DraftTask(block, tuple(dict.fromkeys(block.file.header)), missing)


def _facts(blocks: Sequence[Block], missing: tuple[str, ...]) -> dict[str, DraftFacts]:
    tasks = [_task(each, missing) for each in blocks]
    found: dict[str, DraftFacts] = {name: DraftFacts() for each in tasks for name in each.columns}
    for facts in LocalTaskRunner().run(run_draft, tasks):
        for name, each in facts.items():
            found[name] += each
    return found


def _drafted(
    entity: str,
    columns: Iterable[str],
    blocks: tuple[Block, ...],
    missing: tuple[str, ...],
    key: str | None,
) -> DraftedFile:
    facts = dict.fromkeys(columns, DraftFacts()) | _facts(blocks, missing)
    spelled = look_at_spellings(
        {name: each.column for name, each in facts.items()}, blocks, missing
    )
    facts |= {name: replace(facts[name], column=each) for name, each in spelled.items()}
    if key is not None and key not in facts:
        raise UsageError(f"--key names '{key}', and '{entity}' has no such column.")
    return DraftedFile(
        entity=entity,
        rows=max((each.rows for each in facts.values()), default=0),
        columns=facts,
        types={name: each.type for name, each in facts.items()},
        key=key,
    )
