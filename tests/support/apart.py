"""Processes of their own that do one thing, to be killed while they do it.

They are forked from a process that has imported what they need and done nothing else: nothing of
the test is in them, no thread is running where they begin, and they begin in milliseconds.
"""

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from typing import Any

from apollo_spark.lake.publishing import OnStep

FORKED = get_context("forkserver")
FORKED.set_forkserver_preload([f"tests.support.{each}" for each in ("crashing", "killing")])


def run_apart(function: Callable[..., Any], *arguments: Any) -> ForkServerProcess:
    """Call a function of a module in a process of its own; return the process when it has ended.

    Its `exitcode` is what the function returns; below zero it is the signal that ended it.
    """
    process = FORKED.Process(target=_end_with, args=(function, *arguments))
    process.start()
    process.join()
    return process


def _end_with(function: Callable[..., Any], *arguments: Any) -> None:
    sys.exit(function(*arguments))


def die() -> None:
    """End this process as the kernel does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(number: int) -> OnStep:
    """Return a step watcher that ends the process at the step of this number, from 0."""
    left = [number]

    def watch(_: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            die()

    return watch
