"""Data dictionaries for tests: small ones from text, and any legal one from Hypothesis."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.findings import refusing
from apollo_spark.model.names import find_name_problem
from apollo_spark.sources.dictionary.read import (
    NOT_GIVEN,
    DictionaryTables,
    build_dictionary,
    check_dictionary,
)
from apollo_spark.sources.text_table import TextRow, TextTable


def text_table(text: str, *, file: str) -> TextTable:
    """Read a table drawn with blanks: cells are separated by two blanks or more, `-` is empty."""
    lines = [line for line in text.splitlines() if line.strip()]
    cells = [re.split(r" {2,}", line.strip()) for line in lines]
    columns = tuple(cells[0])
    rows = [
        TextRow(at, dict(zip(columns, ("" if each == "-" else each for each in row), strict=True)))
        for at, row in enumerate(cells[1:], start=2)
    ]
    return TextTable(file, columns, tuple(rows))


def dictionary(fields: str, *, codings: str = "", entities: str = "") -> DataDictionary:
    """Build a sound dictionary from drawn tables; columns that are left out are empty."""
    tables = DictionaryTables(
        fields=text_table(fields, file="data_dictionary.csv"),
        codings=text_table(codings, file="codings.csv") if codings else NOT_GIVEN,
        entities=text_table(entities, file="entity_dictionary.csv") if entities else NOT_GIVEN,
    )
    problems = refusing(check_dictionary(tables))
    assert not problems, problems
    return build_dictionary(tables)


# Surrogates cannot be written as UTF-8, and a file with NUL is not a text.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12)
OPTIONAL_TEXTS = st.none() | TEXTS
FOLDERS = st.lists(st.text("AZaz09 ,\"'é", min_size=1, max_size=6), max_size=3).map(tuple)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: find_name_problem(name) is None
)
RELATIONSHIPS = st.sampled_from(list(Relationship))


def unique_names(min_size: int, max_size: int) -> st.SearchStrategy[list[str]]:
    """Names that differ by more than case."""
    return st.lists(NAMES, min_size=min_size, max_size=max_size, unique_by=str.lower)


@st.composite
def codings(draw: st.DrawFn, name: str, *, is_numeric: bool) -> Coding:
    """A flat coding or a tree; the codes of a numeric one are whole numbers."""
    numbers = st.integers(-1_000_000, 1_000_000).map(str)
    texts = st.text(CHARACTERS.filter(lambda each: each != "|"), min_size=1, max_size=5)
    codes = draw(st.lists(numbers if is_numeric else texts, min_size=1, max_size=6, unique=True))
    meanings = {code: draw(st.just("") | TEXTS) for code in codes}
    concept = st.just("") | TEXTS
    if draw(st.booleans()):
        orders = draw(st.permutations(range(1, len(codes) + 1)))
        places = [(code, "", order) for code, order in zip(codes, orders, strict=True)]
    else:
        places = [(code, above, at) for at, (code, above) in enumerate(draw(trees(codes)), start=1)]
    rows = tuple(
        CodePlace(
            code=code,
            meaning=meanings[code],
            concept=draw(concept),
            parent_code=above,
            display_order=order,
        )
        for code, above, order in places
    )
    return Coding(name=name, rows=rows)


@st.composite
def trees(draw: st.DrawFn, codes: Sequence[str]) -> list[tuple[str, str]]:
    """(code, parent) pairs depth first; a code may have several parents, among earlier codes."""
    children: dict[str, list[str]] = {code: [] for code in ("", *codes)}
    for at, code in enumerate(codes):
        above = st.sampled_from(["", *codes[:at]])
        for parent in draw(st.lists(above, min_size=1, max_size=2, unique=True)):
            children[parent].append(code)
    listed: set[str] = set()

    def walk(parent: str) -> list[tuple[str, str]]:
        if parent in listed:
            return []
        listed.add(parent)
        return [pair for code in children[parent] for pair in ((code, parent), *walk(code))]

    return walk("")


@st.composite
def fields(draw: st.DrawFn, name: str, known: Sequence[tuple[Coding, bool]]) -> FieldSpec:
    """A field that is not a key and refers to nothing; `known` are codings, with is_numeric."""
    type_ = draw(st.sampled_from(list(FieldType)))
    numeric = (FieldType.INTEGER, FieldType.FLOAT)
    fitting = [
        coding.name
        for coding, is_numeric in known
        if type_ is FieldType.STRING or (is_numeric and type_ in numeric)
    ]
    coding_name = draw(st.none() | st.sampled_from(fitting)) if fitting else None
    formats = {FieldType.FLOAT: "1.234,5", FieldType.DATE: "dd.mm.yyyy"}
    return FieldSpec(
        name=name,
        type=type_,
        coding_name=coding_name,
        concept=draw(OPTIONAL_TEXTS),
        description=draw(OPTIONAL_TEXTS),
        folder_path=draw(FOLDERS),
        format=draw(st.none() | st.just(formats.get(type_))),
        is_multi_select=draw(st.booleans()),
        is_sparse=coding_name is not None and draw(st.booleans()),
        linkout=draw(OPTIONAL_TEXTS),
        longitudinal_axis_type=draw(OPTIONAL_TEXTS),
        source_column=draw(st.none() | st.just(f"column of {name}")),
        title=draw(OPTIONAL_TEXTS),
        units=draw(OPTIONAL_TEXTS),
    )


@st.composite
def relations(draw: st.DrawFn, names: Sequence[str]) -> list[Relation]:
    """A tree over entities: each is joined to an earlier one, in either direction.

    The field that refers is named `to_<entity>`, and the field it refers to is `id`.
    """
    found = []
    for at, name in enumerate(names[1:], start=1):
        pair = [name, draw(st.sampled_from(names[:at]))]
        source, target = draw(st.permutations(pair))
        found.append(
            Relation(
                from_entity=source,
                from_field=f"to_{target}",
                to_entity=target,
                to_field="id",
                relationship=draw(RELATIONSHIPS),
            )
        )
    if draw(st.booleans()):
        itself = {"from_entity": names[0], "from_field": "id", "to_entity": names[0]}
        found.append(Relation(**itself, to_field="id", relationship=draw(RELATIONSHIPS)))
    return found


@st.composite
def dictionaries(draw: st.DrawFn) -> DataDictionary:
    """Any legal data dictionary of up to four entities."""
    names = draw(unique_names(1, 4))
    is_numeric = {
        name: draw(st.booleans()) for name in draw(st.lists(TEXTS, max_size=3, unique=True))
    }
    known = [(draw(codings(name, is_numeric=each)), each) for name, each in is_numeric.items()]
    tree = draw(relations(names))
    key_type = draw(st.sampled_from([FieldType.STRING, FieldType.INTEGER]))
    entities = []
    for name in draw(st.permutations(names)):
        links = [each.from_field for each in tree if each.from_entity == name]
        keys = dict.fromkeys(["id", *links])
        others = [
            each for each in draw(unique_names(0, 3)) if not each.lower().startswith(("id", "to_"))
        ]
        specs = [FieldSpec(name=each, type=key_type) for each in keys]
        specs += [draw(fields(each, known)) for each in others]
        has_key = name == names[0] or draw(st.booleans())
        entities.append(
            Entity(
                name=name,
                primary_key="id" if has_key else None,
                fields=tuple(draw(st.permutations(specs))),
                title=draw(OPTIONAL_TEXTS),
                description=draw(OPTIONAL_TEXTS),
                label_plural=draw(OPTIONAL_TEXTS),
                label_singular=draw(OPTIONAL_TEXTS),
            )
        )
    open_ones = draw(st.sets(st.sampled_from(list(is_numeric)))) if is_numeric else set()
    entities = opened(entities, open_ones)
    return in_order(names[0], entities, tree, [coding for coding, _ in known])


def opened(entities: Sequence[Entity], codings: set[str]) -> list[Entity]:
    """Open some codings, where every field that uses them can take new values as codes."""
    specs = [spec for each in entities for spec in each.fields]
    types = (FieldType.STRING, FieldType.INTEGER)
    closed = {
        spec.coding_name
        for spec in specs
        if spec.is_multi_select or spec.is_sparse or spec.type not in types
    }
    return [
        entity.model_copy(
            update={
                "fields": tuple(
                    spec.model_copy(update={"is_open_coding": spec.coding_name in codings - closed})
                    for spec in entity.fields
                )
            }
        )
        for entity in entities
    ]


def in_order(
    main: str, entities: Sequence[Entity], tree: Sequence[Relation], known: Sequence[Coding]
) -> DataDictionary:
    """Put relations in the order of the fields, and the used codings in that of their first use."""
    by_field = {(each.from_entity, each.from_field): each for each in tree}
    paths = [(entity.name, spec) for entity in entities for spec in entity.fields]
    used = dict.fromkeys(spec.coding_name for _, spec in paths if spec.coding_name)
    by_name = {each.name: each for each in known}
    return DataDictionary(
        main_entity=main,
        entities=tuple(entities),
        relations=tuple(
            by_field[name, spec.name] for name, spec in paths if (name, spec.name) in by_field
        ),
        codings=tuple(by_name[name] for name in used),
    )
