"""Fields of some rows, and beside them repeated measures of their people as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from apollo_spark.query.dialects import OrderedList
from apollo_spark.query.joined import Asked, FieldsQuestion
from apollo_spark.query.located import LocatedFields, LocatedQuestion, locate_columns
from apollo_spark.query.sql import column, derived, labelled, literal
from apollo_spark.query.wide.rows import LINK, SLOT, NumberedRows, numbered
from apollo_spark.workers.values.spreading import Held, OwnFields, Spread

SLOTS = "row slots"


@dataclass(frozen=True)
class WideQuestion(FieldsQuestion):
    """A question of which some fields are asked of several rows of each person.

    `asked` names such a field once for each column.

    Attributes:
        repeats: The rows that become columns, by entity.
        slots: The slot of each column; None of a field that each row has once.
        listed: The slots of each entity.
    """

    repeats: Mapping[str, NumberedRows] = field(default_factory=dict)
    slots: Sequence[int | None] = ()
    listed: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @cached_property
    def stored_names(self) -> tuple[str, ...]:
        """The names of the columns; those of repeated measures end with their slot."""
        pairs = zip(super().stored_names, self.slots, self.asked, strict=True)
        return tuple(
            each if slot is None else f"{each}.{self.repeats[entity.name].repeat.name_of(slot)}"
            for each, slot, (entity, _) in pairs
        )

    def is_repeated(self, place: int) -> bool:
        """Whether a field is asked of several rows."""
        return self.slots[place] is not None

    def column_of(self, place: int) -> exp.Column:
        """Return the stored value of a field in a statement."""
        slot = self.slots[place]
        if slot is None:
            return super().column_of(place)
        entity, spec = self.asked[place]
        return column(_wide(entity.name), _slot_name(spec.name, slot))

    def over(
        self,
        values: Sequence[exp.Expr],
        asked: Asked,
        sources: Mapping[str, exp.Table | exp.Subquery] | None = None,
    ) -> exp.Select:
        """Return a statement over the joined entities and their repeated measures."""
        once = [(each, spec) for each, spec in asked if (each.name, spec.name) in self._once]
        tree = super().over(values, once, sources)
        for entity, rows in self.repeats.items():
            own = _wide(entity)
            given = (sources or {}).get(own) or self._measures(entity)
            same = exp.EQ(this=column(*rows.link), expression=column(own, LINK))
            tree = tree.join(given, on=same, join_type="left outer", copy=False)
        return tree

    @cached_property
    def _once(self) -> frozenset[tuple[str, str]]:
        """The fields that each row has once, also of an entity whose rows become columns."""
        pairs = zip(self.asked, self.slots, strict=True)
        return frozenset((each.name, spec.name) for (each, spec), slot in pairs if slot is None)

    def needed(self, asked: Asked) -> Mapping[str, Sequence[str]]:
        """Return by entity the stored fields of a statement that mentions some."""
        links = [rows.link for rows in self.repeats.values()]
        found = {entity: list(fields) for entity, fields in super().needed(asked).items()}
        for entity, name in links:
            if name not in found.setdefault(entity, []):
                found[entity].append(name)
        return found

    def fields_of(self, entity: str) -> list[str]:
        """Return the fields of an entity whose rows become columns, each once."""
        pairs = zip(self.asked, self.slots, strict=True)
        its = (spec.name for (each, spec), at in pairs if each.name == entity and at is not None)
        return list(dict.fromkeys(its))

    def _measures(self, entity: str) -> exp.Subquery:
        """Return what stands after FROM for an entity: a row for each link, its slots columns."""
        fields = self.fields_of(entity)
        tree = self.repeats[entity].chosen(fields).select(labelled(numbered(LINK), LINK))
        for name in fields:
            for slot in self.listed[entity]:
                is_it = exp.EQ(this=numbered(SLOT), expression=literal(slot))
                value = exp.Max(this=exp.case().when(is_it, numbered(name), copy=False))
                tree = tree.select(labelled(value, _slot_name(name, slot)), copy=False)
        return derived(tree.group_by(numbered(LINK), copy=False), _wide(entity))

    def locate(self, found: Sequence[LocatedFields]) -> LocatedQuestion:
        """Return the question for keys of rows; of repeated ones, lists in the order of slots."""
        repeated = [each for each in found if self.is_repeated(each.places[0][0])]
        once = [each for each in found if each not in repeated]
        fields = [place for place, slot in enumerate(self.slots) if slot is None]
        plan = locate_columns(self, fields, once)
        values, sources = list(plan.values), dict(plan.sources)
        own, held = list(plan.own), dict(zip(once, plan.held, strict=True))
        for entity in self.repeats:
            its = [each for each in repeated if each.entity == entity]
            lists = _Lists(self, entity, its)
            spread = Spread(len(values), tuple(self.listed[entity]))
            alias = _wide(entity)
            sources[alias] = lists.source()
            values += [
                labelled(column(alias, each), f"{alias} {each}") for each in (SLOTS, *lists.columns)
            ]
            places = {name: spread.column + 1 + at for at, name in enumerate(lists.columns)}
            own += [OwnFields(Held(places[name], spread), its) for name, its in lists.own.items()]
            held |= {each: Held(places[f"key {each.number}"], spread) for each in lists.found}
        tree = self.over(values, [self.asked[place] for place in plan.shown], sources)
        return LocatedQuestion(tree, tuple(own), tuple(held[each] for each in found))


@dataclass(frozen=True)
class _Lists:
    """An entity as one row for each link, with lists: of slots, keys of tables, and own fields."""

    question: WideQuestion
    entity: str
    found: Sequence[LocatedFields]

    @cached_property
    def own(self) -> Mapping[str, tuple[int, ...]]:
        """The places of the fields that are read by no key, by field."""
        elsewhere = {place for each in self.found for its in each.places for place in its}
        places: dict[str, list[int]] = {}
        for place, (entity, spec) in enumerate(self.question.asked):
            is_own = entity.name == self.entity and self.question.is_repeated(place)
            if is_own and place not in elsewhere:
                places.setdefault(spec.name, []).append(place)
        return {name: tuple(its) for name, its in places.items()}

    @property
    def columns(self) -> list[str]:
        """The lists beside that of slots."""
        return [*(f"key {each.number}" for each in self.found), *self.own]

    def source(self) -> exp.Subquery:
        """Return what stands after FROM."""
        rows = self.question.repeats[self.entity]
        tree = rows.chosen(list(self.own), [each.number for each in self.found])
        tree = tree.select(labelled(numbered(LINK), LINK), _in_order(SLOT, SLOTS))
        tree = tree.select(*(_in_order(each, each) for each in self.columns), copy=False)
        return derived(tree.group_by(numbered(LINK), copy=False), _wide(self.entity))


def _wide(entity: str) -> str:
    """Return the alias of an entity's measures, beside its rows where they are read as well."""
    return f"{entity} wide"


def _in_order(name: str, label: str) -> exp.Alias:
    return labelled(OrderedList(this=numbered(name), place=numbered(SLOT)), label)


def _slot_name(field_name: str, slot: int) -> str:
    return f"{field_name} {slot}"
