"""The percentile curve of each combination, stretched towards the slow end."""

import math
from collections.abc import Mapping
from typing import Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles, trace
from loadtests.report.document import Document

TICKS: Final = (50, 75, 90, 95, 99, 99.9)
MARKED: Final = ("p50", "p95", "p99")

Curve = Mapping[str, float | None]


def distribution_picture(document: Document) -> Picture | None:
    """None without valid results."""
    curves: Mapping[str, Curve] = document["report"]["curves"]
    if not curves:
        return None
    style_of = styles(document["combinations"])
    values = [value for curve in curves.values() for value in curve.values()]
    xaxis = axis(
        "percentile of the answers, the slowest to the right",
        tickvals=[rarity(tick) for tick in TICKS],
        ticktext=[f"p{tick:g}" for tick in TICKS],
    )
    figure = {
        "data": [_line(name, curve, style_of[name]) for name, curve in curves.items()],
        "layout": layout(xaxis, log_axis("latency, ms (log scale)", values), hovermode="x unified"),
    }
    return Picture(
        "distribution",
        "Latency of the answers by percentile",
        "Lower is quicker, and a curve that rises to the right has a slow end.",
        figure,
        _table(curves),
        height=440,
    )


def rarity(percentile: float) -> float:
    """The place of a percentile on an axis on which each step is ten times rarer, as in Gil Tene's HdrHistogram."""
    return -math.log10(1 - percentile / 100)


def _line(name: str, curve: Curve, style: Style) -> Trace:
    known = {percentile: value for percentile, value in curve.items() if value is not None}
    return trace(
        name,
        style,
        type="scatter",
        mode="lines+markers",
        x=[rarity(float(percentile[1:])) for percentile in known],
        y=list(known.values()),
        customdata=list(known),
        marker={
            "color": style.colour,
            "symbol": style.symbol,
            "line": {"width": 0},
            "size": [10 if percentile in MARKED else 4 for percentile in known],
        },
        hovertemplate="%{customdata}: %{y:.4~g} ms<extra>" + safe(name) + "</extra>",
    )


def _table(curves: Mapping[str, Curve]) -> DataTable:
    names = list(dict.fromkeys(percentile for curve in curves.values() for percentile in curve))
    rows = [(name, *(curve.get(name) for curve in curves.values())) for name in names]
    return DataTable(("percentile", *(f"{name}, ms" for name in curves)), rows)
