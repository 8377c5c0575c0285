"""Options that every command has, and what a command shares while it runs."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.errors import UsageError
from apollo_spark.export.printable import printable, printable_lines
from apollo_spark.runtime.questions import QuestionLimits

if TYPE_CHECKING:
    from apollo_spark.lake.lake import Lake
    from apollo_spark.lake.publishing import OnStep
    from apollo_spark.model.plan import WorkPlan
    from apollo_spark.model.request import ActionRequest, VerbRequest
    from apollo_spark.operations.asker import Asker
    from apollo_spark.operations.context import Context
    from apollo_spark.operations.outcome import Outcome
    from apollo_spark.runtime.settings import LakeSettings

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class CommandContext:
    """What the common options said, and how the command was started.

    Attributes:
        on_step: Called before each step of what is published.
        ends_after: Whether the process runs this command and nothing else.
    """

    lake_uri: str | None = None
    conf: str | None = None
    as_json: bool = False
    verbose: bool = False
    wait: float | None = None
    time_limit: float | None = None
    memory_limit: str | None = None
    threads: int | None = None
    on_step: "OnStep | None" = None
    ends_after: bool = False

    @property
    def has_lake(self) -> bool:
        """Whether a lake was given."""
        return bool(self.lake_uri or os.environ.get("APOLLO_LAKE"))

    def lake(self, *, may_be_new: bool = False) -> "Lake":
        """Open the lake of --lake or APOLLO_LAKE.

        Args:
            may_be_new: Whether it need not be there.

        Raises:
            UsageError: Neither is given.
            NotFoundError: There is no lake.
        """
        from apollo_spark.lake.lake import open_lake

        uri = self.lake_uri or os.environ.get("APOLLO_LAKE")
        if not uri:
            raise UsageError(
                "No lake is given.", fix="Add --lake FOLDER, or set APOLLO_LAKE to the folder."
            )
        from apollo_spark.lake.leases.lease import WAIT_SECONDS

        wait = WAIT_SECONDS if self.wait is None else self.wait
        lake = open_lake(uri).waiting(wait, say)
        if self.on_step is not None:
            lake = lake.listening(self.on_step)
        if not may_be_new:
            lake.require_there()
        return lake

    def asker(self, *, needs_lake: bool = True) -> "Asker":
        """Return who asks: this terminal, of the lake that is given.

        Args:
            needs_lake: Whether there must be one.

        Raises:
            UsageError: No lake is given.
            NotFoundError: There is no lake.
        """
        from apollo_spark.operations.asker import Asker

        lake = self.lake(may_be_new=not needs_lake) if needs_lake or self.has_lake else None
        return Asker(lake, self.settings, say)

    def context(self, *, may_be_new: bool = False, has_steps: bool = False) -> "Context":
        """Return who acts, on which lake, and who listens: this terminal.

        Args:
            may_be_new: Whether the lake need not be there.
            has_steps: Whether steps are shown: those of verbs that may take long.

        Raises:
            UsageError: No lake is given.
            NotFoundError: There is no lake.
        """
        from apollo_spark.operations.context import Context, Listener

        steps = Listener.of_lines(say, verbose=self.verbose)
        return Context(
            self.lake(may_be_new=may_be_new),
            settings=self.settings(),
            listener=steps if has_steps else Listener(say=say),
            verbose=self.verbose,
        )

    def settings(self) -> "LakeSettings":
        """Read the settings of --conf or APOLLO_CONF, or take the defaults; options win over both.

        Raises:
            ConfigurationError: The file cannot be used.
            UsageError: An option is not a limit of a question.
        """
        from apollo_spark.runtime.settings import LakeSettings, read_settings

        path = self.conf or os.environ.get("APOLLO_CONF")
        found = read_settings(Path(path)) if path else LakeSettings()
        return found.limited(self.time_limit, self.memory_limit, self.threads)


def current() -> CommandContext:
    """Return the context of the running command."""
    return click.get_current_context().find_root().ensure_object(CommandContext)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def store(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            setattr(context.find_root().ensure_object(CommandContext), name, value)

    return store


def _keep_limit(name: str, limit: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    keep = _keep(name)

    def store(context: click.Context, option: click.Parameter, value: Any) -> None:
        if value is not None:
            # Refused at once, also where nothing is asked.
            QuestionLimits(**{limit: value})
        keep(context, option, value)

    return store


def common_options(command: Command) -> Command:
    """Add --lake, --conf, --json and --verbose, legal before and after the verb alike."""
    options = (
        click.option("--lake", metavar="URI", help="The lake (or APOLLO_LAKE).",
                     expose_value=False, callback=_keep("lake_uri")),
        click.option("--conf", metavar="F", help="Settings file (or APOLLO_CONF).",
                     expose_value=False, callback=_keep("conf")),
        click.option("--json", is_flag=True, help="Print one JSON object on stdout.",
                     expose_value=False, callback=_keep("as_json")),
        click.option("--verbose", is_flag=True, help="Show steps and traces.",
                     expose_value=False, callback=_keep("verbose")),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def limit_options(command: Command, *, hidden: bool = False) -> Command:
    """Add what a question may use: shown where it may be long, legal everywhere."""
    options = (
        click.option("--time-limit", type=float, metavar="SECONDS", expose_value=False,
                     hidden=hidden, callback=_keep_limit("time_limit", "seconds"),
                     help="How long the answer may take; else it is refused with 17."),
        click.option("--memory-limit", metavar="SIZE", expose_value=False, hidden=hidden,
                     callback=_keep_limit("memory_limit", "memory"),
                     help="Memory of the embedded engine: 2GB."),
        click.option("--threads", type=int, metavar="N", expose_value=False, hidden=hidden,
                     callback=_keep_limit("threads", "threads"),
                     help="Threads of the embedded engine."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def wait_option(command: Command) -> Command:
    """Add --wait, which every verb has that publishes."""

    def store(context: click.Context, _: click.Parameter, value: float | None) -> None:
        context.find_root().ensure_object(CommandContext).wait = value

    return click.option(
        "--wait", type=float, metavar="SECONDS", expose_value=False, callback=store,
        help="How long to wait for another writer (default 90); 0 is not at all.",
    )(command)  # fmt: skip


def print_plan(plan: "WorkPlan") -> None:
    """Print what a dry run, or a verb without --apply, would do: on stderr, for every verb."""
    for line in plan.lines():
        say(printable(line))


def perform_and_print(
    request: "ActionRequest",
    *,
    may_be_new: bool = False,
    has_steps: bool = False,
    describe: "Callable[[Outcome[Any]], str] | None" = None,
) -> None:
    """Do what is asked for, and print how it ended, or what a dry run would do.

    Args:
        request: The options.
        may_be_new: Whether the lake need not be there.
        has_steps: Whether steps are shown.
        describe: Returns the counts as a line for people, where the verb has one.
    """
    outcome = perform_here(request, may_be_new=may_be_new, has_steps=has_steps)
    for line in outcome.lines():
        say(printable_lines(line))
    if describe is not None and not current().as_json:
        say(describe(outcome))
    if outcome.plan is not None:
        print_plan(outcome.plan)
        say_current(outcome)
        say("nothing was published: this was a dry run")
    print_outcome(outcome, show_versions)


def perform_here(
    request: "ActionRequest", *, may_be_new: bool = False, has_steps: bool = False
) -> "Outcome[Any]":
    """Do what is asked for on the lake of this command, or say what that would be."""
    from apollo_spark.verbs.table import perform

    return perform(current().context(may_be_new=may_be_new, has_steps=has_steps), request)


def ask_here(request: "VerbRequest", *, needs_lake: bool = True) -> Any:
    """Answer what is asked of the lake of this command."""
    from apollo_spark.verbs.table import ask

    return ask(current().asker(needs_lake=needs_lake), request)


def print_answer(answer: Any, render: Callable[[Any], str]) -> None:
    """Print an answer: one JSON object, or what people read."""
    if current().as_json:
        print_json(answer.as_json())
    elif text := render(answer):
        show(text)


def print_outcome(outcome: "Outcome[Any]", tell: "Callable[[Outcome[Any]], None]") -> None:
    """Print how a verb ended: one JSON object, or what people read."""
    if current().as_json:
        print_json(outcome.as_json())
    else:
        tell(outcome)
    sys.stdout.flush()


def print_plans(outcome: "Outcome[Any]") -> None:
    """Print what would be done, each thing by itself, where that is all."""
    for each in outcome.parts or (outcome,):
        if each.plan is not None:
            print_plan(each.plan)


def say_current(outcome: "Outcome[Any]") -> None:
    """Say which versions have all of it already."""
    for each in outcome.current:
        say(f"already {each}")


def show_versions(outcome: "Outcome[Any]") -> None:
    """Print what a verb published: `name@version` last on stdout."""
    if outcome.plan is not None:
        return
    say_current(outcome)
    for each in outcome.published or outcome.current:
        show(each)


def split_names(text: str | None) -> tuple[str, ...] | None:
    """Return names that are separated by commas, None where nothing is said."""
    return None if text is None else tuple(each.strip() for each in text.split(",") if each.strip())
