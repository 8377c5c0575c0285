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
    FIELD_OPERATORS,
    LISTS,
    NO_VALUE,
    NUMBER_OPERATORS,
    RANGES,
    TEXT_SEARCHES,
    And,
    Choice,
    ChosenRow,
    Comparison,
    CountOf,
    Day,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    FilterValue,
    Moment,
    Not,
    Offset,
    OffsetUnit,
    Operator,
    Or,
    Summary,
    SummaryOf,
)
from apollo_spark.model.filter.operators import values_of
from apollo_spark.query.filters.check import find_problems
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
    if entity.primary_key is None or entity.name == ENTITIES[0]:
        return st.lists(st.fixed_dictionaries(columns), max_size=most)
    # Of rows with one key it could not be told which is the first.
    columns[entity.primary_key] = st.integers(0, most)
    return st.lists(
        st.fixed_dictionaries(columns), max_size=most, unique_by=lambda row: row[entity.primary_key]
    )


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
    return _filters(dictionary).filter(lambda tree: not find_problems(tree, dictionary))


@st.composite
def _filters(draw: st.DrawFn, dictionary: DataDictionary) -> Filter:
    return _Drawing(draw, dictionary).condition(dictionary.main_entity, 3, ())


class _Drawing:
    """Draws one filter, part by part: strategies for all parts at once would be very many."""

    def __init__(self, draw: st.DrawFn, dictionary: DataDictionary) -> None:
        self._draw = draw
        self._dictionary = dictionary
        tree = EntityTree(dictionary)
        self._below = {
            row.name: [
                each for each in dictionary.entities if tree.path(row.name, each.name) is not None
            ]
            for row in dictionary.entities
        }

    def condition(self, row: str, depth: int, names: "Names") -> Filter:
        kinds = ["simple", "fields"]
        if names:
            kinds += ["named", "named fields"]
        if depth:
            kinds += ["and", "or", "not"]
            kinds += ["rows"] * 3 * (len(self._below[row]) > 1)
            kinds += ["named rows"] * 3 * (len(self._dictionary.entities) > 1)
        kind = self._draw(st.sampled_from(kinds))
        if kind in ("simple", "fields"):
            lefts: Names = ((None, self._draw(st.sampled_from(self._below[row]))),)
        else:
            lefts = names
        if kind in ("simple", "named"):
            name, entity = self._draw(st.sampled_from(lefts))
            return self._draw(comparisons(entity, name))
        if kind in ("fields", "named fields"):
            return self._draw(field_comparisons(self._dictionary, lefts, names))
        if kind == "not":
            return Not(part=self.condition(row, depth - 1, names))
        if kind in ("and", "or"):
            count = self._draw(st.integers(2, 3))
            parts = tuple(self.condition(row, depth - 1, names) for _ in range(count))
            return And(parts=parts) if kind == "and" else Or(parts=parts)
        return self._rows(row, depth, names, is_named=kind == "named rows")

    def _rows(self, row: str, depth: int, names: "Names", *, is_named: bool) -> Filter:
        start = self._dictionary.main_entity if is_named else row
        others = [each for each in self._below[start] if each.name != start]
        entity = self._draw(st.sampled_from(others))
        name = f"row{depth}" if is_named else None
        inside: Names = ((name, entity), *names) if is_named else names

        def inner() -> Filter:
            return self.condition(entity.name, depth - 1, inside)

        given: Any = {"entity": entity.name, "name": name}
        condition = inner() if self._draw(st.integers(0, 3)) else None
        ordering = [x for x in entity.fields if not (x.is_multi_select or x.must_be_coded)]
        numbers = [each for each in ordering if each.type is not FieldType.STRING]
        kind = self._draw(st.sampled_from(["exists", "count", "chosen", "summary"]))
        if kind == "chosen" and entity.primary_key is not None:
            by = self._draw(st.sampled_from(ordering)).name
            choice = self._draw(st.sampled_from(sorted(Choice)))
            return ChosenRow(choice=choice, by=by, among=condition, condition=inner(), **given)
        if kind == "summary" and numbers:
            spec = self._draw(st.sampled_from(numbers))
            return self._draw(_summaries(spec, {**given, "condition": condition}))
        if kind == "count":
            return CountOf(
                condition=condition,
                operator=self._draw(st.sampled_from(sorted(COUNT_OPERATORS))),
                number=self._draw(st.integers(0, 3)),
                **given,
            )
        return Exists(condition=condition, **given)


@st.composite
def _summaries(draw: st.DrawFn, spec: FieldSpec, given: dict[str, Any]) -> Filter:
    is_date = spec.type in (FieldType.DATE, FieldType.DATETIME)
    # Sums of floats depend on the order of rows, and the largest whole numbers are no floats.
    is_exact = spec.type is FieldType.FLOAT or is_date or spec.name != "key"
    words = [Summary.MAX, Summary.MIN] if is_exact else list(Summary)
    operator = draw(st.sampled_from(sorted(NUMBER_OPERATORS)))
    plain = FieldSpec(name=spec.name, type=spec.type)
    value = filter_values(plain, operator)
    values = [draw(value) for _ in range(values_of(operator) or 0)]
    return SummaryOf(
        summary=draw(st.sampled_from(words)),
        field=spec.name,
        operator=operator,
        values=tuple(sorted(values, key=_begin)),
        **given,
    )


Names = tuple[tuple[str | None, Entity], ...]
"""Rows with names, and the entity of each."""


@st.composite
def field_comparisons(
    draw: st.DrawFn,
    dictionary: DataDictionary,
    lefts: "Names",
    names: Names,
) -> Filter:
    """A comparison with a field of the same row, a row above it, or a row with a name."""
    row, entity = draw(st.sampled_from(lefts))
    main = dictionary.find_entity(dictionary.main_entity)
    assert main is not None
    owners = [(None, main), (None, entity), *names]
    operator = draw(st.sampled_from(sorted(FIELD_OPERATORS)))
    spec = draw(st.sampled_from(entity.fields))
    others = []
    for _ in range(values_of(operator) or 0):
        name, owner = draw(st.sampled_from(owners))
        same = [each for each in owner.fields if each.type in _SCALES[spec.type]]
        field = draw(st.sampled_from(same or owner.fields))
        offset = None
        if field.type in (FieldType.DATE, FieldType.DATETIME):
            offset = draw(st.none() | OFFSETS)
        others.append(FieldOf(entity=owner.name, field=field.name, row=name, offset=offset))
    return FieldComparison(
        entity=entity.name, field=spec.name, row=row, operator=operator, others=tuple(others)
    )


OFFSETS = st.builds(
    Offset, number=st.integers(-13, 13) | st.just(1_000), unit=st.sampled_from(sorted(OffsetUnit))
)
_NUMBERS = (FieldType.INTEGER, FieldType.FLOAT)
_DATES = (FieldType.DATE, FieldType.DATETIME)
_SCALES = {
    FieldType.STRING: (FieldType.STRING,),
    **dict.fromkeys(_NUMBERS, _NUMBERS),
    **dict.fromkeys(_DATES, _DATES),
}


@st.composite
def comparisons(draw: st.DrawFn, entity: Entity, row: str | None = None) -> Filter:
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
        entity=entity.name, field=spec.name, row=row, operator=operator, values=tuple(values),
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
