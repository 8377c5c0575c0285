"""A view of a dataset: fewer entities, fields, assays and rows, over the same tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import ViewChange
from apollo_spark.model.dataset import RowRule, TableSlice, homes_of
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.join_path import join_steps
from apollo_spark.records.changes.row_filter import RowFilter
from apollo_spark.records.content import (
    Content,
    Derived,
    coding_entries,
    entity_entries,
    part_texts,
)
from apollo_spark.records.row_guards import with_guards


def make_view(
    base: Content,
    change: ViewChange,
    rows: RowFilter | None = None,
    asked: tuple[AssayRecord, ...] = (),
) -> Derived:
    """Return a view of a dataset.

    Fields by which rows are joined are kept with their entities. A row rule is kept by value, over
    the base's tables; what hangs from a row of the main entity follows it, and what is joined to
    nothing is left out, because no rule could say which of its rows may be seen.

    Args:
        base: What the view is of.
        change: What is kept.
        rows: The rule on rows, checked against the base's dictionary.
        asked: The assays that the rule asks for, also such as the view leaves out.

    Raises:
        NotFoundError: Entities, fields or assays that the base does not show, all of them.
        UsageError: A field of an entity that is left out, or rules on rows without a key.
    """
    chosen = _Choice(base, change)
    chosen.check()
    wanted = chosen.fields()
    left_out = [] if rows is None else chosen.leave_unjoined(wanted)
    joining = _joining_fields(base, set(wanted))
    dictionary = _narrow(base.dictionary, _union(wanted, joining))
    view = replace(
        base,
        dictionary=dictionary,
        slices={each.name: _narrow_slices(base, each) for each in dictionary.entities},
        assays=tuple(each for each in base.assays if each.name in chosen.assays),
        hides=True,
    )
    parts: tuple[str, ...] = ()
    if rows is not None:
        view, parts = _limit_rows(base, view, rows, asked)
    return Derived(view.only_used_pins(), parts, _notes(wanted, joining, left_out))


class _Choice:
    """What a person chose, and what that means."""

    def __init__(self, base: Content, change: ViewChange) -> None:
        self._base = base
        self._change = change
        self._named: dict[str, set[str]] = {}
        for path in change.fields or ():
            entity, _, field = path.partition(".")
            self._named.setdefault(entity, set()).add(field)
        named = (each.name for each in base.assays)
        self.assays = frozenset(named if change.assays is None else change.assays)
        if change.assays is None:
            kept = self._entities()
            self.assays = frozenset(each.name for each in base.assays if each.entity in kept)

    def check(self) -> None:
        """Refuse names that the base does not show, and fields of what is left out."""
        known = self._base.dictionary
        lost = [each for each in self._change.entities or () if known.find_entity(each) is None]
        for path in self._change.fields or ():
            entity = known.find_entity(path.partition(".")[0])
            if entity is None or entity.find_field(path.partition(".")[2]) is None:
                lost.append(path)
        assays = {each.name for each in self._base.assays}
        lost += [each for each in self._change.assays or () if each not in assays]
        if lost:
            raise NotFoundError("\n".join(["These cannot be found:", *(f"  {x}" for x in lost)]))
        outside = sorted(set(self._named) - self._entities())
        if outside:
            raise UsageError(
                f"Fields are named of entities that are left out: {', '.join(outside)}.",
                fix="Name the entities too, or leave --entities out.",
            )

    def fields(self) -> dict[str, set[str]]:
        """Return the fields that were chosen, by entity."""
        return {
            each.name: self._named.get(each.name) or {spec.name for spec in each.fields}
            for each in self._base.dictionary.entities
            if each.name in self._entities()
        } | {
            each.entity: set(self._named.get(each.entity, ()))
            for each in self._base.assays
            if each.name in self.assays and each.entity not in self._entities()
        }

    def leave_unjoined(self, wanted: dict[str, set[str]]) -> list[str]:
        """Take the entities out that are joined to nothing, and return them.

        Raises:
            UsageError: One of them was named.
        """
        left = sorted(self._base.dictionary.unjoined & wanted.keys())
        if left and (self._change.entities is not None or self._change.fields is not None):
            raise UsageError(
                f"The rows of {', '.join(left)} cannot be limited: they are joined to nothing.",
                fix="Leave them out of a view of some rows; a view without --rows may have them.",
            )
        for each in left:
            del wanted[each]
        return left

    def _entities(self) -> set[str]:
        if self._change.entities is not None:
            return set(self._change.entities)
        if self._change.fields is not None:
            return set(self._named)
        return {each.name for each in self._base.dictionary.entities}


def _joining_fields(base: Content, entities: Iterable[str]) -> dict[str, set[str]]:
    """Return the fields by which the rows of some entities, and of those between, are joined."""
    dictionary = base.dictionary
    entities = set(entities)
    alone = dictionary.unjoined & entities
    found: dict[str, set[str]] = {each: set() for each in (dictionary.main_entity, *alone)}
    for step in join_steps(dictionary, entities - alone):
        found.setdefault(step.parent, set()).add(step.parent_field)
        found.setdefault(step.entity, set()).add(step.field)
    for assay in base.assays:
        if assay.entity in found:
            found[assay.entity].add(assay.field)
    for name, fields in found.items():
        entity = dictionary.find_entity(name)
        if entity is not None and entity.primary_key is not None:
            fields.add(entity.primary_key)
    for name, fields in found.items():
        fields |= {each.on for each in base.tables_of(name) if each.on is not None}
    return found


def _union(
    first: Mapping[str, set[str]], second: Mapping[str, set[str]]
) -> dict[str, frozenset[str]]:
    names = {*first, *second}
    return {each: frozenset(first.get(each, ())) | second.get(each, set()) for each in names}


def _narrow(dictionary: DataDictionary, kept: Mapping[str, frozenset[str]]) -> DataDictionary:
    """Return the part of a dictionary that is about some fields."""
    entities = tuple(
        each.model_copy(
            update={"fields": tuple(spec for spec in each.fields if spec.name in kept[each.name])}
        )
        for each in dictionary.entities
        if each.name in kept
    )
    codings = {spec.coding_name for each in entities for spec in each.fields}
    return DataDictionary(
        main_entity=dictionary.main_entity,
        entities=entities,
        relations=tuple(
            each
            for each in dictionary.relations
            if each.from_field in kept.get(each.from_entity, ())
            and each.to_field in kept.get(each.to_entity, ())
        ),
        codings=tuple(each for each in dictionary.codings if each.name in codings),
    )


def _narrow_slices(base: Content, entity: Entity) -> tuple[TableSlice, ...]:
    """Return the tables of an entity that still hold something, with what they hold of it."""
    tables = base.tables_of(entity.name)
    named = homes_of(tables)
    homes = {each.name: named.get(each.name, 0) for each in entity.fields}
    kept = {0, *homes.values()}
    return tuple(
        each.model_copy(
            update={
                "fields": tuple(field for field, home in homes.items() if home == number),
                "columns": tuple(pair for pair in each.columns if homes.get(pair[0]) == number),
            }
        )
        for number, each in enumerate(tables)
        if number in kept
    )


def _limit_rows(
    base: Content, view: Content, rows: RowFilter, asked: tuple[AssayRecord, ...]
) -> tuple[Content, tuple[str, ...]]:
    main = base.dictionary.find_entity(base.dictionary.main_entity)
    if main is None or main.primary_key is None:
        raise UsageError("Rows can be limited only where the main entity has a primary key.")
    mentioned: dict[str, set[str]] = {}
    for entity, field in rows.fields:
        mentioned.setdefault(entity, set()).add(field)
    reached = {*mentioned, *(each.name for each in view.dictionary.entities)}
    needed = _union(mentioned, _joining_fields(base, reached))
    world = _narrow(base.dictionary, needed)
    ruled = replace(
        base,
        dictionary=world,
        slices={each.name: _narrow_slices(base, each) for each in world.entities},
        assays=asked,
    ).only_used_pins()
    rule = RowRule(
        entity=main.name,
        text=rows.kept_text,
        members=rows.kept_members,
        main_entity=main.name,
        entities=entity_entries(world, ruled.slices),
        codings=coding_entries(world),
        relations=world.relations,
        assays=asked,
        pins=(*ruled.pins, *rows.lists),
    )
    guarded = with_guards(view.dictionary, view.tables_of, rule=len(base.rules))
    return replace(view, slices=guarded, rules=(*base.rules, rule)), part_texts(world)


def _notes(
    wanted: Mapping[str, set[str]], joining: Mapping[str, set[str]], left_out: Sequence[str]
) -> tuple[str, ...]:
    besides = sorted(
        f"{entity}.{field}"
        for entity, fields in joining.items()
        for field in fields - wanted.get(entity, set())
    )
    notes = []
    if besides:
        notes.append(f"kept as well, because rows are joined by them: {', '.join(besides)}")
    if left_out:
        notes.append(f"left out, because no rule on rows reaches them: {', '.join(left_out)}")
    return tuple(notes)
