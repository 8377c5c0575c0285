"""Read tiles from plain values, as they come from YAML, JSON or Python; every fault is found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from apollo_spark.model.dashboard.charts import CHARTS, MOST_BINS, MOST_CELLS, ChartRule
from apollo_spark.model.dashboard.tile import (
    ChartKind,
    CountUnit,
    ExpressionScale,
    Tile,
    TileLayout,
    TileOptions,
)
from apollo_spark.sources.suggest import did_you_mean

Judge = Callable[[Any], str | None]
"""Says what is wrong with a value, None where nothing is."""

KEYS = ("title", "chart", "fields", "options", "layout")
LAYOUT = {"x": (0, 11), "y": (0, 10_000), "width": (1, 12), "height": (1, 24)}


class TileFault(NamedTuple):
    """What is wrong with a tile.

    Attributes:
        tile: Which tile, as messages name it.
        text: What is wrong.
        is_unknown: Whether a name is not there, or not to be seen.
    """

    tile: str
    text: str
    is_unknown: bool = False

    def __str__(self) -> str:
        """Return the fault as a line of a message."""
        return f"{self.tile}: {self.text}"


def read_tile(value: Any, label: str) -> tuple[Tile | None, list[TileFault]]:
    """Return a tile, or what is wrong with it.

    Args:
        value: A mapping, as a dashboard file has it.
        label: How messages name it.
    """
    faults = [TileFault(label, each) for each in _judge(value)]
    return (None, faults) if faults else (_build(value), [])


def _judge(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield "a tile is a mapping with 'chart' and 'fields'"
        return
    yield from _unknown(value, KEYS, "a tile has no key")
    if (why := _no_text(value.get("title"))) and value.get("title") is not None:
        yield f"title {why}"
    yield from _judge_layout(value.get("layout"))
    chart = value.get("chart")
    kinds = [str(each) for each in ChartKind]
    if chart is None:
        yield f"'chart' is missing; it is one of {', '.join(kinds)}"
    elif chart not in kinds:
        hint = did_you_mean(chart, kinds) if isinstance(chart, str) else ""
        yield f"there is no chart {chart!r}{hint}; there are {', '.join(kinds)}"
    else:
        yield from _judge_chart(ChartKind(chart), value)


def _judge_chart(chart: ChartKind, value: Mapping[str, Any]) -> Iterator[str]:
    rule = CHARTS[chart]
    yield from _judge_fields(chart, rule, value.get("fields"))
    options = value.get("options")
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        yield "options must be a mapping"
        return
    yield from _unknown(options, rule.options, f"a {chart} chart has no option")
    for name, given in options.items():
        if name in rule.options and (why := _judges(chart, rule)[name](given)):
            yield f"option {name} {why}"
    if options.get("living") and options.get("dead"):
        yield "options living and dead exclude each other: what is not named is the other"
    if chart is ChartKind.EXPRESSION and "feature" not in options:
        yield "option feature is missing: an expression chart is of one feature"


def _judge_fields(chart: ChartKind, rule: ChartRule, fields: Any) -> Iterator[str]:
    wanted = _number_of_fields(rule)
    if fields is None and rule.needed:
        yield f"'fields' is missing; a {chart} chart takes {wanted}"
    elif fields is not None and (why := _no_texts(fields)):
        yield f"fields {why}"
    elif fields is not None:
        if len(fields) < rule.needed or (len(fields) > len(rule.fields) and not rule.more):
            yield f"a {chart} chart takes {wanted}, not {len(fields)}"
        yield from (
            f"{each!r} names no field: write ENTITY.FIELD"
            for each in fields
            if len(each.split(".")) != 2 or not all(each.split("."))
        )
        if len(set(fields)) < len(fields):
            yield "a field is named more than once"


def _number_of_fields(rule: ChartRule) -> str:
    most = len(rule.fields)
    if rule.more:
        return f"{rule.needed} field or more"
    if rule.needed == most:
        return f"{most} field" + ("s" if most > 1 else "")
    return f"{rule.needed} or {most} field" + ("s" if most > 1 else "")


def _judge_layout(layout: Any) -> Iterator[str]:
    if layout is None:
        return
    if not isinstance(layout, Mapping):
        yield "layout must be a mapping"
        return
    yield from _unknown(layout, tuple(LAYOUT), "a layout has no key")
    for name, given in layout.items():
        if name in LAYOUT and (why := _no_number(*LAYOUT[name])(given)):
            yield f"layout {name} {why}"
    x, width = layout.get("x"), layout.get("width")
    if isinstance(x, int) and isinstance(width, int) and x + width > 12:
        yield "layout x and width go beyond the twelve columns"


def _unknown(given: Mapping[Any, Any], known: Sequence[str], what: str) -> Iterator[str]:
    for each in given:
        if each not in known:
            hint = did_you_mean(each, known) if isinstance(each, str) else ""
            has = f"; it has {', '.join(known)}" if known else ""
            yield f"{what} {each!r}{hint}{has}"


def _judges(chart: ChartKind, rule: ChartRule) -> Mapping[str, Judge]:
    return {
        "count": _no_choice([str(each) for each in CountUnit]),
        "scale": _no_choice([str(each) for each in ExpressionScale]),
        "limit": _no_number(1, rule.limit[1] if rule.limit else 1),
        "bins": _no_number(2, MOST_CELLS if chart is ChartKind.SCATTER else MOST_BINS),
        "living": _no_codes,
        "dead": _no_codes,
        **dict.fromkeys(("under", "assay", "feature", "unit"), _no_text),
    }


def _no_text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "must be text; put it into quotes"


def _no_texts(value: Any) -> str | None:
    is_list = isinstance(value, list | tuple)
    if is_list and all(isinstance(each, str) for each in value):
        return None
    return "must be a list of texts"


def _no_codes(value: Any) -> str | None:
    plain = (str, int)
    is_list = isinstance(value, list | tuple) and bool(value)
    if is_list and all(isinstance(one, plain) and not isinstance(one, bool) for one in value):
        return None
    return "must be a list of values; put yes and no into quotes"


def _no_number(least: int, most: int) -> Judge:
    def judge(value: Any) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and least <= value <= most:
            return None
        return f"must be a whole number from {least} to {most:,}"

    return judge


def _no_choice(words: Sequence[str]) -> Judge:
    def judge(value: Any) -> str | None:
        return None if value in words else f"must be one of {', '.join(words)}"

    return judge


def _build(value: Mapping[str, Any]) -> Tile:
    options = dict(value.get("options") or {})
    for name, type_ in (("count", CountUnit), ("scale", ExpressionScale)):
        if name in options:
            options[name] = type_(options[name])
    for name in ("living", "dead"):
        if name in options:
            options[name] = tuple(map(str, options[name]))
    return Tile(
        chart=ChartKind(value["chart"]),
        fields=tuple(value.get("fields") or ()),
        title=value.get("title"),
        options=TileOptions(**options),
        layout=TileLayout(**(value.get("layout") or {})),
    )
