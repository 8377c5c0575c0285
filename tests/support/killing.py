"""Deeds in processes of their own, which kill themselves at a step."""

from pathlib import Path

from apollo_spark.lake.lake import open_lake
from tests.support.apart import die_at, run_apart
from tests.support.contexts import stepping
from tests.support.ending import apply_gc
from tests.support.growing import extend, fold
from tests.support.study import apollo
from tests.support.watching import watched


def die_in(root: Path, number: int, source: Path | None) -> int | None:
    """Extend by a source, or compact without one, and die at the step of this number, from 0.

    Returns:
        The exit code; below zero is the signal.
    """
    return run_apart(_extend_layer, root, number, source).exitcode


def _extend_layer(root: Path, number: int, source: Path | None) -> None:
    if source is None:
        fold(root, on_step=die_at(number))
    else:
        extend(root, source, on_step=die_at(number))


def die_in_command(number: int, *words: object) -> int | None:
    """Run a command that dies at the step of this number, from 0, and return the exit code."""
    return run_apart(_ask, number, tuple(map(str, words))).exitcode


def _ask(number: int, words: tuple[str, ...]) -> int:
    with watched(die_at(number)):
        return apollo(*words).code


def die_in_sweep(root: Path, number: int) -> int | None:
    """Sweep a lake and die at the step of this number, from 0, and return the exit code."""
    return run_apart(_sweep, root, number).exitcode


def _sweep(root: Path, number: int) -> None:
    apply_gc(stepping(open_lake(str(root)), die_at(number)), grace_hours=0)
