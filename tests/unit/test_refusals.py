"""What single functions refuse, and what they say, where no command or load comes past it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.assays.expression.sources.formats.samples import compile_pattern
from apollo_spark.cli.job import run_job
from apollo_spark.demo.data import write_demo
from apollo_spark.errors import ApolloError, broken_file
from apollo_spark.export.rows import RowFormat, require_free, write_rows
from apollo_spark.query.dialects import SparkDialect
from apollo_spark.query.sql import name as identifier
from apollo_spark.query.sql import pin_named
from apollo_spark.sources.plain_yaml import LARGEST_FILE, PlainYamlError, read_plain_yaml
from apollo_spark.workers.files.checksums import check_chunks
from apollo_spark.workers.files.small_table import write_small_table
from apollo_spark.workers.values.hashing import ContentHash

ROWS = pa.table({"a": [1, 2]})


def too_long_yaml(folder: Path) -> object:
    path = folder / "long.yaml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    return read_plain_yaml(path)


def parquet_to_standard_output(_: Path) -> object:
    return write_rows(ROWS.to_reader(), "-", RowFormat.PARQUET)


def into_no_folder(folder: Path) -> object:
    return require_free(str(folder / "none" / "rows.csv"), force=False)


def changed_file(folder: Path, place: int) -> object:
    path = folder / write_small_table(folder, ROWS).path
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    return check_chunks(str(path))


CALLS: dict[str, tuple[Callable[[Path], Any], type[Exception], str]] = {
    "a study of nobody": (
        lambda folder: write_demo(folder, patients=0),
        ApolloError, "A demonstration study has release 1 or 2 and at least one patient.",
    ),
    "a hash of other letters": (
        lambda _: ContentHash.from_hex("zz"), ValueError, "not the stored form of a content hash",
    ),
    "a sample pattern": (
        lambda _: compile_pattern("("), ApolloError,
        "The sample pattern is not a regular expression.",
    ),
    "a table that is not pinned": (
        lambda _: pin_named({}, "patient"), ApolloError, "No table 'patient' is pinned here.",
    ),
    "a name that Spark would fill in": (
        lambda _: identifier("a${b").sql(dialect=SparkDialect),
        ApolloError, "Spark cannot read a table or path whose name",
    ),
    "a setting file without end": (
        too_long_yaml, PlainYamlError, "the file is larger than",
    ),
    "a format that standard output does not take": (
        parquet_to_standard_output, ApolloError, "Parquet is not written to standard output.",
    ),
    "a file in no folder": (
        into_no_folder, ApolloError, "is a folder, or lies in no folder that exists.",
    ),
    "a byte of the rows": (
        lambda folder: changed_file(folder, 6), Exception, "its checksums differ",
    ),
    "a byte of the footer": (
        lambda folder: changed_file(folder, -9), Exception, "its footer is not as it was written",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_is_refused_is_said(name: str, tmp_path: Path) -> None:
    call, kind, text = CALLS[name]

    with pytest.raises(kind) as refused:
        call(tmp_path)

    assert text in str(refused.value)


def test_a_broken_file_is_said_with_what_to_do() -> None:
    assert str(broken_file("x.parquet", "it is missing")) == (
        "The file x.parquet is not as it was published: it is missing. Bring it back from a copy "
        "of the lake; apollo verify says what else is damaged."
    )


def test_a_job_without_its_file_is_told_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_job("load clinical", []) == 2

    assert "A job needs --config FILE. See conf/ for examples." in capsys.readouterr().err
