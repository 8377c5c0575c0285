"""Whether a tile can be asked: are its fields there, what its chart wants, and of one row?"""

from collections.abc import Iterator

from apollo_spark.model.dashboard.charts import CHARTS, LIVING_WORDS, FieldNeed
from apollo_spark.model.dashboard.tile import ChartKind, CountUnit, Tile
from apollo_spark.model.join_path import path_to
from apollo_spark.query.aggregates.chart import TilePlan
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.measured import (
    find_measured_fault,
    measured_value,
    place_of_assay,
    scale_of,
)
from apollo_spark.query.aggregates.rows import belongs_to, entity_of_rows, has_people
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.dashboards.tiles import TileFault
from apollo_spark.sources.suggest import did_you_mean, near_codes


def plan_tile(
    scope: QueryScope, tile: Tile, number: int, label: str
) -> tuple[TilePlan | None, list[TileFault]]:
    """Return a tile with what its names mean, or what keeps it from being asked.

    Args:
        scope: What may be read.
        tile: The tile.
        number: Its number.
        label: How messages name it.
    """
    fields, faults = _find_fields(scope, tile, label)
    if not faults:
        faults = [TileFault(label, each) for each in _judge_fields(tile, fields)]
    entity = None if faults else _entity_of(scope, tile, fields)
    if not faults and tile.chart is ChartKind.EXPRESSION:
        unknown = find_measured_fault(scope, tile)
        faults += [] if unknown is None else [TileFault(label, unknown.text, unknown.is_unknown)]
    if not faults:
        faults = [TileFault(label, each) for each in _judge_rows(scope, tile, fields, entity)]
    if faults or entity is None:
        return None, faults
    return _planned(scope, tile, number, fields, entity), []


def _planned(
    scope: QueryScope, tile: Tile, number: int, fields: tuple[TileField, ...], entity: str
) -> TilePlan:
    is_main = entity == scope.dictionary.main_entity
    unit, scale = f"rows of {entity}", None
    if is_main or tile.options.count is CountUnit.PEOPLE:
        unit = "people"
    if tile.chart is ChartKind.EXPRESSION and scope.measured is not None:
        unit = f"samples of {measured_value(scope.measured, tile).assay}"
        scale = scale_of(scope.measured, tile)
    return TilePlan(number, tile, fields, entity, is_main, unit, scale)


def _find_fields(
    scope: QueryScope, tile: Tile, label: str
) -> tuple[tuple[TileField, ...], list[TileFault]]:
    found: list[TileField] = []
    faults = []
    dictionary = scope.dictionary
    for path in tile.fields:
        entity_name, _, name = path.partition(".")
        entity = dictionary.find_entity(entity_name)
        spec = entity.find_field(name) if entity else None
        if spec is None:
            known = [each.name for each in (entity.fields if entity else dictionary.entities)]
            hint = did_you_mean(name if entity else entity_name, known) if scope.suggests else ""
            faults.append(TileFault(label, f"the field {path} cannot be found{hint}", True))
        else:
            found.append(TileField(path, spec, dictionary.find_coding(spec.coding_name)))
    return tuple(found), faults


def _judge_fields(tile: Tile, fields: tuple[TileField, ...]) -> Iterator[str]:
    rule = CHARTS[tile.chart]
    for place, field in enumerate(fields):
        wanted = rule.fields[min(place, len(rule.fields) - 1)]
        if not wanted.fits(field.spec):
            yield f"{field.path} has {_kind_of(field)}; a {tile.chart} chart wants {wanted.value}"
    if tile.options.under is not None:
        yield from _judge_under(tile.options.under, fields)
    if tile.chart is ChartKind.SURVIVAL and len(fields) > 1:
        yield from _judge_status(tile, fields[1])


def _kind_of(field: TileField) -> str:
    if field.spec.is_multi_select:
        return "several values in a cell"
    if field.spec.must_be_coded:
        return "codes"
    return {"string": "texts", "date": "dates", "datetime": "times"}.get(
        field.spec.type.value, "numbers"
    )


def _judge_under(code: str, fields: tuple[TileField, ...]) -> Iterator[str]:
    if len(fields) != 1 or not fields[0].is_tree:
        yield "option under is for one field whose codes are a tree"
    else:
        yield from _judge_codes("under", (code,), fields[0])


def _judge_status(tile: Tile, status: TileField) -> Iterator[str]:
    for name in ("living", "dead"):
        if status.spec.must_be_coded:
            yield from _judge_codes(name, getattr(tile.options, name), status)


def _judge_codes(option: str, codes: tuple[str, ...], field: TileField) -> Iterator[str]:
    """Yield what is said of codes that the coding of a field does not have."""
    if field.coding is None:
        return
    for each in codes:
        if each not in field.coding.meanings:
            near = near_codes(each, field.coding.meanings)
            hint = f" (did you mean {', '.join(map(repr, near))}?)" if near else ""
            coding = field.coding.name
            yield f"option {option} names {each!r}, which is not a code of {coding}{hint}"


def _entity_of(scope: QueryScope, tile: Tile, fields: tuple[TileField, ...]) -> str | None:
    entities = tuple(dict.fromkeys(each.entity for each in fields))
    if tile.chart is ChartKind.EXPRESSION:
        place = place_of_assay(scope, tile)
        own = "" if place is None else place[0]
        return own if set(entities) <= set(belongs_to(scope.dictionary, own)) else None
    return entity_of_rows(scope.dictionary, entities)


def _judge_rows(
    scope: QueryScope, tile: Tile, fields: tuple[TileField, ...], entity: str | None
) -> Iterator[str]:
    names = ", ".join(dict.fromkeys(each.entity for each in fields))
    if entity is None:
        yield f"the rows of {names} do not belong to each other one by one"
        return
    dictionary = scope.dictionary
    main = dictionary.find_entity(dictionary.main_entity)
    if tile.options.count is CountUnit.PEOPLE and not has_people(dictionary, entity):
        yield f"a row of {entity} may belong to several people: count rows"
    elif tile.options.count is CountUnit.PEOPLE and (main is None or main.primary_key is None):
        yield "people have no primary key, by which they could be counted"
    own = dictionary.find_entity(entity)
    needs_key = any(each.spec.is_multi_select for each in fields) or len(fields) > 1
    is_counted = FieldNeed.VALUES in CHARTS[tile.chart].fields
    if is_counted and needs_key and (own is None or own.primary_key is None):
        yield f"{entity} has no primary key, by which rows with several values could be counted"
    if tile.chart is ChartKind.SURVIVAL and not _is_of_people(scope, entity):
        yield f"survival is of people: {entity} may have several rows of one"


def _is_of_people(scope: QueryScope, entity: str) -> bool:
    steps = path_to(scope.dictionary, entity)
    is_joined = entity == scope.dictionary.main_entity or bool(steps)
    return is_joined and not any(each.has_many_rows or each.has_many_parents for each in steps)


def is_living_word(text: str) -> bool:
    """Return whether a value or a meaning says that somebody lives."""
    return text.strip().casefold() in LIVING_WORDS
