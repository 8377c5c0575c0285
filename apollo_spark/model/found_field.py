"""Fields that were found by a text, in the folders of the dictionary."""

from typing import Any

from apollo_spark.model.base import Record


class FoundField(Record):
    """A field that was found.

    Attributes:
        field: It, as `entity.field`.
        title, units, coding: What the dictionary says of it.
        folders: Its folder, from the outermost in.
        codes: The codes of its coding that were found, with their meanings.
        people: People with a value; None where that was not counted at the load.
        share: Their share of all people.
    """

    field: str
    title: str | None = None
    units: str | None = None
    coding: str | None = None
    folders: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    people: int | None = None
    share: float | None = None


class FieldFolder(Record):
    """A folder of found fields; the outermost has no name."""

    name: str
    fields: tuple[FoundField, ...] = ()
    folders: "tuple[FieldFolder, ...]" = ()

    @property
    def count(self) -> int:
        """How many fields are in it and in the folders in it."""
        return len(self.fields) + sum(each.count for each in self.folders)


class FoundFields(Record):
    """The fields that were found, in the order of the dictionary."""

    fields: tuple[FoundField, ...]

    @property
    def tree(self) -> FieldFolder:
        """The same fields in their folders, which are in the order of their first fields."""
        return _folder("", [(each.folders, each) for each in self.fields])

    def as_json(self) -> Any:
        """Return the tree as JSON."""
        return self.tree.model_dump(mode="json")


def _folder(name: str, fields: "list[tuple[tuple[str, ...], FoundField]]") -> FieldFolder:
    inner: dict[str, list[tuple[tuple[str, ...], FoundField]]] = {}
    for path, each in fields:
        if path:
            inner.setdefault(path[0], []).append((path[1:], each))
    return FieldFolder(
        name=name,
        fields=tuple(each for path, each in fields if not path),
        folders=tuple(_folder(each, found) for each, found in inner.items()),
    )
