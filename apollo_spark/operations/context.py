"""What every verb gets: on which lake it acts, for whom, with what, and who listens."""

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from apollo_spark.engines.tasks import OnProgress, ProgressLine, no_progress
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, Publication, no_step
from apollo_spark.lake.storage.system import Clock
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.record import InputFile, Lineage, PublishedRecord
from apollo_spark.runtime.settings import LakeSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from apollo_spark.operations.engines import OpenEngines

R = TypeVar("R", bound=PublishedRecord)
STEPS_OF_TABLES = ("prepare ", "commit ", "pin ")


Say = Callable[[str], None]
"""Takes a line for a person."""


def show_steps(say: Say, progress: ProgressLine, *, verbose: bool) -> OnStep:
    """Return a function that prints each step with the seconds since the start.

    Steps of single tables are many and short: only `verbose` shows them.
    """
    start = time.monotonic()

    def show(name: str) -> None:
        progress.restart()
        if name.startswith(STEPS_OF_TABLES) and not verbose:
            return
        say(f"{time.monotonic() - start:6.1f} s  {name}")

    return show


def say_nothing(line: str) -> None:
    """Take a line and show it to nobody."""


def account() -> str:
    """Return the name of the account that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return "unknown"


@dataclass(frozen=True)
class Listener:
    """Who hears what a verb does.

    Attributes:
        say: Takes lines for a person: what was chosen, warnings.
        on_step: Called with the name of each step before it acts.
        on_progress: Called with how many tasks of a step are done, and of how many.
    """

    say: Say = say_nothing
    on_step: OnStep = no_step
    on_progress: OnProgress = no_progress

    @classmethod
    def of_lines(cls, say: Say, *, verbose: bool = False) -> "Listener":
        """Return who takes everything as lines; steps of single tables only where `verbose`."""
        progress = ProgressLine(say)
        return cls(say, show_steps(say, progress, verbose=verbose), progress)


@dataclass(frozen=True)
class Context:
    """On which lake a verb acts, for whom, with what, and who listens.

    Attributes:
        lake: The lake that is meant. A dry run writes to another one, which is thrown away.
        actor: Who acts: recorded with what is published, and shown to those who wait for it.
        settings: Who runs tasks, how Spark is started, how large blocks are.
        listener: Who hears what is done.
        session: A Spark session to use instead of one that is started and stopped here.
        verbose: Whether Spark's own messages are shown.
        engines: Opens the engines of a load; by default those of the settings.
    """

    lake: Lake
    actor: str = field(default_factory=account)
    settings: LakeSettings = field(default_factory=LakeSettings)
    listener: Listener = field(default_factory=Listener)
    session: "SparkSession | None" = None
    verbose: bool = False
    engines: "OpenEngines | None" = None

    @property
    def clock(self) -> Clock:
        """The time, which is that of the lake."""
        return self.lake.clock

    def lineage(
        self,
        operation: str,
        fingerprint: str,
        parents: tuple[str, ...] = (),
        *,
        inputs: tuple[InputFile, ...] = (),
        parameters: tuple[tuple[str, str], ...] = (),
    ) -> Lineage:
        """Return what a record says of how it is made: now, and by who acts."""
        # What only asks makes no record.
        from apollo_spark.operations.report import tool_versions

        return Lineage(
            operation=operation,
            parents=parents,
            inputs=inputs,
            parameters=parameters,
            fingerprint=fingerprint,
            tools=tool_versions(),
            actor=self.actor,
            time=self.clock.now(),
        )

    def step(self, name: str) -> None:
        """Say what is done next."""
        self.listener.on_step(name)

    def say(self, line: str) -> None:
        """Say something to a person."""
        self.listener.say(line)

    def on(self, lake: Lake) -> "Context":
        """Return the same on another lake."""
        return replace(self, lake=lake)

    def publication(self, name: str) -> Publication:
        """Return the context in which the next version of a dataset is published."""
        return self.publication_of(DatasetRecord, name)

    def publication_of(self, model: type[R], name: str) -> Publication[R]:
        """Return what `publication` does, for records of the kind of a class."""
        return self.lake.publication_of(
            model, name, holder=self.actor, on_step=self.listener.on_step
        )

    @contextmanager
    def opened_engines(self) -> "Iterator[OpenEngines]":
        """Give what opens engines when they are needed, and stop what was started for them."""
        if self.engines is not None:
            yield self.engines
            return
        # What only asks needs no engine that runs tasks, and does not load it.
        from apollo_spark.operations.engines import EngineOpener

        opener = EngineOpener(
            self.settings,
            session=self.session,
            verbose=self.verbose,
            on_progress=self.listener.on_progress,
        )
        with opener:
            yield opener.open
