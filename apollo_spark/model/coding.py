"""Codings: what the stored codes of a field mean."""

from functools import cached_property

from apollo_spark.model.base import Record


class CodePlace(Record):
    """One row of a coding: a code at its place in the list or tree."""

    code: str
    meaning: str
    concept: str = ""
    parent_code: str = ""
    display_order: int


class Coding(Record):
    """A named set of codes, flat or a tree.

    Rows of a flat coding keep the order of the file; rows of a tree are in depth-first order.
    A code may be under several parents: then it has several rows.
    """

    name: str
    rows: tuple[CodePlace, ...]

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Meaning by code, in the order of the rows."""
        return {row.code: row.meaning for row in self.rows}

    @cached_property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """Parent codes by code; a root has none."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            above = (row.parent_code,) if row.parent_code else ()
            found[row.code] = found.get(row.code, ()) + above
        return found

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The codes directly below each code that has some, and below no code, in their order."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            found.setdefault(row.parent_code, []).append(row.code)
        return {code: tuple(below) for code, below in found.items()}

    @property
    def is_hierarchical(self) -> bool:
        """Whether any code has a parent."""
        return any(row.parent_code for row in self.rows)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, each once, in the order of the rows."""
        return tuple(self.meanings)
