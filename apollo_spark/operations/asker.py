"""Who asks: what verbs get that only read. It loads nothing, because most of them are quick."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apollo_spark.lake.lake import Lake
    from apollo_spark.runtime.questions import QuestionLimits
    from apollo_spark.runtime.settings import LakeSettings


@dataclass(frozen=True)
class Asker:
    """Of which lake somebody asks, and who hears what is said beside the answer.

    Attributes:
        lake_given: The lake; None where none is given, which only `doctor` can do without.
        read_settings: Gives the settings when they are needed.
        say: Takes a line for a person.
    """

    lake_given: "Lake | None"
    read_settings: "Callable[[], LakeSettings]"
    say: Callable[[str], None] = lambda _: None

    def read_limits(self) -> "QuestionLimits":
        """Return what a question may use."""
        return self.read_settings().question.limits()

    @property
    def lake(self) -> "Lake":
        """The lake."""
        assert self.lake_given is not None, "who asks of a lake has one"
        return self.lake_given
