"""Options on the columns of expression files, of loads and extensions alike."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def column_options(command: Command) -> Command:
    """Add --sample-columns, --no-header and --samples."""
    options = (
        click.option(
            "--sample-columns",
            metavar="RE|F",
            help="Which columns of a matrix are samples: an expression searched in the header, or "
            "a file of their names, one a line.",
        ),
        click.option(
            "--no-header",
            is_flag=True,
            help="The files have no header; --samples or a manifest names the samples.",
        ),
        click.option(
            "--samples",
            metavar="LIST",
            help="Names of the samples, parted by commas, in the order of columns or files.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_column_options(options: dict[str, Any]) -> None:
    """Turn the list of samples into names."""
    given = options["samples"]
    options["samples"] = () if given is None else tuple(each.strip() for each in given.split(","))
