"""Watch the steps of publications that are begun somewhere inside a verb."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from apollo_spark.lake.publishing import Publication

Step = Callable[[str], None]


@contextmanager
def watched(on_step: Step) -> Iterator[None]:
    """Call a function before each step of the publications that begin inside."""
    build = Publication.__init__

    def construct(self: Publication, **options: Any) -> None:
        build(self, **options)
        own = self.step

        def step(name: str) -> None:
            on_step(name)
            own(name)

        self.step = step

    with mock.patch.object(Publication, "__init__", construct):
        yield
