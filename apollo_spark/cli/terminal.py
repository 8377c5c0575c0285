"""The one place that writes to a terminal.

What people read is escaped here, whatever name, title or message it holds; JSON is escaped as JSON.
What a person asked for as data (rows, statements) is written as it is: a program reads it.
"""

import json
import sys
from typing import Any, TextIO

import click

from apollo_spark.export.printable import printable_json, printable_lines


def show(text: str) -> None:
    """Print text on stdout for people to read."""
    _write(printable_lines(text), sys.stdout)


def say(text: str) -> None:
    """Print text on stderr: everything that is not data."""
    _write(printable_lines(text), sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    _write(printable_json(json.dumps(value, ensure_ascii=False, default=str)), sys.stdout)


def put_data(text: str) -> None:
    """Print text on stdout exactly as it is: it is what was asked for."""
    click.echo(text)


def _write(text: str, stream: TextIO) -> None:
    """Write text and a line end; what the stream's encoding lacks becomes an escape."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)
