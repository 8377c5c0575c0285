"""People who are taken out: a record beside the datasets, which stay as they are."""

from datetime import datetime

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.names import DatasetName, MemberName
from apollo_spark.model.pin import TablePin

WITHDRAWAL_FORMAT = 1
WITHDRAWAL = "withdrawal"
"""The kind under which the registry keeps it, beside the versions of the dataset."""


class WithdrawalRecord(Record):
    """Says whose rows no reader of a dataset sees any more, in any version.

    Attributes:
        name: The dataset.
        version: Counts the withdrawals from the dataset, from 1.
        entity: The entity whose rows are meant.
        field: Its primary key in the newest version then; others may call it otherwise.
        location: Where the table of that entity lies.
        keys: The table of all keys withdrawn so far; its one column is `key`.
        added: How many of them this withdrawal added.
    """

    format: int = Field(default=WITHDRAWAL_FORMAT, ge=1, le=WITHDRAWAL_FORMAT)
    kind: str = WITHDRAWAL
    name: DatasetName
    version: int = Field(ge=1)
    id: str
    entity: MemberName
    field: MemberName
    location: str
    keys: TablePin
    added: int
    actor: str
    time: datetime

    def __str__(self) -> str:
        """Return what was withdrawn from, and the number of the withdrawal."""
        return f"withdrawal {self.version} of {self.name}.{self.entity}"
