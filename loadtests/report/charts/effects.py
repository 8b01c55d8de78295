"""The chart of effects: times better with interval, over the mix and by route."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from loadtests.report.charts.base import DataTable, Picture, Trace, axis, layout, log_axis, safe
from loadtests.report.document import Document
from loadtests.report.numbers import MISSING, interval, times, times_better
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect

METRICS: Final = {
    "latency_avg": "average latency",
    "latency_p50": "p50 latency",
    "latency_p95": "p95 latency",
    "latency_p99": "p99 latency",
    "throughput": "throughput",
    "service_cpu": "service CPU per request",
}
TURNS: Final = "The services took turns under the same requests, so what slowed one slowed all. "
HOW: Final = "Lines are 95 % intervals, the grey band is 5 % around no change; hollow points are not decided."
BAND: Final = {"type": "rect", "xref": "x", "yref": "paper", "x0": 1 / 1.05, "x1": 1.05, "y0": 0, "y1": 1}
ONE: Final = {"type": "line", "xref": "x", "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1}
MIX: Final = "all routes"


class Point(NamedTuple):
    """One effect on the average latency, over the mix or on one route."""

    name: str
    route: str
    effect: Mapping[str, Any]


def effects_picture(document: Document) -> Picture | None:
    """None without two valid combinations."""
    points = list(_points(document))
    if not points:
        return None
    bounds = [
        value
        for point in points
        for value in (point.effect["ratio"], point.effect["low"], point.effect["high"])
        if value
    ]
    # Room for the labels of the outermost points, as a factor that grows with the axis.
    room = (max(bounds) / min(bounds)) ** 0.12
    places = list(range(len(points)))
    labels = [f"<b>{safe(point.name)}</b>" if point.route == MIX else safe(point.route) for point in points]
    rows = [
        (point.name, point.route, point.effect["ratio"], interval(point.effect) or MISSING, point.effect["verdict"])
        for point in points
    ]
    return Picture(
        "effects",
        "What each change did to the average latency: times better",
        f"{TURNS if document['turns'] else ''}{HOW}",
        {
            "data": [_intervals(points)],
            "layout": layout(
                log_axis("times better (log scale); right of 1 is better", [*bounds, 0.95, 1.05], room=room),
                axis("", tickvals=places, ticktext=labels, range=[len(points) - 0.5, -0.8]),
                shapes=[{**BAND, "layer": "below", "name": "band"}, {**ONE, "name": "one"}],
            ),
        },
        DataTable(("effect of", "in", "times better", "95 % interval", "verdict"), rows),
        height=110 + 30 * len(points),
    )


def effect_rows(document: Document) -> list[tuple[str, str, str, str, str]]:
    """Every known effect: where, of which change, on which figure, times better, verdict."""
    parts = {MIX: document["effects"], **document["effects"][ROUTES_KEY]}
    if document["turns"]:
        parts["load of many visitors"] = document["origin"]["effects"]
    return [
        (where, name, METRICS[metric], times_better(effect), effect["verdict"])
        for where, effects in parts.items()
        for name, row in by_effect(effects).items()
        for metric, effect in row.items()
        if effect["ratio"] is not None
    ]


def _points(document: Document) -> Iterator[Point]:
    """The simple effects, first over the mix; an effect missing there leaves its place empty."""
    effects = document["effects"]
    routes = {route: row[SIMPLE_KEY] for route, row in effects[ROUTES_KEY].items()}
    for name in effects[SIMPLE_KEY]:
        by_route = {MIX: effects[SIMPLE_KEY], **(routes if len(routes) > 1 else {})}
        known = [Point(name, route, row[name]["latency_avg"]) for route, row in by_route.items() if name in row]
        if any(point.effect["ratio"] for point in known):
            yield from known


def _intervals(points: list[Point]) -> Trace:
    effects = [point.effect for point in points]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "times better",
        "meta": {"frame": True},
        "x": [effect["ratio"] for effect in effects],
        "y": list(range(len(points))),
        "text": [times(effect["ratio"]) if effect["ratio"] else "" for effect in effects],
        "textposition": "top center",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [effect["high"] - effect["ratio"] if effect["high"] else None for effect in effects],
            "arrayminus": [effect["ratio"] - effect["low"] if effect["low"] else None for effect in effects],
            "thickness": 1.5,
        },
        "marker": {
            "size": [11 if point.route == MIX else 8 for point in points],
            "symbol": ["circle-open" if effect["verdict"] == "cannot tell" else "circle" for effect in effects],
        },
        "customdata": [
            f"{safe(point.name)}, {safe(point.route)}<br>{interval(point.effect)} {point.effect['verdict']}"
            for point in points
        ],
        "hovertemplate": "%{x:.4~g} times better<br>%{customdata}<extra></extra>",
    }
