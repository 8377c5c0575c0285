"""Entities joined in one statement: where their columns come from, what is shown, in what order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import ascending, column, labelled, name
from apollo_spark.query.values import (
    Codes,
    FieldSource,
    Shown,
    ValueMode,
    has_label,
    show_label,
    show_value,
    type_codes,
)

LABEL = "label"
"""Ends the name of a column with the labels of sparse codes, after a dot: no field has one."""

Asked = Sequence[tuple[Entity, FieldSpec]]
"""Fields with their entities, in the order of the columns."""


@dataclass(frozen=True)
class Join:
    """One more entity, joined left outer by a field to a field of one that is there."""

    near: str
    near_field: str
    far: str
    far_field: str


@dataclass(frozen=True)
class JoinedEntities:
    """Entities to read from: one whose rows are all kept, and those joined to it, in order.

    `order` names the entities whose primary keys order the rows; an entity without one orders
    them by its fields asked for.
    """

    first: str
    joins: tuple[Join, ...]
    order: tuple[str, ...]


@dataclass(frozen=True)
class FieldsQuestion:
    """A question for fields of joined entities, as one statement or in pieces.

    Attributes:
        scope: What may be read.
        joined: The entities.
        asked: The fields, in the order of the columns.
        mode: What is shown of their values.
        sparse_labels: Whether the labels of sparse codes have columns of their own.
        kept: The names of fields that are shown as they are stored, whatever the mode.
    """

    scope: QueryScope
    joined: JoinedEntities
    asked: Asked
    mode: ValueMode
    sparse_labels: bool = False
    kept: frozenset[str] = frozenset()

    @cached_property
    def stored_names(self) -> tuple[str, ...]:
        """The names of the fields as columns, ENTITY.FIELD."""
        return tuple(f"{entity.name}.{spec.name}" for entity, spec in self.asked)

    @cached_property
    def split(self) -> frozenset[int]:
        """The places of the fields beside which the labels of sparse codes stand."""
        if not self.sparse_labels:
            return frozenset()
        pairs = enumerate(zip(self.asked, self.codes, strict=True))
        return frozenset(at for at, ((_, spec), codes) in pairs if has_label(spec, codes))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that are shown."""
        if not self.split:
            return self.stored_names
        pairs = enumerate(self.stored_names)
        return tuple(name for at, each in pairs for name in self._names_of(at, each))

    def label_of(self, place: int) -> str | None:
        """Return the name of the column with a field's labels, if it has one."""
        return label_name(self.stored_names[place]) if place in self.split else None

    def _names_of(self, place: int, stored: str) -> tuple[str, ...]:
        return (stored, label_name(stored)) if place in self.split else (stored,)

    def statement(self) -> exp.Select:
        """Return the question as one statement, which shows the values as they are asked for."""
        shown = [each for place in range(len(self.asked)) for each in self._shown(place)]
        values = zip(shown, self.columns, strict=True)
        tree = self.over([labelled(each.value, title) for each, title in values], self.asked)
        _add_lookups(tree, shown)
        return tree

    def is_repeated(self, _place: int) -> bool:
        """Whether a field is asked of several rows."""
        return False

    def column_of(self, place: int) -> exp.Column:
        """Return the stored value of a field in a statement."""
        entity, spec = self.asked[place]
        return column(entity.name, spec.name)

    def _source(self, place: int) -> FieldSource:
        entity, spec = self.asked[place]
        return FieldSource(
            name=self.stored_names[place],
            spec=spec,
            rows=lambda alias: self.scope.source(entity.name, [spec.name], alias),
            column=self.column_of(place),
        )

    def _shown(self, place: int) -> Iterator[Shown]:
        source, codes = self._source(place), self.codes[place]
        if place not in self.split:
            yield show_value(source, codes, self.mode)
        else:
            assert codes is not None, "a sparse field has a coding"
            yield show_value(source, codes, ValueMode.EXCLUDE_SPARSE)
            yield show_label(source, codes)

    def stored(self) -> exp.Select:
        """Return the statement for the stored values."""
        return self.over(self.stored_columns(range(len(self.asked))), self.asked)

    def stored_columns(self, places: Iterable[int]) -> list[exp.Expr]:
        """Return the stored values of some fields under their names."""
        return [labelled(self.column_of(each), self.stored_names[each]) for each in places]

    def packed(self) -> "PackedQuestion":
        """Return `stored` for very many fields: those of a table and type are one array."""
        wanted: dict[str, dict[str, str]] = {}
        for entity, spec in self.asked:
            type_ = f"{spec.type}s" if spec.is_multi_select else str(spec.type)
            wanted.setdefault(entity.name, {})[spec.name] = type_
        needed = self.needed(())
        sources: dict[str, exp.Table | exp.Subquery] = {}
        packs: list[exp.Expr] = []
        held: dict[tuple[str, str], tuple[int, int]] = {}
        for owner, types in wanted.items():
            sources[owner], found = self.scope.packed_source(owner, needed.get(owner, ()), types)
            for pack, fields in found.items():
                held |= {(owner, each): (len(packs), part) for part, each in enumerate(fields)}
                packs.append(labelled(column(owner, pack), f"pack {len(packs)}"))
        parts = tuple(held[entity.name, spec.name] for entity, spec in self.asked)
        return PackedQuestion(self.over(packs, (), sources), len(packs), parts)

    @cached_property
    def codes(self) -> tuple[Codes | None, ...]:
        """The codes of each field as values of its type, where they change what is shown."""
        found = _type_codes(self.scope.dictionary, self.asked, self.mode)
        names = zip(self.asked, self.stored_names, strict=True)
        return tuple(
            None if name in self.kept else found.get((spec.coding_name, spec.type))
            for (_, spec), name in names
        )

    @cached_property
    def order(self) -> tuple[tuple[str, str], ...]:
        """The entities and fields that order the rows."""
        dictionary = self.scope.dictionary
        return tuple(
            key
            for entity in self.joined.order
            for key in _order_fields(dictionary, entity, self.asked)
        )

    def over(
        self,
        values: Sequence[exp.Expr],
        asked: Asked,
        sources: Mapping[str, exp.Table | exp.Subquery] | None = None,
    ) -> exp.Select:
        """Return a statement over the joined entities, in the order of their rows.

        Args:
            values: Its columns.
            asked: The stored fields that these mention.
            sources: What comes after FROM for some of the entities, with the fields needed.
        """
        needed = self.needed(asked)

        def read(entity: str) -> exp.Table | exp.Subquery:
            given = (sources or {}).get(entity)
            return given or self.scope.source(entity, needed.get(entity, ()))

        tree = exp.select(*values).from_(read(self.joined.first), copy=False)
        for join in self.joined.joins:
            same = exp.EQ(
                this=column(join.near, join.near_field), expression=column(join.far, join.far_field)
            )
            tree = tree.join(read(join.far), on=same, join_type="left outer", copy=False)
        keys = [ascending(column(entity, key)) for entity, key in self.order]
        return tree.order_by(*keys, copy=False)

    def needed(self, asked: Asked) -> Mapping[str, Sequence[str]]:
        """Return by entity the stored fields, each once, of a statement that mentions some."""
        pairs = [(entity.name, spec.name) for entity, spec in asked]
        for join in self.joined.joins:
            pairs += [(join.near, join.near_field), (join.far, join.far_field)]
        needed: dict[str, list[str]] = {}
        for entity, field in dict.fromkeys([*pairs, *self.order]):
            needed.setdefault(entity, []).append(field)
        return needed


@dataclass(frozen=True)
class PackedQuestion:
    """A question whose answer has many fields in few columns.

    Attributes:
        tree: The statement.
        packs: How many packs.
        parts: Where each field is: the number of its pack, and its place there.
    """

    tree: exp.Select
    packs: int
    parts: tuple[tuple[int, int], ...]


def label_name(stored: str) -> str:
    """Return the name of the column with the labels of a field's sparse codes."""
    return f"{stored}.{LABEL}"


def _order_fields(dictionary: DataDictionary, entity: str, asked: Asked) -> list[tuple[str, str]]:
    found = dictionary.find_entity(entity)
    if found is not None and found.primary_key is not None:
        return [(entity, found.primary_key)]
    return [
        (entity, spec.name)
        for each, spec in asked
        if each.name == entity and not spec.is_multi_select
    ]


def _type_codes(
    dictionary: DataDictionary, asked: Asked, mode: ValueMode
) -> dict[tuple[str | None, FieldType], Codes]:
    if mode is ValueMode.RAW:
        return {}
    used = dict.fromkeys((spec.coding_name, spec.type) for _, spec in asked)
    found = ((*key, dictionary.find_coding(key[0])) for key in used)
    return {(title, type_): type_codes(coding, type_) for title, type_, coding in found if coding}


def _add_lookups(tree: exp.Select, shown: Iterable[Shown]) -> None:
    queries = {alias: query for each in shown for alias, query in each.queries}
    for alias, query in queries.items():
        tree.with_(name(alias), as_=query, copy=False)
    for each in shown:
        for found, same in each.joins:
            tree.join(found, on=same, join_type="left outer", copy=False)
