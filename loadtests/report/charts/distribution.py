"""How latencies are distributed: the percentile curve of each combination, towards its slow end."""

import math
from collections.abc import Mapping
from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles, trace
from loadtests.report.document import Document
from loadtests.report.numbers import milliseconds

TICKS: Final = (50, 75, 90, 95, 99, 99.9)
MARKED: Final = ("p50", "p95", "p99")
BAND_OPACITY: Final = 0.18

Curve = Mapping[str, Mapping[str, float | None]]


def distribution_picture(document: Document) -> Picture | None:
    """None where nothing counts."""
    curves: Mapping[str, Curve] = document["report"]["curves"]
    if not curves:
        return None
    style_of = styles(document["combinations"])
    values = [value for curve in curves.values() for spread in curve.values() for value in spread.values()]
    bands = [band for name, curve in curves.items() if (band := _band(name, curve, style_of[name]))]
    xaxis = axis(
        "percentile of the answers, the slowest to the right",
        tickvals=[rarity(tick) for tick in TICKS],
        ticktext=[f"p{tick:g}" for tick in TICKS],
    )
    figure = {
        "data": [*bands, *(_line(name, curve, style_of[name]) for name, curve in curves.items())],
        "layout": layout(xaxis, log_axis("latency, ms (log scale)", values), hovermode="x unified"),
    }
    return Picture(
        "distribution", "Latency of the answers by percentile", _sentence(document), figure, _table(curves), height=440
    )


def rarity(percentile: float) -> float:
    """The place of a percentile on an axis where each step is ten times rarer, as in Gil Tene's HdrHistogram."""
    return -math.log10(1 - percentile / 100)


def _known(curve: Curve, part: str) -> list[tuple[str, float]]:
    return [(name, value) for name, spread in curve.items() if (value := spread[part]) is not None]


def _line(name: str, curve: Curve, style: Style) -> Trace:
    known = _known(curve, "median")
    return trace(
        name,
        style,
        type="scatter",
        mode="lines+markers",
        x=[rarity(float(percentile[1:])) for percentile, _ in known],
        y=[value for _, value in known],
        customdata=[percentile for percentile, _ in known],
        marker={
            "color": style.colour,
            "symbol": style.symbol,
            "line": {"width": 0},
            "size": [10 if percentile in MARKED else 4 for percentile, _ in known],
        },
        hovertemplate="%{customdata}: %{y:.4~g} ms<extra>" + safe(name) + "</extra>",
    )


def _band(name: str, curve: Curve, style: Style) -> Trace | None:
    """From the lowest start to the highest one, where there are several."""
    low, high = _known(curve, "low"), _known(curve, "high")
    if low == high:
        return None
    places = [rarity(float(percentile[1:])) for percentile, _ in low]
    return trace(
        name,
        style,
        type="scatter",
        mode="lines",
        x=places + places[::-1],
        y=[value for _, value in low] + [value for _, value in high[::-1]],
        fill="toself",
        fillcolor=_faint(style.colour),
        hoverinfo="skip",
    ) | {"line": {"width": 0}, "meta": {"combination": name, "band": True}}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND_OPACITY})"


def _sentence(document: Document) -> str:
    parts = []
    for name, line in document["combinations"].items():
        middle, tail = line["latency_p50"], line["latency_p99"] or line["latency_p95"]
        if middle and tail:
            word = "p99" if line["latency_p99"] else "p95"
            parts.append(f"{name} {milliseconds(middle)} and {milliseconds(tail)} at {word}")
    says = "Lower is quicker, and a curve that rises to the right has a slow end. "
    return says + (f"At p50: {'; '.join(parts)}." if parts else "There were too few requests for percentiles.")


def _table(curves: Mapping[str, Curve]) -> DataTable:
    names = list(dict.fromkeys(percentile for curve in curves.values() for percentile in curve))
    rows = [(name, *(curve[name]["median"] if name in curve else None for curve in curves.values())) for name in names]
    return DataTable(("percentile", *(f"{name}, ms" for name in curves)), rows)


def percentile_rows(document: Document) -> list[dict[str, Any]]:
    return [
        {"name": name, **{word: line[f"latency_{word}"] for word in MARKED}}
        for name, line in document["combinations"].items()
    ]
