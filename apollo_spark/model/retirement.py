"""The end of a version: a record of its own, because the version itself never changes."""

from datetime import datetime

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.names import DatasetName

RETIREMENT_FORMAT = 1
RETIREMENT = "retirement"
"""The kind under which the registry keeps it, beside the row of the version that it ends."""


class RetirementRecord(Record):
    """Says that one version of a name has ended; `record_id` is the id of that version."""

    format: int = Field(default=RETIREMENT_FORMAT, ge=1, le=RETIREMENT_FORMAT)
    kind: str = RETIREMENT
    name: DatasetName
    version: int = Field(ge=1)
    id: str
    record_id: str
    actor: str
    time: datetime

    def __str__(self) -> str:
        """Return the `name@version` that it ends."""
        return f"{self.name}@{self.version}"
