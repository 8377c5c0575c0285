"""What a version was made from, as a tree that can be drawn."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from apollo_spark.model.base import Record
from apollo_spark.model.record import InputFile


class LineageNode(Record):
    """One version, and what made it.

    Attributes:
        version: The version, as `name@version`.
        kind: What kind of record it is; empty where the lake does not know it.
        operation: What made it.
        time: When it was published.
        actor: Who did it.
        inputs: The files that were read.
        parents: The versions that it was made from.
        is_retired: Whether it has ended.
        keeps_parents: Whether its parents are not reported here.
    """

    version: str
    kind: str = ""
    operation: str = ""
    time: datetime | None = None
    actor: str = ""
    inputs: tuple[InputFile, ...] = ()
    parents: tuple[str, ...] = ()
    is_retired: bool = False
    keeps_parents: bool = False

    def as_json(self) -> Any:
        """Return it as every list names its parts."""
        return {
            "version": self.version,
            "kind": self.kind,
            "operation": self.operation,
            "published": None if self.time is None else self.time.isoformat(),
            "actor": self.actor,
            "retired": self.is_retired,
            "inputs": [file.as_json() for file in self.inputs],
            "parents": list(self.parents),
        }

    @property
    def summary_line(self) -> str:
        """What made it, when and by whom, in one line."""
        if not self.kind:
            return "not in this lake"
        when = "" if self.time is None else f"{self.time:%Y-%m-%d %H:%M}"
        line = f"{self.operation}  {when}  {self.actor}"
        return f"{line}  retired" if self.is_retired else line


class LineageTree(Record):
    """A version and everything that it was made from; the version itself comes first."""

    nodes: tuple[LineageNode, ...]

    def as_json(self) -> Any:
        """Return the versions, and which of them was asked for."""
        return {"root": self.root.version, "nodes": [each.as_json() for each in self.nodes]}

    @property
    def root(self) -> LineageNode:
        """The version that was asked for."""
        return self.nodes[0]

    @cached_property
    def by_version(self) -> Mapping[str, LineageNode]:
        """The versions by name."""
        return {each.version: each for each in self.nodes}

    def generations(self) -> dict[str, int]:
        """Return how far each version lies behind the root, by the longest way."""
        found = {self.root.version: 0}
        # A version is further away than whatever was made from it; no way is longer than all.
        for _ in self.nodes:
            before = dict(found)
            for each in self.nodes:
                for parent in each.parents if each.version in found else ():
                    found[parent] = max(found.get(parent, 0), found[each.version] + 1)
            if found == before:
                break
        return found
