"""Which tables hold the fields of an entity, and which small ones become one."""

import random
from dataclasses import dataclass, field

import pytest

from apollo_spark.model.dictionary import Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.tables.layout import SliceSize, cut_entity, cut_fields, plan_slice_folds


def entity(names: str, key: str | None) -> Entity:
    fields = tuple(FieldSpec(name=each, type=FieldType.STRING) for each in names)
    return Entity(name="e", primary_key=key, fields=fields)


REFERENCE = Relation(
    from_entity="e",
    from_field="f",
    to_entity="other",
    to_field="id",
    relationship=Relationship.MANY_TO_ONE,
)


@pytest.mark.parametrize(
    ("names", "key", "cut"),
    [
        ("kab", "k", ["kab"]),
        ("akb", "k", ["akb"]),
        ("kabc", "k", ["kab", "kc"]),
        ("abckdefg", "k", ["akf", "kbc", "kde", "kg"]),
        ("abcdef", None, ["abcdef"]),
    ],
)
def test_every_table_of_a_wide_entity_has_the_key_and_the_first_one_what_joins(
    names: str, key: str | None, cut: list[str]
) -> None:
    tables = cut_entity([REFERENCE], entity(names, key), 3)

    assert ["".join(each) for each in tables] == cut


def test_fields_are_cut_so_that_the_key_finds_room() -> None:
    assert cut_fields("abcde", 3) == (("a", "b"), ("c", "d"), ("e",))
    assert cut_fields("", 3) == ()


@dataclass
class Growing:
    """Plays extensions through: which tables there are, and how many columns were written."""

    max_columns: int
    loaded: int = 3
    added: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    made: int = 0
    written: int = 0
    times: dict[int, int] = field(default_factory=dict)

    def extend(self, fields: int) -> None:
        self.added += fields
        own = [len(each) for each in cut_fields(range(fields), self.max_columns)]
        before = self.written
        sizes = [SliceSize(name, size) for name, size in self.tables.items()]
        folded = plan_slice_folds(sizes, fields, self.max_columns)
        self._write(own[:-1])
        self.written += own[-1] + 1
        if folded:
            total = own[-1] + sum(self.tables.pop(each) for each in folded)
            self._write([len(each) for each in cut_fields(range(total), self.max_columns)])
        else:
            self._put(own[-1])
        self.times[len(self.times)] = self.written - before

    def _write(self, sizes: list[int]) -> None:
        for each in sizes:
            self._put(each)
            self.written += each + 1

    def _put(self, size: int) -> None:
        self.made += 1
        self.tables[f"t{self.made}"] = size

    @property
    def joined(self) -> int:
        return 1 + len(self.tables)

    def allowed(self, width: int) -> int:
        return -(-(self.loaded + self.added) // width) + 8


def test_three_hundred_extensions_of_one_field_stay_cheap_to_read_and_to_write() -> None:
    growing = Growing(400)
    for _ in range(300):
        growing.extend(1)
        assert growing.joined <= growing.allowed(400)

    first, last = (
        sum(growing.times[each] for each in tens) for tens in (range(10), range(290, 300))
    )
    assert last <= 1.5 * first
    assert growing.written <= 10 * (growing.added + 1)
    assert sum(growing.tables.values()) == 300


@pytest.mark.parametrize("seed", range(6))
def test_extensions_of_any_size_stay_cheap(seed: int) -> None:
    choose = random.Random(seed)
    growing = Growing(choose.choice([12, 50, 400]))
    for _ in range(400):
        growing.extend(choose.choice([1, 1, 1, 2, 3, 8, 30, 150, 399, 400, 900]))
        # One column of each table is the key.
        assert growing.joined <= growing.allowed(growing.max_columns - 1)
        assert all(0 < each < growing.max_columns for each in growing.tables.values())

    assert sum(growing.tables.values()) == growing.added
    assert growing.written <= 10 * (growing.added + 1)


def test_full_tables_and_larger_ones_are_left_alone() -> None:
    before = [SliceSize("full", 9), SliceSize("large", 4), SliceSize("one", 1)]

    assert plan_slice_folds(before, 1, 10) == ("one",)
    assert plan_slice_folds(before, 3, 10) == ("one", "large")
    assert plan_slice_folds(before, 9, 10) == ()
