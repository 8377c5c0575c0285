"""Records that ask something of one version of a dataset, and have no rows of their own."""

from apollo_spark.model.names import MemberName
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord


class OverDataset(PublishedRecord):
    """A record over a version of a dataset, which it can be read with for as long as it is there.

    Attributes:
        title: What it is called for people.
        description: What it is for.
        dataset: The version of the dataset.
        dataset_id: Its id.
        main_entity: Whose rows are people.
        kept: What the rules of the dataset read, besides its own tables.
        parts: The parts of the dataset.
        codings: The codings that it asks for, with the SHA-256 of each as it was.
    """

    title: str | None = None
    description: str | None = None
    dataset: str
    dataset_id: str
    main_entity: MemberName
    kept: tuple[TablePin, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    codings: tuple[tuple[str, str], ...] = ()

    @property
    def all_pins(self) -> tuple[TablePin, ...]:
        """What the rules of its dataset read, and its pins."""
        return (*self.kept, *self.pins)

    @property
    def all_parts(self) -> dict[str, str]:
        """Its receipt and the parts of its dataset."""
        return {**super().all_parts, **dict(self.parts)}
