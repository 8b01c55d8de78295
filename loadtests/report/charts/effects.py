"""The effects of the 2x2: each change in times better, with its interval."""

from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Trace, axis, layout, log_axis, safe
from loadtests.report.document import Document
from loadtests.report.numbers import MISSING, digits, interval
from loadtests.schema.design import INTERACTION, by_effect

METRICS: Final = {
    "latency_avg": "average latency",
    "latency_p95": "p95 latency",
    "throughput": "throughput",
    "service_cpu": "service CPU per request",
}
SHOWN: Final = frozenset({"better", "worse", "same"})
BAND: Final = {"type": "rect", "xref": "x", "yref": "paper", "x0": 1 / 1.05, "x1": 1.05, "y0": 0, "y1": 1}
ONE: Final = {"type": "line", "xref": "x", "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1}


def effects_pictures(document: Document) -> list[Picture]:
    return [picture for metric in METRICS if (picture := _forest(document, metric))]


def _forest(document: Document, metric: str) -> Picture | None:
    effects = [
        (name, row[metric]) for name, row in by_effect(document["effects"]).items() if row[metric]["ratio"] is not None
    ]
    if not effects:
        return None
    reached = [value for _, one in effects for value in (one["ratio"], one["low"], one["high"]) if value]
    bounds = [*reached, 0.95, 1.05]
    names = [safe(name) for name, _ in effects][::-1]
    title = METRICS[metric]
    rows = [(name, one["ratio"], interval(one) or MISSING, one["verdict"]) for name, one in effects]
    # For the figures above the outermost points, as a factor that grows with the axis.
    room = (max(bounds) / min(bounds)) ** 0.12
    return Picture(
        f"effects-{metric.replace('_', '-')}",
        f"What each change did to the {title}: times better",
        _in_words(effects),
        {
            "data": [_intervals(effects[::-1], names)],
            "layout": layout(
                log_axis("times better (log scale); right of 1 is better", bounds, room=room),
                axis("", type="category"),
                shapes=[{**BAND, "layer": "below", "name": "band"}, {**ONE, "name": "one"}],
            ),
        },
        DataTable(("effect of", "times better", "95 % interval", "verdict"), rows),
        height=110 + 38 * len(effects),
    )


def _intervals(effects: list[tuple[str, dict[str, Any]]], names: list[str]) -> Trace:
    shown_effects = [effect for _, effect in effects]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "times better",
        "meta": {"frame": True},
        "x": [effect["ratio"] for effect in shown_effects],
        "y": names,
        "text": [digits(effect["ratio"]) for effect in shown_effects],
        "textposition": "top center",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [None if one["high"] is None else one["high"] - one["ratio"] for one in shown_effects],
            "arrayminus": [None if one["low"] is None else one["ratio"] - one["low"] for one in shown_effects],
            "thickness": 1.5,
        },
        "marker": {
            "size": 9,
            "symbol": ["circle" if one["verdict"] in SHOWN else "circle-open" for one in shown_effects],
        },
        "customdata": [f"{interval(one) or 'no interval'}, {one['verdict']}" for one in shown_effects],
        "hovertemplate": "%{y}: %{x:.4~g} times better<br>%{customdata}<extra></extra>",
    }


def _in_words(effects: list[tuple[str, dict[str, Any]]]) -> str:
    if all(effect["low"] is None for _, effect in effects):
        return "Hollow points: one start gives a ratio and no interval, so none of these is shown yet."
    words = {
        "better": "better",
        "worse": "worse",
        "same": "the same within 5 %",
        "cannot tell": "this run cannot tell",
    }
    parts = []
    for verdict, text in words.items():
        names = [
            f"{name} ({digits(one['ratio'])})"
            for name, one in effects
            if one["verdict"] == verdict and INTERACTION not in name
        ]
        if names:
            parts.append(f"{text}: {', '.join(names)}")
    sentence = "; ".join(parts)
    return (
        f"{sentence[:1].upper()}{sentence[1:]}. Lines are 95 % intervals, the grey band is 5 % around no change; "
        "of hollow points this run cannot tell."
    )
