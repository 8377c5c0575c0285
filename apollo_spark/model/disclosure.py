"""What a guarded name may give away."""

from datetime import datetime

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.names import DatasetName

GUARD_FORMAT = 1
GUARD = "guard"
"""The kind under which the registry keeps it, beside the versions of the name."""
FEWEST, MOST = 2, 100
"""The limits that there are: of each answer as much is remembered as the largest one needs."""


class Limit(Record):
    """What holds for the numbers of something that is guarded.

    Attributes:
        least: A number about fewer people is not shown.
        round: Numbers are shown as multiples of it; None shows them as they are.
    """

    least: int
    round: int | None = None

    def __str__(self) -> str:
        """Return what holds, for people."""
        rounded = "" if self.round is None else f", rounded to multiples of {self.round}"
        return f"no numbers of fewer than {self.least} people{rounded}"

    def rounded(self, number: int) -> int:
        """Return a number as it is shown: never less than the limit, where it is not less itself.

        >>> Limit(least=10, round=25).rounded(12)
        25
        """
        if self.round is None:
            return number
        found = (2 * number + self.round) // (2 * self.round) * self.round
        if number >= self.least > found:
            return -(-self.least // self.round) * self.round
        return found

    def strictest(self, other: "Limit | None") -> "Limit":
        """Return what holds where both hold: the larger limit, and the coarser rounding."""
        if other is None:
            return self
        rounds = [each for each in (self.round, other.round) if each is not None]
        return Limit(least=max(self.least, other.least), round=max(rounds, default=None))


class GuardRecord(Record):
    """Says from when on a name is guarded, or no longer.

    Attributes:
        name: The name: that of all its versions, and of what is made of them.
        version: Counts what was said of the name, from 1.
        limit: What holds; None from when on nothing does.
        memory: The SHA-256 of the key by which answers are remembered.
    """

    format: int = Field(default=GUARD_FORMAT, ge=1, le=GUARD_FORMAT)
    kind: str = GUARD
    name: DatasetName
    version: int = Field(ge=1)
    id: str
    limit: Limit | None
    memory: str
    actor: str
    time: datetime

    def __str__(self) -> str:
        """Return whose guard it is."""
        return f"guard {self.version} of {self.name}"


class GuardReceipt(Record):
    """What was said of the guard of a name.

    Attributes:
        guard: What holds; None where nothing does.
        before: What held until then.
    """

    operation: str = "guard"
    name: str
    guard: Limit | None
    before: Limit | None
