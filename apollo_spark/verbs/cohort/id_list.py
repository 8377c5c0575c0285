"""A file of ids, one a line, and which of them are people of a dataset."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.errors import InputFileError, NotFoundError
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.base import sha256_text
from apollo_spark.model.cohort import IDS
from apollo_spark.model.record import InputFile
from apollo_spark.query.cohorts.members import KEY, main_key
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded, say_unreadable
from apollo_spark.workers.values.convert import convert
from apollo_spark.workers.values.hashing import hash_table


@dataclass(frozen=True)
class IdList:
    """Ids as values of the key, each once and in order; all of them are of people shown.

    Attributes:
        table: One column, `key`.
        input: The file.
        repeated: Lines with an id that occurred before.
    """

    table: pa.Table
    input: InputFile
    repeated: int

    @property
    def digest(self) -> str:
        """The same for the same ids, in whatever order they were."""
        return sha256_text(hash_table(self.table).hex())


def read_id_list(
    path: str, opened: OpenDataset, engine: Engine, *, is_guarded: bool = False
) -> IdList:
    """Read a file of ids of people of a dataset, all of them or none.

    Args:
        path: The file.
        opened: The dataset.
        engine: Who answers.
        is_guarded: Whether it is not said how many ids are of nobody.

    Raises:
        InputFileError: The file cannot be read, or holds no id.
        NotFoundError: Some ids are of nobody who is shown; they are counted and not named.
    """
    field, type_ = main_key(opened.scope)
    texts, source = _read_lines(path)
    if not texts:
        raise InputFileError(f"The list of ids {path} is empty.", fix="Write one id a line.")
    given = pa.array(texts, pa.string())
    found = convert(given, type_.value, ())
    main = opened.dictionary.main_entity
    known = engine.run(opened.scope.values(main, field), opened.pins).read_all().column(0)
    keys = found.values.drop_null().unique()
    lost = len(keys.filter(pc.invert(pc.is_in(keys, value_set=known.combine_chunks()))))
    lost += len(given.filter(pa.array(found.bad)).unique())
    if lost:
        count = "Some" if is_guarded else f"{lost:,} of {len(given.unique()):,}"
        raise NotFoundError(
            f"{count} ids are of nobody in {opened.record}.",
            why="Nothing was published.",
            fix="Leave these out, or correct them.",
        )
    ordered = keys.take(pc.sort_indices(keys))
    return IdList(pa.table({KEY: ordered}), source, len(texts) - len(ordered))


def _read_lines(path: str) -> tuple[list[str], InputFile]:
    try:
        raw = read_bounded(Path(path))
        text = raw.decode("utf-8-sig")
    except UNREADABLE as error:
        raise InputFileError(
            f"The list of ids {path} cannot be read as text.", why=say_unreadable(error)
        ) from None
    source = InputFile(role=IDS, name=path, size=len(raw), sha256=hashlib.sha256(raw).hexdigest())
    lines = (each.removesuffix("\r") for each in text.split("\n"))
    return [each for each in lines if each], source
