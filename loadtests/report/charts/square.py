"""The 2x2 as a square: the four average latencies with the cache off and on, a line for each stack."""

from collections.abc import Mapping
from statistics import geometric_mean
from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles
from loadtests.report.document import Document
from loadtests.report.numbers import digits, interval

DASHES: Final = ("solid", "dash", "dot")
# Where a name stands: above the points of a slower combination, below those of a quicker one.
SIDES: Final = ("top", "bottom")
OFF_ON: Final = ("cache off", "cache on")


def square_picture(document: Document) -> Picture | None:
    """None where one of the four has no cell that counts."""
    stacks = _whole_stacks(document["report"]["varies"])
    cells = [cell for cell in document["report"]["course"] if not cell["void"] and cell["latency_avg"]]
    points: dict[str, list[float]] = {}
    for cell in cells:
        points.setdefault(cell["combination"], []).append(cell["latency_avg"])
    if len(stacks) < 2 or any(name not in points for pair in stacks.values() for name in pair):
        return None
    style_of = styles(document["combinations"])
    lines = [_line(stack, pair, points, dash) for (stack, pair), dash in zip(stacks.items(), DASHES, strict=False)]
    dots = [
        _dots(name, place, side, points[name], style_of[name])
        for place, names in zip(OFF_ON, zip(*stacks.values(), strict=True), strict=True)
        for name, side in zip(
            sorted(names, key=lambda values_of_one: -geometric_mean(points[values_of_one])), SIDES, strict=False
        )
    ]
    values = [value for values_of_one in points.values() for value in values_of_one]
    figure = {
        "data": [*lines, *dots],
        "layout": layout(
            axis("", type="category", range=[-0.35, 1.35]), log_axis("average latency, ms (log scale)", values, room=2)
        ),
    }
    rows = [
        (name, round_, value) for name, values_of_one in points.items() for round_, value in enumerate(values_of_one, 1)
    ]
    return Picture(
        "square",
        "Average latency of the four, with the cache off and on",
        _parallel(document),
        figure,
        DataTable(("combination", "cell that counts", "average latency, ms"), rows),
    )


def _whole_stacks(varies: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    places = {
        (varies_of_one["stack"], varies_of_one["cache"]): name
        for name, varies_of_one in varies.items()
        if varies_of_one
    }
    stacks = dict.fromkeys(stack for stack, _ in places)
    return {
        stack: (places[stack, False], places[stack, True])
        for stack in stacks
        if (stack, False) in places and (stack, True) in places
    }


def _line(stack: str, pair: tuple[str, str], points: Mapping[str, list[float]], dash: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": safe(stack),
        "meta": {"frame": True},
        "x": list(OFF_ON),
        "y": [geometric_mean(points[name]) for name in pair],
        "line": {"dash": dash, "width": 1.5},
        "hoverinfo": "skip",
    }


def _dots(name: str, place: str, side: str, values: list[float], style: Style) -> Trace:
    values = sorted(values, reverse=side == SIDES[0])
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": safe(name),
        "meta": {"combination": name},
        "x": [place] * len(values),
        "y": values,
        "text": [safe(name), *[""] * (len(values) - 1)],
        "textposition": f"{side} center",
        "marker": {"color": style.colour, "symbol": style.symbol, "size": 11},
        "hovertemplate": "%{y:.4~g} ms<extra>" + safe(name) + "</extra>",
    }


def _parallel(document: Document) -> str:
    effect = document["effects"].get("interaction", {}).get("latency_avg")
    says = (
        "Each point is one round. Parallel lines mean that the cache gains as much, as a ratio, on either side; "
        "the line that falls more steeply gains more. "
    )
    if not effect or effect["ratio"] is None:
        return says.strip()
    if effect["verdict"] in ("better", "worse"):
        gain = f"{digits(effect['ratio'])} times as much in the rewrite ({interval(effect)})"
        return f"{says}They are not parallel: the cache gains {gain}."
    if effect["verdict"] == "one round":
        return f"{says}One round cannot say whether they differ."
    if effect["verdict"] == "not shown":
        return f"{says}That they differ is not shown (interaction {digits(effect['ratio'])}, {interval(effect)})."
    return f"{says}They are parallel within 5 %."
