"""The command `apollo`: parses words, starts one workflow, turns errors into exit codes."""

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from apollo_spark.cli.context import CommandContext, common_options, limit_options
from apollo_spark.cli.starting import (
    collect_garbage_rarely,
    disable_plugins,
    hide_pandas,
    makes_frames,
    start_again_with_numpy,
    use_one_numpy_thread,
)
from apollo_spark.cli.terminal import say
from apollo_spark.errors import ApolloError, CancelledError
from apollo_spark.runtime.questions import cancel_everything
from apollo_spark.version import VERSION

if TYPE_CHECKING:
    from apollo_spark.lake.publishing import OnStep

STORAGE_REFUSALS = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.ENOENT, errno.EIO}
)

# Modules by verb. They are imported when the verb is typed, so that --help needs none of them.
_HOMES = {
    "draft-dictionary": (
        "apollo_spark.cli.draft",
        "Propose a data dictionary for files that have none.",
    ),
    "load": ("apollo_spark.cli.load", "Load raw files and publish a dataset."),
    "extend": ("apollo_spark.cli.extend", "Add to a dataset: the next version of it."),
    "list": ("apollo_spark.cli.ask", "List the records of the lake."),
    "show": ("apollo_spark.cli.ask", "Show one version of a record."),
    "history": ("apollo_spark.cli.ask", "Show the versions of a record."),
    "fields": ("apollo_spark.cli.ask", "Find fields by name, title, folder or coding."),
    "merge": ("apollo_spark.cli.merge", "Publish two datasets as one; nothing is copied."),
    "diff": ("apollo_spark.cli.diff", "Compare two versions: schema, and rows by key."),
    "view": ("apollo_spark.cli.view", "Publish a part of a dataset; nothing is copied."),
    "cohort": ("apollo_spark.cli.cohort", "Make, combine, count and explain cohorts."),
    "profile": ("apollo_spark.cli.profile", "Show what the values of fields are like."),
    "dashboard": ("apollo_spark.cli.dashboard", "Make dashboards, answer and export them."),
    "rebase": ("apollo_spark.cli.rebase", "Move a view or a merge to newer data: plan, apply."),
    "grow": ("apollo_spark.cli.grow", "Take in a week's files; move all that was made of them."),
    "withdraw": ("apollo_spark.cli.withdraw", "Hide people from every reader: plan, apply."),
    "guard": ("apollo_spark.cli.guard", "Give no numbers of few people of a name."),
    "extract": ("apollo_spark.cli.extract", "Write rows or dictionaries to files."),
    "verify": ("apollo_spark.cli.keep", "Prove that every pin can be read as published."),
    "lineage": ("apollo_spark.cli.trace", "Show what a version was made from."),
    "trace": ("apollo_spark.cli.trace", "Find the file and line that a cell came from."),
    "retire": ("apollo_spark.cli.life", "End a version."),
    "gc": ("apollo_spark.cli.life", "Delete what no version that is left reads."),
    "compact": ("apollo_spark.cli.compact", "Put small blocks and files together."),
    "doctor": ("apollo_spark.cli.keep", "Check the machine and the lake."),
}


class _LazyGroup(click.Group):
    """A group whose verbs are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(_HOMES)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _HOMES:
            return None
        import importlib

        found: click.Command = getattr(
            importlib.import_module(_HOMES[cmd_name][0]), f"{cmd_name.replace('-', '_')}_command"
        )
        return found

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in _HOMES.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="apollo")
@limit_options
@common_options
@click.pass_context
def apollo(context: click.Context) -> None:
    """Versioned clinical and molecular datasets over Delta tables.

    Data go to stdout, everything else to stderr. Exit codes: 0 done, 1 unexpected, 2 usage, 10
    input file, 11 dictionary, 12 check failed, 13 not found, 14 conflict, 15 storage, 16 broken
    pin, 17 environment.
    """


def run(
    arguments: Sequence[str] | None = None,
    *,
    on_step: "OnStep | None" = None,
    ends_after: bool = False,
) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The words; by default those that were typed.
        on_step: Called before each step of what is published.
        ends_after: Whether the process runs this command and nothing else.
    """
    shared = CommandContext(on_step=on_step, ends_after=ends_after)
    try:
        with stopped_by_ctrl_c():
            apollo.main(
                args=None if arguments is None else list(arguments),
                prog_name="apollo",
                standalone_mode=False,
                obj=shared,
            )
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.ClickException as wrong:
        return _refuse_words(wrong)
    except (click.Abort, KeyboardInterrupt, CancelledError):
        say("stopped")
        return 130
    except BrokenPipeError:
        # The reader of stdout (head, less) went away: nothing to say and nobody to say it to.
        sys.stderr.close()
        return 0
    except ApolloError as refused:
        return _refuse(refused, verbose=shared.verbose)
    except Exception as unexpected:  # noqa: BLE001 the last resort: one line, never a trace
        if ends_after:
            start_again_with_numpy()
        return _explain(unexpected, verbose=shared.verbose)
    return 0


@contextmanager
def stopped_by_ctrl_c() -> Iterator[None]:
    """End questions at Ctrl-C.

    Python raises KeyboardInterrupt only when it is back from the library that it waits for, which
    may take hours. The system's signal writes a byte first, which another thread waits for.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread hears of signals.
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    watcher = threading.Thread(target=_cancel_at_signal, args=(reading,), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)
        watcher.join()
        os.close(reading)


def _cancel_at_signal(reading: int) -> None:
    """Wait for a signal, until nothing can come any more."""
    while number := os.read(reading, 1):
        if number[0] == signal.SIGINT:
            cancel_everything()


def _refuse_words(wrong: click.ClickException) -> int:
    """Say what click has against the words that were typed, as click says it."""
    if isinstance(wrong, click.UsageError) and wrong.ctx is not None:
        say(f"{wrong.ctx.get_usage()}\nTry '{wrong.ctx.command_path} --help' for help.\n")
    say(f"Error: {wrong.format_message()}")
    return wrong.exit_code if isinstance(wrong, click.UsageError) else 2


def _refuse(error: ApolloError, *, verbose: bool) -> int:
    if verbose:
        say(traceback.format_exc())
    say(f"error: {error}")
    return error.exit_code


def _explain(error: Exception, *, verbose: bool) -> int:
    """Name the kind of an unexpected error; its text may hold values, so it is not shown."""
    if verbose:
        say(traceback.format_exc())
    if isinstance(error, OSError) and error.errno in STORAGE_REFUSALS:
        # What the system says, not what a library made of it.
        where = f": {error.filename}" if error.filename else ""
        say(f"error: Storage refused: {os.strerror(error.errno)}{where}.")
        return 15
    say(f"error: Unexpected {type(error).__name__}. Add --verbose to see the trace.")
    return 1


def main() -> None:
    """Entry point of the command."""
    collect_garbage_rarely()
    if not makes_frames(sys.argv[1:]):
        hide_pandas()
    disable_plugins()
    use_one_numpy_thread()
    sys.exit(run(ends_after=True))
