"""Commands, jobs and Python have every option of a request, under the same name."""

import ast
import inspect
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeGuard

import click
import pytest

import apollo_spark
from apollo_spark.api.lake import ApolloLake
from apollo_spark.api.sources import ExpressionSource, SampleFields
from apollo_spark.cli.job import VERBS as JOBS
from apollo_spark.cli.job import known_keys
from apollo_spark.cli.main import apollo
from apollo_spark.model.request import ActionRequest
from apollo_spark.verbs.grow.config import READERS
from apollo_spark.verbs.grow.keys import keys_of
from apollo_spark.verbs.table import all_questions, all_verbs, operation_of, request_type

PACKAGE = Path(apollo_spark.__file__).parent
METHODS = {
    "load clinical": "load_clinical", "load expression": "load_expression", "extend": "extend",
    "extend assay": "extend_assay", "merge clinical": "merge_clinical",
    "merge assay": "merge_assay", "view": "view", "rebase": "rebase", "compact": "compact",
    "withdraw": "withdraw", "retire": "retire", "gc": "gc", "extract sealed": "seal",
    "cohort create": "create_cohort", "cohort combine": "combine_cohorts",
    "dashboard create": "create_dashboard", "guard": "guard", "grow": "grow",
}  # fmt: skip
ASKING = {each: each for each in ("list", "history", "diff", "lineage", "trace", "verify")}
OF_DATASETS = {
    "show", "fields", "doctor", "extract fields", "extract dictionary", "extract sql",
    "extract expression", "cohort count", "cohort ids", "cohort show", "cohort attrition",
    "cohort compare", "cohort explain", "cohort test", "dashboard show", "dashboard data",
    "dashboard export", "profile", "draft-dictionary",
}  # fmt: skip
"""Questions that Python asks of a `Dataset`, `Cohort` or `Assay`, in own forms, or not at all."""
LIMITS = ("time_limit", "memory_limit", "threads")
OF_THE_COMMAND = {"lake", "conf", "json", "verbose", "wait", "help", *LIMITS}
"""Options of every command."""
COMMANDS = {"extend assay": "extend"}
"""Verbs that share a command with another."""
SPELLED = {
    "sources": "source",
    "schema_tag": "schema",
    "as_name": "as",
    "from_name": "from",
    "field_map": "map",
    "schema_name": "schema",
    "keys": "key",
    "from_format": "from",
}
"""Fields of requests that options call otherwise."""
IN_PYTHON = {
    "load expression": {"sources": "files"},
    "load clinical": {"schema_tag": "schema"},
    "cohort create": {"from_name": "source"},
    "dashboard create": {"from_name": "source"},
    "extend assay": {"sources": "files"},
    "merge clinical": {"as_name": "name"},
    # Without fields of samples: an empty list of them.
    "merge assay": {"as_name": "name", "name": "assay_name", "no_sample_fields": "sample_fields"},
    "gc": {"grace": "grace_hours"},
    "extract sealed": {"output": "folder"},
}
NO_REPORT = {"view", "cohort create", "cohort combine", "dashboard create"}
"""Verbs that judge no values."""
OTHERWISE_IN_PYTHON = {
    # A method of its own each: `plan_rebase` tells in full, `undo_rebase` takes a version back;
    # `rebase` applies where nothing else is said.
    "rebase": {"apply", "full", "undo"},
    # The value is not part of the answer.
    "trace": {"value"},
}
ADDING = {"load clinical", "load expression", "extend", "merge clinical", "merge assay"}
"""Verbs whose steps in a growth have the options of their request."""
NO_JOB = {"extract sealed"}
"""Verbs that are not run by spark-submit."""


def request_of(verb: str) -> type[ActionRequest]:
    """Return what a verb is asked for."""
    for base in operation_of(verb).__orig_bases__:
        for each in typing.get_args(base):
            if inspect.isclass(each) and issubclass(each, ActionRequest):
                assert each.verb == verb
                assert request_type(verb) is each
                return each
    raise AssertionError(f"{verb} has no request")


def options_of(command: str) -> set[str]:
    found: click.Command = apollo
    for word in command.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None
        found = inner
    names = (max(each.opts, key=len) for each in found.params)
    return {each.removeprefix("--").replace("-", "_") for each in names}


def spelled(verb: str, fields: Iterable[str]) -> set[str]:
    """Return what the options are called that set some fields."""
    known = options_of(COMMANDS.get(verb, verb))
    return {each if each in known else SPELLED.get(each, each) for each in fields}


def fields_of(verb: str) -> set[str]:
    return set(request_of(verb).model_fields) - ({"report"} if verb in NO_REPORT else set())


@pytest.mark.parametrize("verb", all_verbs())
def test_the_command_and_its_job_have_every_option(verb: str) -> None:
    command = COMMANDS.get(verb, verb)
    wanted = spelled(verb, fields_of(verb))

    assert wanted - options_of(command) == set()
    assert wanted - known_keys(command) == set()


@pytest.mark.parametrize("verb", all_verbs())
def test_every_verb_has_a_dry_run_everywhere(verb: str) -> None:
    command = COMMANDS.get(verb, verb)

    assert "dry_run" in request_of(verb).model_fields
    assert "dry_run" in options_of(command) & known_keys(command)
    assert "dry_run" in parameters_of(getattr(ApolloLake, METHODS[verb]))


@pytest.mark.parametrize("verb", [each for each in all_verbs() if each not in NO_JOB])
def test_every_verb_is_a_job(verb: str) -> None:
    assert COMMANDS.get(verb, verb) in JOBS


def parameters_of(method: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a method, those of the values that it takes included."""
    found = dict(inspect.signature(method).parameters)
    for name, kind in (("source", ExpressionSource), ("sample_fields", SampleFields)):
        if name in found and kind.__name__ in str(found[name].annotation):
            found |= inspect.signature(kind).parameters
    return found


@pytest.mark.parametrize("verb", all_verbs())
def test_the_method_has_every_option_and_its_default(verb: str) -> None:
    request = request_of(verb)
    names = {"rows": "rows", **IN_PYTHON.get(verb, {})}
    taken = parameters_of(getattr(ApolloLake, METHODS[verb]))
    fields = fields_of(verb) - OTHERWISE_IN_PYTHON.get(verb, set())

    assert {names.get(each, each) for each in fields} - set(taken) == set()
    for name, field in ((each, request.model_fields[each]) for each in sorted(fields)):
        parameter = taken.get(names.get(name, name))
        if parameter is not None and not field.is_required():
            default = parameter.default
            if default is parameter.empty:
                # Of a value that need not be given at all.
                continue
            assert (default or None) == (field.default or None) or name == "missing"


@pytest.mark.parametrize("verb", all_questions())
def test_the_command_that_asks_has_every_option(verb: str) -> None:
    request = request_type(verb)

    assert request.verb == verb
    assert spelled(verb, request.model_fields) - options_of(verb) == set()


@pytest.mark.parametrize("verb", sorted(ASKING))
def test_the_method_that_asks_has_every_option_and_its_default(verb: str) -> None:
    fields = request_type(verb).model_fields
    taken = parameters_of(getattr(ApolloLake, ASKING[verb]))

    assert fields.keys() - OTHERWISE_IN_PYTHON.get(verb, set()) - set(taken) == set()
    for name in fields.keys() & taken.keys():
        if not fields[name].is_required():
            assert taken[name].default == fields[name].default


@pytest.mark.parametrize("verb", [each for each in READERS if each in ADDING])
def test_a_step_of_a_growth_has_the_keys_of_its_job(verb: str) -> None:
    shared = {"lake", "settings", "wait", "time_limit", "memory_limit", "threads"}
    left_out = {"dry_run", "as", "replace"}

    for each in (verb, *(name for name, command in COMMANDS.items() if command == verb)):
        fields = keys_of(each)
        assert set(fields.values()) <= known_keys(verb)
        assert set(spelled(each, fields)) <= set(fields.values())
        lost = spelled(each, request_type(each).model_fields) - set(fields.values())
        assert lost - shared <= left_out


def options_set_by(verb: str) -> set[str]:
    """Return the options of a command that set no field of its request."""
    return options_of(COMMANDS.get(verb, verb)) - spelled(verb, request_type(verb).model_fields)


@pytest.mark.parametrize("verb", [*all_questions(), *sorted(set(all_verbs()) - set(COMMANDS))])
def test_no_option_of_a_command_is_lost(verb: str) -> None:
    lost = options_set_by(verb) - OF_THE_COMMAND
    for other in (name for name, command in COMMANDS.items() if command == verb):
        lost &= options_set_by(other)

    assert lost == set()


def test_every_question_of_the_table_is_a_method_or_asked_of_a_dataset() -> None:
    assert ASKING.keys() | OF_DATASETS == all_questions().keys()


def test_every_verb_of_the_table_is_a_method() -> None:
    assert METHODS.keys() == all_verbs().keys()


def test_forms_as_json_are_made_below_the_ways_in() -> None:
    """What a command prints is what `as_json` of an answer or an outcome says."""
    for path in [*(PACKAGE / "cli").glob("*.py"), *(PACKAGE / "api").glob("*.py")]:
        for call in (each for each in ast.walk(ast.parse(path.read_text())) if is_call(each)):
            name = name_of(call)
            assert name not in ("dumps", "model_dump") or path.name == "terminal.py", path
            if name == "print_json":
                (shown,) = call.args
                assert is_call(shown), path
                assert name_of(shown) == "as_json", path


def is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call)


def name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))
