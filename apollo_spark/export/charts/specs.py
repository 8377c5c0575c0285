"""Charts as Vega-Lite 6: what is drawn is in the file, under `data.values`."""

from typing import Any

from apollo_spark.export.charts.rows import data_rows
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.tile import ChartKind, ExpressionScale

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
Spec = dict[str, Any]
_ROW = 22
_HEIGHT = 260


def chart_spec(answer: TileAnswer) -> Spec:
    """Return a tile as a Vega-Lite chart that needs nothing else."""
    rows = data_rows(answer)
    several = len(answer.all_data) > 1
    drawn = _with_marks(_DRAWN[answer.tile.chart](answer, rows, several), rows)
    return {
        "$schema": SCHEMA,
        "title": {"text": answer.title, "anchor": "start"},
        "description": describe(answer),
        "width": "container",
        "data": {"values": rows},
        **drawn,
    }


def _with_marks(drawn: Spec, rows: list[Spec]) -> Spec:
    """Return a chart of bars with a text in the place of each count that is not shown."""
    encoding = drawn.get("encoding", {})
    is_bars = drawn.get("mark", {}).get("type") == "bar" and "row" not in encoding
    if not is_bars or not any("suppressed" in row for row in rows):
        return drawn
    number = "x" if encoding["x"].get("field") in ("count", "share") else "y"
    place = {name: encoding[name] for name in ("x", "y", "yOffset") if name in encoding}
    place = {name: {k: v for k, v in each.items() if k != "bin"} for name, each in place.items()}
    place |= {number: {"datum": 0, "type": "quantitative"}, "text": {"field": "suppressed"}}
    angle = 0 if number == "x" else 270
    mark = {"type": "text", "align": "left", "fontStyle": "italic", "angle": angle}
    filled = {"filter": "isValid(datum.suppressed)"}
    layers = [
        {"mark": drawn["mark"], "encoding": encoding},
        {"transform": [filled], "mark": mark, "encoding": place},
    ]
    return {**{k: v for k, v in drawn.items() if k not in ("mark", "encoding")}, "layer": layers}


def describe(answer: TileAnswer) -> str:
    """Return a chart in one sentence."""
    if answer.data is None:
        return f"{answer.title}: {answer.problem}."
    return f"{answer.title}: {answer.tile.chart} chart of {answer.unit} in {answer.dataset}."


def _axis(answer: TileAnswer, place: int) -> str:
    return answer.titles[place] if place < len(answer.titles) else ""


def _bars(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    x: Spec = {"field": "count", "type": "quantitative", "title": answer.unit}
    encoding: Spec = {
        "y": {"field": "label", "type": "nominal", "sort": labels, "title": None,
              "axis": {"labelLimit": 260}},
        "x": x,
        "tooltip": [{"field": "label", "title": _axis(answer, 0)}, {"field": "count"}],
    }  # fmt: skip
    if several:
        x |= {"field": "share", "title": f"share of {answer.unit}", "axis": {"format": "%"}}
        encoding |= {"yOffset": {"field": "cohort"}, "color": _colour("cohort", None)}
    return {"mark": {"type": "bar"}, "height": {"step": _ROW}, "encoding": encoding}


def _stacked(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    names = ("first", "second")
    orders = [list(dict.fromkeys(row[name] for row in rows)) for name in names]
    encoding: Spec = {
        "y": {"field": "first", "type": "nominal", "sort": orders[0], "title": _axis(answer, 0),
              "axis": {"labelLimit": 260}},
        "x": {"field": "count", "type": "quantitative", "title": answer.unit},
        "color": {**_colour("second", _axis(answer, 1)), "sort": orders[1]},
    }  # fmt: skip
    if several:
        encoding["row"] = {"field": "cohort", "title": None}
    # `container` is the width of a single view only.
    width = {"width": 420} if several else {}
    return {"mark": {"type": "bar"}, "height": {"step": _ROW}, "encoding": encoding, **width}


def _histogram(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    is_date = any(isinstance(row["start"], str) for row in rows)
    x: Spec = {"field": "start", "title": _axis(answer, 0)}
    x |= (
        {"type": "temporal", "scale": {"type": "utc"}}
        if is_date
        else ({"type": "quantitative", "bin": {"binned": True}})
    )
    encoding: Spec = {
        "x": x,
        "x2": {"field": "end"},
        "y": {"field": "count", "type": "quantitative", "title": answer.unit, "stack": None},
    }
    # Between two dates a bar would not know where it begins.
    encoding |= {"y2": {"datum": 0}} if is_date else {}
    mark: Spec = {"type": "bar", "binSpacing": 0}
    if several:
        encoding["color"] = _colour("cohort", None)
        mark["opacity"] = 0.55
    return {"mark": mark, "height": _HEIGHT, "encoding": encoding}


def _boxes(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    y: Spec = {"field": "label", "type": "nominal", "sort": labels, "title": None,
               "axis": {"labelLimit": 260}}  # fmt: skip
    shared: Spec = {"y": y, "tooltip": [{"field": each} for each in _SHORT]}
    if several:
        shared |= {"yOffset": {"field": "cohort"}, "color": _colour("cohort", None)}
    title = {"title": _number_title(answer)}

    def layer(mark: Spec, first: str, last: str | None = None) -> Spec:
        ends = {} if last is None else {"x2": {"field": last}}
        x = {"field": first, "type": "quantitative", "scale": {"zero": False}, **title}
        return {"mark": mark, "encoding": {"x": x, **ends}}

    return {
        "height": {"step": _ROW * 1.4},
        "encoding": shared,
        "layer": [
            layer({"type": "rule"}, "min", "max"),
            layer({"type": "bar", "size": 12, "opacity": 0.7}, "q1", "q3"),
            layer({"type": "tick", "color": "currentColor", "size": 14, "thickness": 2}, "median"),
        ],
    }


def _number_title(answer: TileAnswer) -> str:
    if answer.tile.chart is not ChartKind.EXPRESSION:
        return answer.titles[-1] if answer.titles else ""
    options = answer.tile.options
    is_log = any(ExpressionScale.LOG2.value in each for each in answer.notes)
    name = " ".join(each for each in (options.feature, options.unit) if each)
    return f"log2({name} + 1)" if is_log else name


def _scatter(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    is_dense = any("x2" in row for row in rows)
    axes = {
        name: {"field": name, "type": "quantitative", "title": _axis(answer, place),
               "scale": {"zero": False}}
        for place, name in enumerate(("x", "y"))
    }  # fmt: skip
    if not is_dense:
        size = {"field": "count", "type": "quantitative", "title": answer.unit}
        encoding: Spec = {**axes, "size": size}
        encoding |= {"color": _colour("cohort", None)} if several else {}
        return {"mark": {"type": "point", "filled": True, "opacity": 0.6}, "height": _HEIGHT,
                "encoding": encoding}  # fmt: skip
    for each in axes.values():
        each["bin"] = {"binned": True}
    encoding = {
        **axes, "x2": {"field": "x2"}, "y2": {"field": "y2"},
        "color": {"field": "count", "type": "quantitative", "title": answer.unit,
                  "scale": {"type": "log", "scheme": "blues"}},
    }  # fmt: skip
    encoding |= {"column": {"field": "cohort", "title": None}} if several else {}
    width = {"width": 240} if several else {}
    return {"mark": {"type": "rect"}, "height": _HEIGHT, "encoding": encoding, **width}


def _survival(answer: TileAnswer, rows: list[Spec], several: bool) -> Spec:
    is_by_group = not several or len({row["group"] for row in rows}) > 1
    by = "group" if is_by_group else "cohort"
    title = _axis(answer, 2) or None
    x = {"field": "time", "type": "quantitative", "title": _axis(answer, 0)}
    y: Spec = {"type": "quantitative", "title": "share without event", "scale": {"domain": [0, 1]}}
    step = {"interpolate": "step-after"}
    names = list(dict.fromkeys(row[by] for row in rows))
    colour = {**_colour(by, title), "sort": names}
    layers = [
        {"mark": {"type": "area", "opacity": 0.15, **step},
         "encoding": {"y": {**y, "field": "lower"}, "y2": {"field": "upper"}}},
        {"mark": {"type": "line", **step},
         "encoding": {"y": {**y, "field": "survival"},
                      "strokeDash": {"field": by, "sort": names, "title": title}}},
        {"transform": [{"filter": {"field": "censored", "gt": 0}}],
         "mark": {"type": "tick", "orient": "vertical", "size": 8},
         "encoding": {"y": {**y, "field": "survival"}}},
    ]  # fmt: skip
    found: Spec = {"height": _HEIGHT, "encoding": {"x": x, "color": colour}, "layer": layers}
    if not (several and is_by_group):
        return found
    inner = {"height": _HEIGHT, "width": 280, **{k: found[k] for k in ("encoding", "layer")}}
    return {"facet": {"column": {"field": "cohort", "title": None}}, "spec": inner, "width": None}


def _table(answer: TileAnswer, _: list[Spec], several: bool) -> Spec:
    encoding: Spec = {
        "x": {"field": "column", "type": "nominal", "sort": list(answer.titles), "title": None,
              "axis": {"orient": "top", "labelAngle": 0}},
        "y": {"field": "row", "type": "ordinal", "title": None},
        "text": {"field": "text", "type": "nominal"},
    }  # fmt: skip
    encoding |= {"row": {"field": "cohort", "title": None}} if several else {}
    return {"mark": {"type": "text"}, "height": {"step": _ROW}, "encoding": encoding}


def _colour(field: str, title: str | None) -> Spec:
    return {"field": field, "type": "nominal", "title": title}


_SHORT = ("label", "count", "min", "q1", "median", "q3", "max", "mean")
_DRAWN = {
    ChartKind.BAR: _bars,
    ChartKind.LIST: _bars,
    ChartKind.STACKED: _stacked,
    ChartKind.HISTOGRAM: _histogram,
    ChartKind.BOX: _boxes,
    ChartKind.GROUPED_BOX: _boxes,
    ChartKind.SCATTER: _scatter,
    ChartKind.SURVIVAL: _survival,
    ChartKind.TABLE: _table,
    ChartKind.EXPRESSION: _boxes,
}
