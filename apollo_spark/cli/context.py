"""Options that every command has, and what a command shares while it runs."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.errors import UsageError
from apollo_spark.export.printable import printable, printable_lines

if TYPE_CHECKING:
    from apollo_spark.lake.lake import Lake
    from apollo_spark.lake.publishing import OnStep
    from apollo_spark.model.plan import WorkPlan
    from apollo_spark.model.request import PublishRequest
    from apollo_spark.operations.context import Context
    from apollo_spark.operations.outcome import Outcome
    from apollo_spark.runtime.settings import LakeSettings

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class CommandContext:
    """What the common options said."""

    lake_uri: str | None = None
    conf: str | None = None
    as_json: bool = False
    verbose: bool = False
    wait: float | None = None
    on_step: "OnStep | None" = None

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
        """Read the settings of --conf or APOLLO_CONF, or take the defaults."""
        from apollo_spark.runtime.settings import LakeSettings, read_settings

        path = self.conf or os.environ.get("APOLLO_CONF")
        return read_settings(Path(path)) if path else LakeSettings()


def current() -> CommandContext:
    """Return the context of the running command."""
    return click.get_current_context().find_root().ensure_object(CommandContext)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def store(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.find_root().ensure_object(CommandContext), name, value)

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


def wait_option(command: Command) -> Command:
    """Add --wait, which every verb has that publishes."""

    def store(context: click.Context, _: click.Parameter, value: float | None) -> None:
        context.find_root().ensure_object(CommandContext).wait = value

    return click.option(
        "--wait", type=float, metavar="SECONDS", expose_value=False, callback=store,
        help="How long to wait for another writer (default 90); 0 is not at all.",
    )(command)  # fmt: skip


def say_notes(notes: Iterable[str]) -> None:
    """Print what a person should know beside the result, a line each, on stderr."""
    for note in notes:
        say(f"note: {printable(note)}")


def print_plan(plan: "WorkPlan") -> None:
    """Print what a dry run, or a verb without --apply, would do: on stderr, for every verb."""
    for line in plan.lines():
        say(printable(line))


def perform_and_print(
    request: "PublishRequest",
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
    from apollo_spark.verbs.table import perform

    context = current().context(may_be_new=may_be_new, has_steps=has_steps)
    outcome = perform(context, request)
    for line in outcome.told():
        say(printable_lines(line))
    if describe is not None and not current().as_json:
        say(describe(outcome))
    print_outcome(outcome)


def print_outcome(outcome: "Outcome[Any]") -> None:
    """Print how a publishing verb ended, or what its dry run would do."""
    if outcome.plan is None:
        print_published(list(outcome.published), list(outcome.current), outcome.receipt_json())
        return
    print_plan(outcome.plan)
    for each in outcome.current:
        say(f"already {each}")
    say("nothing was published: this was a dry run")
    if current().as_json:
        own = {"current": list(outcome.current)} if outcome.current else {}
        print_json(planned_json(outcome.plan, outcome.receipt_json(), own))


def planned_json(plan: "WorkPlan", receipt: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a dry run, or a verb without --apply, prints as JSON: alike for every verb."""
    return {
        "published": [],
        **own,
        "plan": plan.model_dump(mode="json"),
        "receipt": receipt,
    }


def print_published(published: list[str], current_versions: list[str], receipt: Any) -> None:
    """Print what a publishing verb prints: `name@version` last on stdout, or one JSON object."""
    if current().as_json:
        shown: dict[str, Any] = {"published": published}
        if current_versions:
            shown["current"] = current_versions
        print_json({**shown, "receipt": receipt})
        return
    for each in current_versions:
        say(f"already {each}")
    for each in published or current_versions:
        show(each)
    sys.stdout.flush()


def split_names(text: str | None) -> tuple[str, ...] | None:
    """Return names that are separated by commas, None where nothing is said."""
    return None if text is None else tuple(each.strip() for each in text.split(",") if each.strip())
