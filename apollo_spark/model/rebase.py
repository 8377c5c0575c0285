"""What moving a record to newer parents means, before it is done."""

from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.receipt import SchemaDiff


class Move(Record):
    """A parent of a record, and the version of it that the record is moved to."""

    before: str
    after: str


class CodesGone(Record):
    """How many codes of a coding are not there any more."""

    coding: str
    count: int


class AssayMove(Record):
    """What becomes of an assay, as the record shows it: samples, features and units.

    An assay that comes has nothing now, and one that goes nothing then.
    """

    name: str
    is_added: bool = False
    is_lost: bool = False
    samples_before: int = 0
    samples_added: int = 0
    samples_lost: int = 0
    features_before: int = 0
    features_added: int = 0
    features_lost: int = 0
    units_added: tuple[str, ...] = ()
    units_lost: tuple[str, ...] = ()


class RebasePlan(Record):
    """What changes when one record is moved to newer versions of its parents.

    Attributes:
        record: The record, as `name@version`.
        moves: Its parents; those that stay are not named.
        schema_diff: What changes for its fields; None where nothing does.
        codes_gone: Codings with codes that are gone.
        people_before: Rows of its main entity now.
        people_added: Rows of its main entity that come.
        people_lost: Rows of its main entity that go.
        assays: What becomes of each assay.
        fields_dropped: Fields that were asked for and are no longer there, and fields that were
            added in tables of its own and have no place any more.
        refused: Why it cannot be moved; None where it can.
    """

    record: str
    moves: tuple[Move, ...]
    schema_diff: SchemaDiff | None = None
    codes_gone: tuple[CodesGone, ...] = ()
    people_before: int = 0
    people_added: int = 0
    people_lost: int = 0
    assays: tuple[AssayMove, ...] = ()
    fields_dropped: tuple[str, ...] = ()
    refused: str | None = None


class MovedReceipt(Record):
    """The receipt of several records that are moved: what that changes for each of them."""

    plans: tuple[RebasePlan, ...]

    def to_json(self) -> str:
        """Return the rows of their main entities together: each is described beside that."""
        names = ("people_before", "people_added", "people_lost")
        return canonical_json(
            {name: sum(getattr(each, name) for each in self.plans) for name in names}
        )


class RebaseReceipt(Record):
    """The receipt of a rebase."""

    operation: str = "rebase"
    moves: tuple[Move, ...]
    people_before: int = 0
    people_added: int = 0
    people_lost: int = 0
    assays: tuple[AssayMove, ...] = ()
    schema_diff: SchemaDiff | None = None
    codes_gone: tuple[CodesGone, ...] = ()
    fields_dropped: tuple[str, ...] = ()
