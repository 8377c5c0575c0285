"""Fields of the people whose samples an assay has, decoded, beside the samples' own fields."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.wide import Say, build_wide
from apollo_spark.errors import UsageError
from apollo_spark.export.frames import categories, typed_frame
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.operations.context import say_nothing
from apollo_spark.query.assay_scope import sample_keys
from apollo_spark.query.extract import ExtractRequest, find_fields
from apollo_spark.query.joined import FieldsQuestion
from apollo_spark.query.values import ValueMode
from apollo_spark.query.wide.plan import plan_wide
from apollo_spark.records.changes.sample_entity import find_sample_entity, own_fields
from apollo_spark.records.content import content_of
from apollo_spark.workers.values.texts import format_column

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ID = "sample_id"


@dataclass(frozen=True)
class PeopleFields:
    """Fields of samples and their people, with a row for each sample that is shown.

    Attributes:
        table: The sample's id, and the fields as they are shown.
        orders: The meanings in the order of the coding, by column that has any.
    """

    table: pa.Table
    orders: dict[str, tuple[str, ...]]

    def frame(self, ids: Sequence[str]) -> "pd.DataFrame":
        """Return the fields of some samples, in their order, in the types of pandas."""
        known = self.table.column(SAMPLE_ID).combine_chunks()
        place = pc.index_in(pa.array(ids, pa.string()), value_set=known)
        found = typed_frame(self.table.drop_columns([SAMPLE_ID]).take(place), self.orders)
        found.index = list(ids)
        found.index.name = SAMPLE_ID
        return found


@dataclass(frozen=True)
class FieldChoice:
    """Which fields are asked for beside values: of people, of samples, or repeated ones."""

    fields: tuple[str, ...]
    wide: tuple[str, ...] = ()


def field_choice(
    fields: Iterable[str], wide: Iterable[str], *, is_held: bool
) -> FieldChoice | None:
    """Return which fields are asked for beside values, if any are.

    Raises:
        UsageError: The form of the answer holds none, or only the wide form is asked for.
    """
    chosen = FieldChoice(tuple(fields), (wide,) if isinstance(wide, str) else tuple(wide))
    if not chosen.fields and not chosen.wide:
        return None
    if not is_held:
        raise UsageError(
            "Fields of people are written beside values in AnnData and MuData only.",
            fix="Write a file .h5ad or .h5mu, or extract the fields into a file of their own.",
        )
    if not chosen.fields:
        raise UsageError("The wide form is asked for without fields.", fix="Name fields.")
    return chosen


@dataclass(frozen=True)
class _Part:
    """Fields of the rows of one entity, found by one of its fields."""

    entity: str
    key: str
    fields: tuple[str, ...]
    wide: tuple[str, ...] = ()


def read_people_fields(
    lake: Lake, opened: OpenDataset, assay: ExpressionAssay, choice: FieldChoice, say: Say
) -> PeopleFields:
    """Return the fields asked for of each sample of an assay that is shown, decoded.

    A sample has the fields of the row that it belongs to, and of those above it: samples of one
    person have the same. Of repeated rows it must be said which are meant. Where no own field of
    samples is asked for, all of them follow.

    Args:
        lake: Where the tables are.
        opened: The dataset, or a part of its people.
        assay: The assay.
        choice: The fields.
        say: Hears of rows that no column shows.

    Raises:
        NotFoundError: A field is not there.
        UsageError: A sample has several rows of an entity, or belongs to several.
        BrokenPinError: A pinned table cannot be read.
    """
    engine = EmbeddedEngine(lake.tables)
    links = _links(engine, opened, assay)
    ids = links.column(SAMPLE_ID).combine_chunks()
    columns: dict[str, Any] = {SAMPLE_ID: ids}
    orders: dict[str, tuple[str, ...]] = {}
    for part in _parts(opened, assay, choice):
        table, question = _read(engine, opened, part, say)
        is_own = (part.entity, part.key) != (assay.entity, assay.field)
        keys = ids if is_own else links.column("key").combine_chunks()
        found = _by_key(table, part, keys)
        columns |= {name: found.column(name) for name in found.column_names}
        orders |= dict(_orders(opened.dictionary, question))
    asked = _in_order(choice.fields, columns)
    return PeopleFields(
        pa.table({SAMPLE_ID: ids, **{each: columns[each] for each in asked}}), orders
    )


def rows_of_samples(
    lake: Lake, opened: OpenDataset, assay: ExpressionAssay, key: str
) -> dict[str, str]:
    """Return the key of the row that each sample belongs to, as text; none without such a row.

    Args:
        lake: Where the tables are.
        opened: The dataset, or a part of its people.
        assay: The assay.
        key: The key as `entity.field`, of the entity that samples belong to or of one above it.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    engine = EmbeddedEngine(lake.tables)
    links = _links(engine, opened, assay)
    part = _Part(assay.entity, assay.field, (key,))
    table, _ = _read(engine, opened, part, say_nothing, kept=(key,))
    keys = format_column(_by_key(table, part, links.column("key").combine_chunks()).column(key))
    pairs = zip(links.column(SAMPLE_ID).to_pylist(), keys.to_pylist(), strict=True)
    return {sample: found for sample, found in pairs if found is not None}


def _links(engine: EmbeddedEngine, opened: OpenDataset, assay: ExpressionAssay) -> pa.Table:
    """Return each sample that is shown as `sample_id`, and what links it to its row as `key`."""
    reader = engine.run(sample_keys(opened.scope, assay.as_record()), opened.pins)
    links = reader.read_all().rename_columns([SAMPLE_ID, "key"])
    return links.set_column(0, SAMPLE_ID, links.column(SAMPLE_ID).cast(pa.string()))


def _parts(opened: OpenDataset, assay: ExpressionAssay, choice: FieldChoice) -> Iterator[_Part]:
    """Yield the fields of the rows that samples belong to, and those of their own rows."""
    own, its = _own(opened, assay)
    asked = find_fields(opened.scope, choice.fields)
    named = [f"{entity.name}.{spec.name}" for entity, spec in asked]
    if own is None:
        yield _Part(assay.entity, assay.field, tuple(named), choice.wide)
        return
    of_samples = [each for each in named if each.partition(".")[0] == own.name]
    if not of_samples:
        of_samples = [f"{own.name}.{each}" for each in its]
    others = [each for each in named if each not in of_samples]
    if own.name == assay.entity:
        yield _Part(assay.entity, assay.field, (*others, *of_samples), choice.wide)
        return
    yield _Part(assay.entity, assay.field, tuple(others), choice.wide)
    yield _Part(own.name, str(own.primary_key), tuple(of_samples))


def _own(opened: OpenDataset, assay: ExpressionAssay) -> tuple[Entity | None, tuple[str, ...]]:
    content = content_of(opened.record, opened.dictionary)
    record = assay.as_record()
    own = find_sample_entity(content, record)
    return own, () if own is None else own_fields(content, record, own)


def _read(
    engine: EmbeddedEngine, opened: OpenDataset, part: _Part, say: Say, kept: Iterable[str] = ()
) -> tuple[pa.Table, FieldsQuestion]:
    key = f"{part.entity}.{part.key}"
    fields = (key, *(each for each in part.fields if each != key))
    request = ExtractRequest(
        fields=fields, values=ValueMode.DECODED, sparse_labels=True, wide=part.wide
    )
    wide = plan_wide(opened.scope, request, first=part.entity, key=key)
    plan = build_wide(engine, wide, opened.pins, say)
    # Keys are compared as they are stored.
    question = replace(plan.question, kept=frozenset([key, *kept]))
    plan = replace(plan, question=question)
    return answer_fields(engine, plan, opened.pins).read_all(), question


def _by_key(table: pa.Table, part: _Part, keys: pa.Array) -> pa.Table:
    """Return the row of each key, missing where there is none.

    Raises:
        UsageError: There are several of one.
    """
    name = f"{part.entity}.{part.key}"
    known = table.column(name).combine_chunks()
    if known.type != keys.type:
        known, keys = known.cast(pa.string()), keys.cast(pa.string())
    here = known.filter(pc.and_(pc.is_in(known, value_set=keys), pc.is_valid(known)))
    if several := len(here) - len(here.unique()):
        raise UsageError(
            f"Samples belong to several rows of {part.entity!r}: {several:,} rows more than values "
            f"of {part.key!r}.",
            fix="Leave fields of people out.",
        )
    place = pc.index_in(keys, value_set=known)
    place = pc.if_else(pc.is_valid(keys), place, pa.scalar(None, place.type))
    asked = name in part.fields
    return (table if asked else table.drop_columns([name])).take(place)


def _orders(
    dictionary: DataDictionary, question: FieldsQuestion
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for place, (name, (_, spec)) in enumerate(
        zip(question.stored_names, question.asked, strict=True)
    ):
        coding = dictionary.find_coding(spec.coding_name)
        if coding is not None and not spec.is_multi_select and name not in question.kept:
            shown = question.label_of(place) or name
            yield shown, categories(coding)


def _in_order(fields: Sequence[str], columns: dict[str, Any]) -> list[str]:
    """Return the columns in the order of the fields that they belong to, others after them."""
    order = {each: at for at, each in enumerate(fields)}

    def place(name: str) -> int:
        return order.get(".".join(name.split(".")[:2]), len(order))

    return sorted((each for each in columns if each != SAMPLE_ID), key=place)
