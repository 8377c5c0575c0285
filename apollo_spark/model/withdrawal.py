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


class LinkedReceipt(Record):
    """Rows of another dataset that are known to be those of the rows named, by a link.

    Attributes:
        by: Versions whose links say so.
        chosen: Whether they go too.
        lookalikes: Those that no link names, and that look like one that a link names.
    """

    dataset: str
    entity: str
    keys: int
    already: int
    withdrawn: int
    by: tuple[str, ...]
    chosen: bool = True
    lookalikes: int = 0

    @property
    def name(self) -> str:
        """What `--only` names."""
        return f"{self.dataset}.{self.entity}"


class WithdrawReceipt(Record):
    """The counts of a withdrawal.

    Attributes:
        keys: Different keys in the file, and those that look like them.
        already: Those that are out already.
        withdrawn: Those that go out now.
        unmatched: Those that no version has: they refuse the withdrawal.
        records: Unretired versions, of any name, from which rows go.
        linked: Rows of other datasets that are known to be theirs.
        chosen: Whether the rows named go: `--only` may choose others alone.
        lookalikes: Those that are not in the file, and look like one in it: both are meant.
        unjoined: Entities of the newest version that are joined to nothing: their rows stay.
    """

    operation: str = "withdraw"
    dataset: str
    entity: str
    keys: int
    already: int
    withdrawn: int
    unmatched: int
    records: tuple[str, ...]
    linked: tuple[LinkedReceipt, ...] = ()
    chosen: bool = True
    lookalikes: int = 0
    unjoined: tuple[str, ...] = ()
