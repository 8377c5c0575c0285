"""Jobs for spark-submit: one YAML file each, the same workflows as the commands."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    },
    "load expression": {
        "assay": "--assay",
        "unit": "--unit",
        "format": "--format",
        "annotation": "--annotation",
        "release": "--release",
        "id_map": "--id-map",
        "feature_ids": "--feature-ids",
        "features": "--features",
        "on_duplicate": "--on-duplicate",
        "sample_pattern": "--sample-pattern",
        "policy": "--policy",
        "report": "--report",
    },
}
FILES = {"load clinical": "data", "load expression": "source"}
"""The key that names the raw files of a verb."""
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
    values = _read(arguments[1], known=known_keys(verb))
    words = [*verb.split(), values.get("name", "")]
    for key, option in (*COMMON.items(), *OPTIONS[verb].items()):
        if key in values:
            words += [option, values[key]]
    if missing := _listed(values.get("missing")):
        words += ["--missing", ",".join(missing)]
    for entity, files in (values.get("data") or {}).items():
        for file in _listed(files):
            words += ["--data", f"{entity}={file}"]
    for file in _listed(values.get("source")):
        words += ["--source", file]
    return [*words, *arguments[2:]]


def known_keys(verb: str) -> frozenset[str]:
    """Return what a job file of a verb may say."""
    return frozenset({*OPTIONS[verb], *COMMON, FILES[verb], "name", "missing"})


def _read(path: str, *, known: Collection[str]) -> dict[str, Any]:
    """Read a job file; keys without a value are left out."""
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise ConfigurationError(
            f"Cannot read the job file {path}.", why=f"{type(wrong).__name__}."
        ) from None
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"{path} must hold keys with values.")
    problems = [problem for key, value in found.items() for problem in _judge(key, value, known)]
    if problems:
        raise ConfigurationError("\n  ".join([f"The job file {path} is wrong:", *problems]))
    return {key: value for key, value in found.items() if value is not None}


def _judge(key: Any, value: Any, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with a key and its value."""
    if key not in known:
        yield f"{key}: unknown key (known are {', '.join(sorted(known))})"
    elif key == "data":
        yield from _judge_data(value)
    elif key in ("missing", "source"):
        yield from _judge_texts(key, _listed(value))
    elif value is not None:
        yield from _judge_texts(key, [value])


def _judge_data(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield "data: must hold entities, each with its files"
        return
    for entity, files in value.items():
        yield from _judge_texts(f"data.{entity}", [entity, *_listed(files)])


def _judge_texts(key: str, values: Sequence[Any]) -> Iterator[str]:
    """Refuse what is no text: YAML reads NO as false and 007 as 7."""
    if not all(isinstance(each, str) for each in values):
        yield f"{key}: must be text; put it into quotes"


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
