"""What a comparison of versions with their source files found."""

from typing import Literal

from apollo_spark.model.base import Record

HIDDEN = {
    "file": "a source of a table that it reads is not as it was",
    "different": "a table that it reads is not what its sources hold",
    "unproven": "a table that it reads cannot be made again",
}


class SourceProblem(Record):
    """Why a version is not proven equal to its sources.

    `file`: a source is not there or is another one now; `different`: what is stored is not what
    the sources hold; `unproven`: it cannot be made again.
    """

    version: str
    kind: Literal["file", "different", "unproven"]
    what: str

    def __str__(self) -> str:
        """Return the problem as a line."""
        return f"{self.version}: {self.what}"


class SourceProof(Record):
    """One version compared with the files that its tables were made of.

    How many files and tables that were is None of a view: it does not say what it is based on.
    """

    record: str
    files: int | None
    tables: int | None
    problems: tuple[SourceProblem, ...] = ()


def without_base(proof: SourceProof) -> SourceProof:
    """Return a proof of a view without what it says of the tables and files of its base."""
    problems = (
        SourceProblem(version=proof.record, kind=each.kind, what=HIDDEN[each.kind])
        for each in proof.problems
    )
    return SourceProof(
        record=proof.record, files=None, tables=None, problems=tuple(dict.fromkeys(problems))
    )
