"""Jobs for spark-submit: one YAML file each, the same workflows as the commands."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from apollo_spark.cli.main import run
from apollo_spark.errors import ConfigurationError

OPTIONS: dict[str, dict[str, str]] = {
    "load clinical": {
        "dictionary": "--dictionary",
        "codings": "--codings",
        "entities": "--entities",
        "schema": "--schema",
        "encoding": "--encoding",
        "policy": "--policy",
        "report": "--report",
    }
}
COMMON = {"lake": "--lake", "settings": "--conf"}


def run_job(verb: str, arguments: Sequence[str]) -> int:
    """Run a verb with the options of a configuration file; return the exit code.

    Prints one line per step on stderr and `name@version` last on stdout, as the command does.
    """
    try:
        words = _words(verb, arguments)
    except ConfigurationError as wrong:
        click.echo(f"error: {wrong}", err=True)
        return wrong.exit_code
    return run(words)


def _words(verb: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line that a job stands for."""
    if "--help" in arguments:
        return [*verb.split(), "--help"]
    if len(arguments) < 2 or arguments[0] != "--config":
        raise ConfigurationError("A job needs --config FILE.", fix="See conf/ for examples.")
    values = _read(Path(arguments[1]))
    options = OPTIONS[verb]
    known = {*options, *COMMON, "name", "data", "missing"}
    if unknown := sorted(set(values) - known):
        raise ConfigurationError(
            f"{arguments[1]} has unknown keys: {', '.join(unknown)}.",
            fix=f"Known are {', '.join(sorted(known))}.",
        )
    words = [*verb.split(), str(values.get("name", ""))]
    for key, option in (*COMMON.items(), *options.items()):
        if key in values:
            words += [option, str(values[key])]
    if "missing" in values:
        words += ["--missing", ",".join(map(str, _list(values["missing"])))]
    for entity, files in dict(values.get("data") or {}).items():
        for file in _list(files):
            words += ["--data", f"{entity}={file}"]
    return [*words, *arguments[2:]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise ConfigurationError(
            f"Cannot read the job file {path}.", why=f"{type(wrong).__name__}."
        ) from None
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"{path} must hold keys with values.")
    return found
