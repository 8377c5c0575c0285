"""What moving a record to newer parents means, before it is done."""

from typing import Any

from apollo_spark.model.base import Record, canonical_json
from apollo_spark.model.receipt import SchemaDiff
from apollo_spark.model.suppressed import Count, Suppressed

MOVES = ("rebase", "undo rebase")
"""What the lineage of a record says that was moved; its receipt is that of a move."""


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
    samples_before: Count = 0
    samples_added: Count = 0
    samples_lost: Count = 0
    features_before: Count = 0
    features_added: Count = 0
    features_lost: Count = 0
    units_added: tuple[str, ...] = ()
    units_lost: tuple[str, ...] = ()


class RebaseProblem(Record):
    """Something that a record asks for, and that is another one or gone where it is moved to.

    Attributes:
        kind: `field gone`, `field retyped`, `other field`, `code gone`, `code moved` (other codes
            are below it), `code relabelled`, `value gone` and `other feature` of assays,
            `cohort`, `relation`.
        name: The field, the field and the code, or the record.
        before: What it was, where that helps.
        after: What it is.
        breaks: Whether the record cannot be moved because of it.
    """

    kind: str
    name: str
    before: str | None = None
    after: str | None = None
    breaks: bool = False


def describe_rebase_problem(problem: RebaseProblem) -> str:
    """Return a problem in words.

    >>> describe_rebase_problem(RebaseProblem(kind="field gone", name="visit.note"))
    'field gone: visit.note'
    """
    ends = [each for each in (problem.before, problem.after) if each is not None]
    return f"{problem.kind}: {problem.name}" + (f" ({' -> '.join(ends)})" if ends else "")


class Repair(Record):
    """A line for the file of `--map` that is proposed: what is meant by an old name, and why."""

    old: str
    new: str
    why: str


class Causes(Record):
    """Why people come and go: each of them is counted once.

    Attributes:
        new_rows: They, or rows of theirs that are asked for, were not there before.
        changed_rows: Values of their rows are others.
        removed_rows: They, or rows of theirs that are asked for, are gone.
        coding: Their rows are as before, and a code has another place in its coding.
        withdrawn: They were withdrawn since the record was published.
    """

    new_rows: Count = 0
    changed_rows: Count = 0
    removed_rows: Count = 0
    coding: Count = 0
    withdrawn: Count = 0


class RebasePlan(Record):
    """What changes when one record is moved to newer versions of its parents.

    Attributes:
        record: The record, as `name@version`.
        kind: Its kind.
        moves: Its parents; those that stay are not named.
        schema_diff: What changes for its fields; None where nothing does.
        codes_gone: Codings with codes that are gone.
        people_before: Rows of its main entity now; of a cohort as it was published.
        people_after: Rows of its main entity then.
        people_kept: Rows of its main entity that are there both times.
        people_added: Rows of its main entity that come.
        people_lost: Rows of its main entity that go.
        causes: Why they come and go.
        assays: What becomes of each assay.
        fields_dropped: Fields that were asked for and are no longer there, and fields that were
            added in tables of its own and have no place any more.
        tiles: Of a dashboard, how many tiles it has.
        tiles_affected: Tiles whose answers, fields or codings differ.
        tiles_broken: Tiles that cannot be answered there.
        related: How what it is moved to is related to what it was made of: `same tables`, `same
            keys` or `same names only`.
        problems: What of the things it asks for is another one or gone.
        repairs: What may be meant by what is gone.
        refused: Why it cannot be moved; None where it can.
    """

    record: str
    kind: str = "dataset"
    moves: tuple[Move, ...]
    schema_diff: SchemaDiff | None = None
    codes_gone: tuple[CodesGone, ...] = ()
    people_before: Count = 0
    people_after: Count = 0
    people_kept: Count = 0
    people_added: Count = 0
    people_lost: Count = 0
    causes: Causes = Causes()
    assays: tuple[AssayMove, ...] = ()
    fields_dropped: tuple[str, ...] = ()
    tiles: int | None = None
    tiles_affected: int | None = None
    tiles_broken: int | None = None
    related: str | None = None
    problems: tuple[RebaseProblem, ...] = ()
    repairs: tuple[Repair, ...] = ()
    refused: str | None = None


class MovedReceipt(Record):
    """The receipt of several records that are moved: what that changes for each of them."""

    plans: tuple[RebasePlan, ...]

    def to_json(self) -> str:
        """Return the rows of their main entities together: each is described beside that."""
        names = ("people_before", "people_added", "people_lost")
        return canonical_json({name: self._sum_of(name) for name in names})

    def _sum_of(self, name: str) -> Any:
        counts = [getattr(each, name) for each in self.plans]
        hidden = [each.as_json() for each in counts if isinstance(each, Suppressed)]
        return hidden[0] if hidden else sum(counts)


class RebaseReceipt(Record):
    """The receipt of a rebase."""

    operation: str = "rebase"
    kind: str = "dataset"
    moves: tuple[Move, ...]
    people_before: Count = 0
    people_after: Count = 0
    people_kept: Count = 0
    people_added: Count = 0
    people_lost: Count = 0
    causes: Causes = Causes()
    assays: tuple[AssayMove, ...] = ()
    schema_diff: SchemaDiff | None = None
    codes_gone: tuple[CodesGone, ...] = ()
    fields_dropped: tuple[str, ...] = ()
    tiles: int | None = None
    tiles_affected: int | None = None
    tiles_broken: int | None = None
    related: str | None = None
