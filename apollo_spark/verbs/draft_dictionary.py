"""Propose the dictionary of files that have none, and write it with the command that loads it."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.export.messages import describe_findings
from apollo_spark.export.rows import require_free
from apollo_spark.ingest.drafting import name_entities, read_columns
from apollo_spark.ingest.plan import read_headers
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.base import Record
from apollo_spark.model.findings import refusing
from apollo_spark.model.guess import Guess
from apollo_spark.model.names import find_name_problem
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.outcome import refusal
from apollo_spark.sources.drafting.draft import Draft, draft_dictionary
from apollo_spark.sources.drafting.foreign.read import missing_in, read_foreign
from apollo_spark.sources.drafting.guesses import write_guesses
from apollo_spark.sources.inputs import resolve_data
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_options import Delimiter, Encoding, MissingMarkers

GUESSES = "guesses.csv"
POLICY = "policy.yaml"
UNJOINED = "rules:\n  entity_unreachable: warn\n"
"""The policy under which entities load that nothing joins to the main one."""


class DraftRequest(VerbRequest):
    """What a person asks for: the options of `apollo draft-dictionary`.

    Attributes:
        files: Data files, folders of them, or `ENTITY=FILE`.
        output: The folder of the draft.
        main: The main entity.
        keys: The columns that are keys, by entity.
        from_format: The format of another system that the files are dictionaries in.
    """

    verb = "draft-dictionary"

    files: tuple[str, ...]
    output: str
    from_format: Literal["redcap", "omop", "cbioportal"] | None = None
    main: str | None = None
    keys: tuple[tuple[str, str], ...] = ()
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = None
    missing: MissingMarkers = ("",)
    force: bool = False


class WrittenDraft(Record):
    """A draft that was written.

    Attributes:
        written: The files.
        main_entity: The entity that all others are about.
        entities: How many there are.
        fields: Fields of all of them.
        guesses: What the files do not say themselves.
        missing: Texts that mean missing, beside the empty cell.
        command: What loads the files by the draft.
    """

    written: tuple[str, ...]
    main_entity: str
    entities: int
    fields: int
    guesses: tuple[Guess, ...]
    missing: tuple[str, ...]
    command: str


def write_draft(asker: Asker, request: DraftRequest) -> WrittenDraft:
    """Write the draft of a dictionary: three files, the guesses, and the command that loads them.

    Raises:
        ApolloError: A file cannot be read, no column tells rows apart, or a file of the draft is
            there already.
    """
    target = Path(request.output)
    if request.from_format is not None:
        markers = missing_in(request.from_format)
        draft = read_foreign(request.from_format, request.files)
    else:
        markers, draft = _draft_of(request, asker.read_settings().block_bytes)
    texts = _texts(draft)
    missing = tuple(each for each in markers if each)
    with storage_access(f"Cannot make the folder {target}."):
        target.mkdir(parents=True, exist_ok=True)
    for name in texts:
        require_free(str(target / name), force=request.force)
    for name, text in texts.items():
        with storage_access(f"Cannot write {target / name}."):
            (target / name).write_text(text, encoding="utf-8", newline="")
    return WrittenDraft(
        written=tuple(str(target / name) for name in texts),
        main_entity=draft.dictionary.main_entity,
        entities=len(draft.dictionary.entities),
        fields=sum(len(each.fields) for each in draft.dictionary.entities),
        guesses=draft.guesses,
        missing=missing,
        command=_command(target, missing, texts, request, draft),
    )


def _draft_of(request: DraftRequest, block_bytes: int) -> tuple[tuple[str, ...], Draft]:
    """Read files, and return the texts that mean missing there and the dictionary.

    Raises:
        ApolloError: A file cannot be read, or no column tells rows apart.
    """
    data = resolve_data(_named(request))
    headers, found = read_headers(data, request.encoding, request.delimiter)
    if refusing(findings := (*data.findings, *found)):
        raise refusal(findings, f"The files cannot be read:\n{describe_findings(findings)}")
    read = read_columns(
        headers,
        encoding=request.encoding,
        missing=request.missing,
        block_bytes=block_bytes,
        keys=dict(request.keys),
    )
    return read.missing, draft_dictionary(read.files, request.main)


def _named(request: DraftRequest) -> tuple[tuple[str, str], ...]:
    """Return the files with their entities, of which the options name others.

    Raises:
        UsageError: An entity cannot be called so.
        NotFoundError: An option names an entity that no file is of.
    """
    pairs = name_entities(request.files)
    entities = tuple(dict.fromkeys(entity for entity, _ in pairs))
    for each in entities:
        if problem := find_name_problem(each):
            raise UsageError(
                f"{each!r} cannot be an entity: {problem}.", fix="Write ENTITY=FILE for the file."
            )
    named = (*dict(request.keys), *((request.main,) if request.main else ()))
    if unknown := [each for each in named if each not in entities]:
        hint = did_you_mean(unknown[0], entities)
        raise NotFoundError(f"No file is of an entity '{unknown[0]}'{hint}.")
    return pairs


def _texts(draft: Draft) -> dict[str, str]:
    """Return the texts of the files by their names."""
    found = {f"{kind}.csv": text for kind, text in write_dictionary(draft.dictionary).items()}
    found[GUESSES] = write_guesses(draft.guesses)
    if draft.dictionary.unjoined:
        found[POLICY] = UNJOINED
    return found


def _data(request: DraftRequest, draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield the data files by entity: those that were read, or what they will be called."""
    if request.from_format in (None, "cbioportal"):
        yield from name_entities(request.files)
    else:
        yield from ((each.name, f"{each.name}.csv") for each in draft.dictionary.entities)


def _command(
    target: Path,
    missing: Sequence[str],
    texts: Mapping[str, str],
    request: DraftRequest,
    draft: Draft,
) -> str:
    """Return the command that loads the files by the draft."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", target.resolve().name)
    words = ["apollo", "load", "clinical", name if name[:1].isalpha() else f"study_{name}"]
    options = {
        "dictionary": "data_dictionary.csv", "codings": "codings.csv",
        "entities": "entity_dictionary.csv", "policy": POLICY,
    }  # fmt: skip
    for option, file in options.items():
        if file in texts:
            words += [f"--{option}", str(target / file)]
    for entity, path in _data(request, draft):
        words += ["--data", f"{entity}={path}"]
    if request.encoding != "utf-8":
        words += ["--encoding", request.encoding]
    if request.delimiter is not None:
        words += ["--delimiter", request.delimiter]
    if missing:
        words += ["--missing", ",".join(missing)]
    return shlex.join(words)
