"""The rows of an entity with the row of the main entity that they belong to, and their slot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldType
from apollo_spark.model.join_path import path_to
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import cast, column, derived, labelled, literal
from apollo_spark.query.values import type_codes
from apollo_spark.query.wide.repeats import Numbering, Repeat

LINK, SLOT = "row link", "row slot"
"""Columns beside those of fields, whose names have no space."""
TIMES, MOST, ROWS, REPEATED = "times", "most", "rows", "repeated"
_NUMBERED = "numbered"
_ONE, _NOTHING = exp.Literal.number(1), exp.Null()


@dataclass(frozen=True)
class NumberedRows:
    """Rows of an entity that become columns.

    Attributes:
        scope: What may be read.
        repeat: The entity, and what numbers its rows.
    """

    scope: QueryScope
    repeat: Repeat

    @property
    def link(self) -> tuple[str, str]:
        """The field of the main entity that the rows are joined to, with its entity."""
        step = path_to(self.scope.dictionary, self.repeat.entity.name)[0]
        return step.parent, step.parent_field

    def rows(self, fields: Sequence[str], tables: Collection[int] = ()) -> exp.Select:
        """Ask for link, slot and fields of every row; a row without a number has no slot.

        Args:
            fields: Fields of the entity.
            tables: Tables of it by number, whose keys are asked for as `key NUMBER`.
        """
        entity = self.repeat.entity
        wanted = [*fields, *self._ties(fields)]
        sources, keys = self._sources(wanted, tables)
        first, *steps = path_to(self.scope.dictionary, entity.name)
        link = column(first.entity, first.field)
        shown = [labelled(column(entity.name, each), each) for each in dict.fromkeys(fields)]
        shown += [labelled(column(entity.name, key), f"key {at}") for at, key in keys.items()]
        slot = labelled(self._slot(link, fields), SLOT)
        tree = exp.select(labelled(link.copy(), LINK), slot, *shown)
        tree = tree.from_(sources[first.entity], copy=False)
        for step in steps:
            near, far = column(step.parent, step.parent_field), column(step.entity, step.field)
            same = exp.EQ(this=near, expression=far)
            tree = tree.join(sources[step.entity], on=same, join_type="inner", copy=False)
        return tree

    def chosen(self, fields: Sequence[str], tables: Collection[int] = ()) -> exp.Select:
        """Return rows to read from, under `NUMBERED`, that have a slot: the one where one is."""
        tree = exp.select().from_(derived(self.rows(fields, tables), _NUMBERED), copy=False)
        slot = numbered(SLOT)
        if self.repeat.takes_one:
            return tree.where(exp.EQ(this=slot, expression=_ONE.copy()), copy=False)
        return tree.where(_is_there(slot), copy=False)

    def slots(self) -> exp.Select:
        """Ask for each slot, most rows of it in one, all its rows, and how many have several."""
        entity, field = self.link
        main = exp.select(column(entity, field)).from_(self.scope.source(entity, [field]))
        belongs = exp.In(this=numbered(LINK), query=exp.Subquery(this=main))
        times = labelled(exp.Count(this=exp.Star()), TIMES)
        each = exp.select(labelled(numbered(SLOT), SLOT), times)
        each = each.from_(derived(self.rows([]), _NUMBERED), copy=False)
        each = each.where(belongs, copy=False).group_by(numbered(LINK), numbered(SLOT), copy=False)
        number = numbered(TIMES)
        several = exp.GT(this=number.copy(), expression=_ONE.copy())
        count = exp.case().when(several, _ONE.copy(), copy=False).else_(exp.Literal.number(0))
        found = exp.select(
            labelled(numbered(SLOT), SLOT),
            labelled(exp.Max(this=number), MOST),
            labelled(_whole(exp.Sum(this=number.copy())), ROWS),
            labelled(_whole(exp.Sum(this=count)), REPEATED),
        )
        return found.from_(derived(each, _NUMBERED)).group_by(numbered(SLOT), copy=False)

    def _sources(
        self, fields: Sequence[str], tables: Collection[int]
    ) -> tuple[dict[str, exp.Table | exp.Subquery], Mapping[int, str]]:
        """Return what is read of each entity on the way, and the columns of the keys of tables."""
        own = self.repeat.entity.name
        needed: dict[str, list[str]] = {own: list(fields)}
        first, *steps = path_to(self.scope.dictionary, own)
        for entity, field in (
            (self.repeat.owner.name, self.repeat.by.name),
            (first.entity, first.field),
            *((each.parent, each.parent_field) for each in steps),
            *((each.entity, each.field) for each in steps),
        ):
            needed.setdefault(entity, []).append(field)
        listed = {entity: list(dict.fromkeys(each)) for entity, each in needed.items()}
        sources = {
            entity: self.scope.source(entity, each)
            for entity, each in listed.items()
            if not tables or entity != own
        }
        keys: Mapping[int, str] = {}
        if tables:
            sources[own], keys = self.scope.located_source(own, listed[own], tables)
        return sources, keys

    def _slot(self, link: exp.Column, fields: Sequence[str]) -> exp.Expr:
        repeat = self.repeat
        value = column(repeat.owner.name, repeat.by.name)
        if repeat.numbering is Numbering.NUMBER:
            return exp.case().when(self._numbers(), value, copy=False)
        is_last = repeat.numbering is Numbering.LAST
        ties = [column(repeat.entity.name, each) for each in self._ties(fields)]
        order = [
            exp.Ordered(this=each, desc=is_last, nulls_first=not is_last) for each in (value, *ties)
        ]
        place = exp.Window(
            this=exp.RowNumber(),
            partition_by=[link.copy(), exp.paren(self._numbers())],
            order=exp.Order(expressions=order),
        )
        # Spark numbers rows in 32 bits, which a DataFrame's tasks would see.
        return exp.case().when(self._numbers(), _whole(place), copy=False)

    def _numbers(self) -> exp.Expr:
        """Return whether the field numbers or orders a row: it is there, and no sparse code."""
        repeat = self.repeat
        value = column(repeat.owner.name, repeat.by.name)
        is_there = _is_there(value)
        coding = self.scope.dictionary.find_coding(repeat.by.coding_name)
        if not repeat.by.is_sparse or coding is None:
            return is_there
        codes = [literal(each) for each in type_codes(coding, repeat.by.type).meanings]
        if not codes:
            return is_there
        return exp.and_(is_there, exp.Not(this=exp.In(this=value.copy(), expressions=codes)))

    def _ties(self, fields: Sequence[str]) -> list[str]:
        """Return what tells rows of equal values apart: the key, else what is shown of them."""
        if self.repeat.numbering is Numbering.NUMBER:
            return []
        entity = self.repeat.entity
        return [*([entity.primary_key] if entity.primary_key else []), *_orderable(entity, fields)]


def numbered(name: str) -> exp.Column:
    """Return a column of numbered rows."""
    return column(_NUMBERED, name)


def _orderable(entity: Entity, fields: Sequence[str]) -> list[str]:
    found = (entity.find_field(each) for each in fields)
    return [each.name for each in found if each is not None and not each.is_multi_select]


def _is_there(value: exp.Expr) -> exp.Not:
    return exp.Not(this=exp.Is(this=value, expression=_NOTHING.copy()))


def _whole(value: exp.Expr) -> exp.Expr:
    return cast(value, FieldType.INTEGER)
