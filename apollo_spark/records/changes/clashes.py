"""Names that a source and a target both have: joined, prefixed, or refused with what to add.

Names that differ only by case are one name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apollo_spark.errors import ConflictError
from apollo_spark.model.change import ClinicalMerge
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.names import find_name_problem
from apollo_spark.records.content import Content
from apollo_spark.records.open_codings import can_be_joined


@dataclass(frozen=True)
class Renaming:
    """What the source's names become in the result; names that are not listed stay.

    Attributes:
        entities: Entities.
        fields: Fields of the entity that is joined to one of the target.
        codings: Codings; equal ones become that of the target.
        assays: Assays.
        joined: The source's entity that becomes one with the target's, or None.
    """

    entities: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    codings: Mapping[str, str] = field(default_factory=dict)
    assays: Mapping[str, str] = field(default_factory=dict)
    joined: str | None = None

    def entity(self, name: str) -> str:
        """Return what an entity is called in the result."""
        return self.entities.get(name, name)

    def field(self, entity: str, name: str) -> str:
        """Return what a field of a source's entity is called in the result."""
        return self.fields.get(name, name) if entity == self.joined else name

    def coding(self, name: str | None) -> str | None:
        """Return what a coding is called in the result."""
        return None if name is None else self.codings.get(name, name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know: the names that changed."""
        groups = {
            "entity": self.entities,
            "field": self.fields,
            "coding": self.codings,
            "assay": self.assays,
        }
        return tuple(
            f"the {kind} {old} of the source is now {new}"
            for kind, names in groups.items()
            for old, new in names.items()
            if new.casefold() != old.casefold()
        )


def settle_names(
    source: Content, target: Content, change: ClinicalMerge, *, source_name: str
) -> Renaming:
    """Return what the source's names become.

    Raises:
        ConflictError: Names clash and the rule does not say what becomes of them; each is listed
            with the option to add.
    """
    settling = _Settling(source, target, change, source_name)
    renaming = settling.run()
    if settling.clashes:
        raise ConflictError(
            "\n".join(
                [
                    f"{change.source} and {change.target} have names in common:",
                    *(f"  {each}" for each in settling.clashes),
                ]
            )
        )
    return renaming


class _Settling:
    """Renames kind by kind, and collects what clashes."""

    def __init__(
        self, source: Content, target: Content, change: ClinicalMerge, source_name: str
    ) -> None:
        self._source = source
        self._target = target
        self._change = change
        self._suggested = re.sub(r"\W", "_", source_name, flags=re.ASCII) + "_"
        self.clashes: list[str] = []

    def run(self) -> Renaming:
        joined = self._joined()
        return Renaming(
            entities=self._entities(joined),
            fields=self._fields(joined) if joined else {},
            codings=self._codings(),
            assays=self._rename(
                "assay",
                [each.name for each in self._source.assays],
                [each.name for each in self._target.assays],
            ),
            joined=joined,
        )

    def _joined(self) -> str | None:
        link = self._change.link
        are_one = link.source_entity.casefold() == link.target_entity.casefold()
        is_asked = self._change.on_clash.is_joined and self._change.relationship == "one_to_one"
        return link.source_entity if are_one and is_asked else None

    def _entities(self, joined: str | None) -> dict[str, str]:
        names = [each.name for each in self._source.dictionary.entities if each.name != joined]
        taken = [each.name for each in self._target.dictionary.entities]
        found = self._rename("entity", names, taken)
        return found | ({joined: self._change.link.target_entity} if joined else {})

    def _fields(self, joined: str) -> dict[str, str]:
        """Rename the fields of the joined entity; the link of one name is one field."""
        link = self._change.link
        own = _find(self._source, joined)
        near = _find(self._target, link.target_entity)
        names = [each.name for each in own.fields]
        found: dict[str, str] = {}
        if link.source_field.casefold() == link.target_field.casefold():
            names.remove(link.source_field)
            found[link.source_field] = link.target_field
        taken = [each.name for each in near.fields]
        return found | self._rename("field", names, taken, owner=f"{near.name}.")

    def _codings(self) -> dict[str, str]:
        known = {each.name.casefold(): each for each in self._target.dictionary.codings}
        equal: dict[str, str] = {}
        others: list[str] = []
        for coding in self._source.dictionary.codings:
            same = known.get(coding.name.casefold())
            if same is not None and self._are_one(coding, same):
                equal[coding.name] = same.name
            else:
                others.append(coding.name)
        return equal | self._rename("coding", others, [each.name for each in known.values()])

    def _are_one(self, coding: Coding, same: Coding) -> bool:
        """Return whether codings of both are equal, or open and agree on the codes of both."""
        dictionaries = self._source.dictionary, self._target.dictionary
        return _is_equal(same, coding) or can_be_joined(*dictionaries, coding.name, same.name)

    def _rename(
        self, kind: str, names: Iterable[str], target: Iterable[str], *, owner: str = ""
    ) -> dict[str, str]:
        listed = list(names)
        taken = {each.casefold() for each in target}
        clashing = [each for each in listed if each.casefold() in taken]
        if self._change.on_clash.prefix is None:
            advised = (f"{kind} {owner}{each}: {self._advice(kind, each)}" for each in clashing)
            self.clashes += advised
            return {}
        used = taken | {each.casefold() for each in listed}
        found = {each: f"{self._change.on_clash.prefix}{each}" for each in clashing}
        for old, new in found.items():
            if problem := self._problem(kind, new, used):
                self.clashes.append(f"{kind} {owner}{old}: choose another prefix, {problem}")
        return found

    def _problem(self, kind: str, name: str, used: set[str]) -> str | None:
        if name.casefold() in used:
            return f"{name} is taken too"
        return None if kind == "coding" else find_name_problem(name)

    def _advice(self, kind: str, name: str) -> str:
        prefix = f"prefix:{self._suggested}"
        becomes = f"(it becomes {self._suggested}{name})"
        if self._change.on_clash.is_joined:
            return f"{self._reason(kind, name)}add --on-clash join,{prefix} {becomes}"
        if kind == "entity" and self._could_be_joined(name):
            return (
                "add --on-clash join (both become one entity, fields side by side) or "
                f"--on-clash {prefix} {becomes}"
            )
        return f"{self._reason(kind, name)}add --on-clash {prefix} {becomes}"

    def _reason(self, kind: str, name: str) -> str:
        """Return how many codes of a coding differ; other names say themselves why they clash."""
        if kind != "coding":
            return ""
        known = {each.name.casefold(): each for each in self._target.dictionary.codings}
        coding = next(x for x in self._source.dictionary.codings if x.name == name)
        return f"{coding_difference(coding, known[name.casefold()])}; "

    def _could_be_joined(self, name: str) -> bool:
        link = self._change.link
        return (
            name == link.source_entity
            and name.casefold() == link.target_entity.casefold()
            and self._change.relationship == "one_to_one"
        )


def coding_difference(first: Coding, second: Coding) -> str:
    """Return how many codes of two codings of one name differ, as people read it."""
    own, near = _meant(first), _meant(second)
    parts = {
        "only in the source": len(own.keys() - near.keys()),
        "only in the target": len(near.keys() - own.keys()),
        "of another meaning": sum(own[each] != near[each] for each in own.keys() & near.keys()),
    }
    if not any(parts.values()):
        return "their codes are the same and are in another order"
    counts = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    total = len(own.keys() | near.keys())
    return f"their codes differ, {sum(parts.values()):,} of {total:,} ({counts})"


def _meant(coding: Coding) -> dict[str, set[tuple[str, str, str]]]:
    """Return what each code means and where it is, whatever the order of the codes."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for row in coding.rows:
        found.setdefault(row.code, set()).add((row.meaning, row.concept, row.parent_code))
    return found


def _find(content: Content, name: str) -> Entity:
    found = content.dictionary.find_entity(name)
    assert found is not None, "the ends of the link are checked"
    return found


def _is_equal(first: Coding, second: Coding) -> bool:
    return first.rows == second.rows
