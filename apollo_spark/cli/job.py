"""Jobs for spark-submit: one YAML file each, the same workflows as the commands.

What a job file may say is read from the command of the same name: an option `--link-file` is the
key `link_file`, an argument goes by its own name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from apollo_spark.cli.main import apollo, run
from apollo_spark.cli.terminal import say
from apollo_spark.errors import ConfigurationError
from apollo_spark.sources.plain_yaml import PlainYamlError, read_plain_yaml

VERBS = (
    "load clinical", "load expression", "extend", "merge clinical", "merge assay", "view",
    "cohort create", "cohort combine", "dashboard create",
    "cohort count", "cohort ids", "cohort attrition", "cohort compare", "cohort explain",
    "profile", "rebase", "grow", "compact", "verify", "gc", "retire", "withdraw", "guard",
    "extract fields", "extract expression",
)  # fmt: skip
"""The commands that have a job."""
OF_THE_COMMAND_LINE = frozenset({"json", "verbose", "help"})
"""Options that say how an answer is printed, and are typed behind the file."""
RENAMED = {"conf": "settings"}
BY_ENTITY = frozenset({"data", "delete"})
"""Keys that hold files by entity."""
NUMBERS = frozenset({"float", "float range", "integer"})
"""Types of options whose values may be numbers, and need no quotes."""
LISTS = frozenset(
    {"missing", "fields", "entities", "assays", "only", "samples", "codings_of", "wide"}
)
"""Options that take several texts separated by commas; a job file may write them as a list."""


def run_job(verb: str, arguments: Sequence[str]) -> int:
    """Run a verb with the options of a configuration file; return the exit code.

    Prints one line per step on stderr and `name@version` last on stdout, as the command does.
    """
    try:
        words = _words(verb, arguments)
    except ConfigurationError as wrong:
        say(f"error: {wrong}")
        return wrong.exit_code
    return run(words)


def _words(verb: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line that a job stands for."""
    if "--help" in arguments:
        return [*verb.split(), "--help"]
    if len(arguments) < 2 or arguments[0] != "--config":
        raise ConfigurationError("A job needs --config FILE.", fix="See conf/ for examples.")
    keys = _keys(verb)
    values = _read(arguments[1], keys)
    words = verb.split()
    for key, parameter in keys.items():
        if key in values:
            words += _spell(key, parameter, values[key])
        elif isinstance(parameter, click.Argument) and parameter.required:
            # The command says what is missing, and stays where its words are.
            words.append("")
    return [*words, *arguments[2:]]


def _spell(key: str, parameter: click.Parameter, value: Any) -> list[str]:
    """Return the words of the command line that say one key of a file."""
    if isinstance(parameter, click.Argument):
        return [str(each) for each in _listed(value)]
    option = max(parameter.opts, key=len)
    if value is True or value is False:
        return [option] if value else []
    if key in BY_ENTITY:
        pairs = [(entity, file) for entity, files in value.items() for file in _listed(files)]
        return [word for entity, file in pairs for word in (option, f"{entity}={file}")]
    if key in LISTS:
        return [option, ",".join(_listed(value))] if _listed(value) else []
    return [word for each in _listed(value) for word in (option, str(each))]


def known_keys(verb: str) -> frozenset[str]:
    """Return what a job file of a verb may say."""
    return frozenset(_keys(verb))


def _keys(verb: str) -> dict[str, click.Parameter]:
    """Return the arguments and options of a verb by key, arguments first."""
    command: click.Command = apollo
    for word in verb.split():
        assert isinstance(command, click.Group), "a verb of two words is in a group"
        found = command.get_command(click.Context(command), word)
        assert found is not None, "a job is named after a verb"
        command = found
    names = {_name(each): each for each in command.params}
    ordered = sorted(names, key=lambda name: not isinstance(names[name], click.Argument))
    return {name: names[name] for name in ordered if name not in OF_THE_COMMAND_LINE}


def _name(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Argument):
        return str(parameter.name)
    name = max(parameter.opts, key=len).removeprefix("--").replace("-", "_")
    return RENAMED.get(name, name)


def _read(path: str, keys: Mapping[str, click.Parameter]) -> dict[str, Any]:
    """Read a job file; keys without a value are left out."""
    try:
        found = read_plain_yaml(Path(path))
    except OSError as wrong:
        raise ConfigurationError(
            f"Cannot read the job file {path}.", why=f"{wrong.strerror}."
        ) from None
    except PlainYamlError as wrong:
        raise ConfigurationError(f"Cannot read the job file {path}: {wrong}.") from None
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"{path} must hold keys with values.")
    problems = [problem for key, value in found.items() for problem in _judge(key, value, keys)]
    if problems:
        raise ConfigurationError("\n  ".join([f"The job file {path} is wrong:", *problems]))
    return {key: value for key, value in found.items() if value is not None}


def _judge(key: Any, value: Any, keys: Mapping[str, click.Parameter]) -> Iterator[str]:
    """Yield what is wrong with a key and its value."""
    if key not in keys:
        yield f"{key}: unknown key (known are {_named(keys)})"
    elif value is None:
        return
    elif isinstance(keys[key], click.Option) and keys[key].is_flag:  # type: ignore[attr-defined]
        if not isinstance(value, bool):
            yield f"{key}: must be true or false"
    elif key in BY_ENTITY:
        yield from _judge_data(key, value)
    elif keys[key].type.name in NUMBERS and _is_number(value):
        return
    elif key in LISTS or keys[key].multiple or keys[key].nargs != 1:
        yield from _judge_texts(key, _listed(value))
    else:
        yield from _judge_texts(key, [value])


def _named(keys: Collection[str]) -> str:
    return ", ".join(sorted(keys))


def _judge_data(key: str, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{key}: must hold entities, each with its files"
        return
    for entity, files in value.items():
        yield from _judge_texts(f"{key}.{entity}", [entity, *_listed(files)])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _judge_texts(key: str, values: Sequence[Any]) -> Iterator[str]:
    """Refuse what is not text: YAML reads NO as false and 007 as 7."""
    if not all(isinstance(each, str) for each in values):
        yield f"{key}: must be text; put it into quotes"


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
