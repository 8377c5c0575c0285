"""Random studies with a field of every kind, and random filters that can be asked of them."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    COUNT_OPERATORS,
    LISTS,
    NO_VALUE,
    RANGES,
    TEXT_SEARCHES,
    And,
    Comparison,
    CountOf,
    Day,
    Exists,
    Filter,
    FilterValue,
    Moment,
    Not,
    Operator,
    Or,
)
from apollo_spark.query.filters.reach import EntityTree
from tests.support.dictionaries import RELATIONSHIPS

Rows = dict[str, list[dict[str, Any]]]
Study = tuple[DataDictionary, Rows]

ENTITIES = ("patient", "visit", "test", "site", "note")
DAY = date(2020, 2, 28)
NOON = datetime(2020, 2, 28, 12, tzinfo=timezone.utc)
TEXTS = ["", "a", "A", "ab", "B%", "_", 'it\'s "b"', "ß", "Σς", "x\ny", "\\", "${b}", "😀"]
KEYS = st.none() | st.integers(0, 3)

# A tree in which `c` is below both `a` and `b`.
TREE = [("a", ""), ("b", ""), ("c", "a"), ("c", "b"), ("d", "c"), ("e", "")]
CODINGS = (
    Coding(
        name="tree",
        rows=tuple(
            CodePlace(code=code, meaning=code, parent_code=parent, display_order=place)
            for place, (code, parent) in enumerate(TREE)
        ),
    ),
    *(
        Coding(
            name=name,
            rows=tuple(CodePlace(code=each, meaning="m", display_order=0) for each in codes),
        )
        for name, codes in (
            ("gaps", ["-1", "2"]),
            ("days", ["2020-02-28"]),
            ("moments", ["2020-02-28", "2020-02-28 12:00"]),
        )
    ),
)

VALUES: dict[FieldType, list[Any]] = {
    FieldType.STRING: TEXTS,
    FieldType.INTEGER: [-(2**63), -1, 0, 1, 2, 3, 2**63 - 1],
    FieldType.FLOAT: [-1.0, -0.0, 0.0, 0.1, 2.0, 2.5, 1e300],
    FieldType.DATE: [DAY + timedelta(days=each) for each in (-60, 0, 1, 2)] + [date.max],
    FieldType.DATETIME: [NOON + timedelta(hours=each) for each in (-60, -12, 0, 11, 12, 36)],
}
CODES: dict[str, list[Any]] = {
    "tree": ["a", "b", "c", "d", "e"],
    "gaps": [-1, 2],
    "days": [DAY],
    "moments": [NOON - timedelta(hours=12), NOON],
}


def _specs() -> tuple[FieldSpec, ...]:
    """A field of every kind: plain, coded, sparse, each of one value and of several."""
    kinds: list[tuple[str, FieldType, str | None, bool]] = [
        *((each.value, each, None, False) for each in FieldType),
        ("coded", FieldType.STRING, "tree", False),
        ("coded_integer", FieldType.INTEGER, "gaps", False),
        ("coded_moment", FieldType.DATETIME, "moments", False),
        ("sparse_text", FieldType.STRING, "tree", True),
        ("sparse_integer", FieldType.INTEGER, "gaps", True),
        ("sparse_float", FieldType.FLOAT, "gaps", True),
        ("sparse_date", FieldType.DATE, "days", True),
        ("sparse_moment", FieldType.DATETIME, "moments", True),
    ]
    return tuple(
        FieldSpec(
            name=f"{name}s" if several else name,
            type=type_,
            coding_name=coding,
            is_sparse=is_sparse,
            is_multi_select=several,
        )
        for name, type_, coding, is_sparse in kinds
        for several in (False, True)
    )


SPECS = _specs()


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """A tree of up to five entities; rows refer to few keys, so that most of them meet."""
    names = ENTITIES[: draw(st.integers(1, 5))]
    relations = []
    for place, name in enumerate(names[1:], start=1):
        source, target = draw(st.permutations([name, draw(st.sampled_from(names[:place]))]))
        relations.append(
            Relation(
                from_entity=source, from_field=f"to_{target}", to_entity=target, to_field="key",
                relationship=draw(RELATIONSHIPS),
            )
        )  # fmt: skip
    entities = []
    for name in names:
        keys = ["key", *(each.from_field for each in relations if each.from_entity == name)]
        fields = [FieldSpec(name=each, type=FieldType.INTEGER) for each in keys]
        others = draw(st.lists(st.sampled_from(SPECS), min_size=1, max_size=4, unique=True))
        primary_key = "key" if name == names[0] or draw(st.booleans()) else None
        entities.append(Entity(name=name, primary_key=primary_key, fields=(*fields, *others)))
    dictionary = DataDictionary(
        main_entity=names[0], entities=tuple(entities), relations=tuple(relations),
        codings=CODINGS,
    )  # fmt: skip
    return dictionary, {each.name: draw(rows_of(each, most=5)) for each in entities}


def one_of_each_field() -> DataDictionary:
    """One entity with every kind of field."""
    key = FieldSpec(name="key", type=FieldType.INTEGER)
    entity = Entity(name=ENTITIES[0], primary_key="key", fields=(key, *SPECS))
    return DataDictionary(
        main_entity=entity.name, entities=(entity,), relations=(), codings=CODINGS
    )


def rows_of(entity: Entity, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of an entity, up to so many."""
    is_key = {"key", *(spec.name for spec in entity.fields if spec.name.startswith("to_"))}
    columns = {spec.name: KEYS if spec.name in is_key else cells(spec) for spec in entity.fields}
    return st.lists(st.fixed_dictionaries(columns), max_size=most)


def cells(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """A stored value of a field, or none."""
    codes = CODES.get(spec.coding_name or "", [])
    values = codes if spec.must_be_coded else [*VALUES[spec.type], *codes]
    item = st.sampled_from([_of_type(each, spec.type) for each in values])
    if spec.is_multi_select:
        return st.none() | st.lists(item, max_size=3)
    return st.none() | item


def _of_type(value: Any, type_: FieldType) -> Any:
    return float(value) if type_ is FieldType.FLOAT else value


def filters(dictionary: DataDictionary) -> st.SearchStrategy[Filter]:
    """A filter that can be asked of the main entity."""
    tree = EntityTree(dictionary)
    below = {
        row.name: [
            each for each in dictionary.entities if tree.path(row.name, each.name) is not None
        ]
        for row in dictionary.entities
    }

    def conditions(row: str, depth: int) -> st.SearchStrategy[Filter]:
        simple = st.sampled_from(below[row]).flatmap(comparisons)
        if depth == 0:
            return simple
        inner = st.deferred(lambda: conditions(row, depth - 1))
        parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
        kinds: list[st.SearchStrategy[Filter]] = [
            simple,
            parts.map(lambda each: And(parts=each)),
            parts.map(lambda each: Or(parts=each)),
            inner.map(lambda each: Not(part=each)),
        ]
        if others := [each.name for each in below[row] if each.name != row]:
            kinds += [_rows_of(name, conditions(name, depth - 1)) for name in others]
        return st.one_of(kinds)

    return conditions(dictionary.main_entity, 3)


def _rows_of(entity: str, inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    condition = st.none() | inner
    exists = condition.map(lambda each: Exists(entity=entity, condition=each))
    counts = st.builds(
        CountOf,
        entity=st.just(entity),
        condition=condition,
        operator=st.sampled_from(sorted(COUNT_OPERATORS)),
        number=st.integers(0, 3),
    )
    return exists | counts


@st.composite
def comparisons(draw: st.DrawFn, entity: Entity) -> Filter:
    """A comparison that has a meaning, with any field of an entity."""
    spec = draw(st.sampled_from(entity.fields))
    operator = draw(st.sampled_from(operators_of(spec)))
    value = filter_values(spec, operator)
    values: list[FilterValue] = []
    if operator in LISTS:
        values = draw(st.lists(value, min_size=1, max_size=4))
    elif operator in BETWEENS:
        pair = [draw(value), draw(value)]
        values = sorted(pair, key=_begin)
    elif operator not in NO_VALUE:
        values = [draw(value)]
    exceptions: tuple[str, ...] = ()
    if operator is Operator.UNDER:
        values = draw(st.lists(value, min_size=1, max_size=2))
        exceptions = tuple(draw(st.lists(st.sampled_from(CODES["tree"]), max_size=2)))
    return Comparison(
        entity=entity.name, field=spec.name, operator=operator, values=tuple(values),
        exceptions=exceptions,
    )  # fmt: skip


def operators_of(spec: FieldSpec) -> list[Operator]:
    """The operators that have a meaning on a field."""
    without = set()
    if not spec.is_multi_select:
        without |= {Operator.ANY_OF, Operator.ALL_OF}
    if spec.must_be_coded:
        without |= RANGES
    if spec.type is not FieldType.STRING:
        without |= TEXT_SEARCHES
    if spec.coding_name != "tree":
        without.add(Operator.UNDER)
    return [each for each in Operator if each not in without]


def filter_values(spec: FieldSpec, operator: Operator) -> st.SearchStrategy[FilterValue]:
    """A value that a field may be compared with."""
    codes: list[FilterValue] = []
    if spec.coding_name and operator not in RANGES:
        codes = [filter_value(each) for each in CODES[spec.coding_name]]
    if operator is Operator.UNDER:
        return st.sampled_from(CODES["tree"])
    if operator in TEXT_SEARCHES:
        return st.sampled_from([*TEXTS, "B", "SS", "\u1e9e", "\u03c3", ".", "t's"])
    plain: list[FilterValue] = (
        [] if spec.must_be_coded else [filter_value(each) for each in VALUES[spec.type]]
    )
    if spec.type is FieldType.DATETIME and not spec.must_be_coded:
        plain += [Day(day=DAY), Day(day=DAY + timedelta(days=1)), Day(day=date.max)]
    return st.sampled_from([*plain, *codes])


def filter_value(value: Any) -> FilterValue:
    """A stored value as a filter holds it."""
    if isinstance(value, datetime):
        return Moment(moment=value)
    found: FilterValue = Day(day=value) if isinstance(value, date) else value
    return found


def _begin(value: FilterValue) -> Any:
    if isinstance(value, Day):
        return datetime(value.day.year, value.day.month, value.day.day, tzinfo=timezone.utc)
    return value.moment if isinstance(value, Moment) else value
