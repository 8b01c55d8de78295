"""The utilization of each part in each combination."""

from collections.abc import Mapping
from typing import Any

from loadtests.report.charts.base import DataTable, Picture, axis, layout, safe, styles
from loadtests.report.document import Document
from loadtests.report.numbers import percent


def bottleneck_picture(document: Document) -> Picture | None:
    """None if the server's side was not captured."""
    bottlenecks: Mapping[str, Mapping[str, Any]] = document["bottleneck"]
    style_of = styles(document["combinations"])
    parts = list(dict.fromkeys(part for bottleneck in bottlenecks.values() for part in bottleneck["shares"]))
    if not parts:
        return None
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": safe(name),
            "meta": {"combination": name},
            "y": [safe(part) for part in parts],
            "x": [_hundred(bottleneck["shares"].get(part)) for part in parts],
            "marker": {"color": style_of[name].colour},
            "hovertemplate": "%{y}: %{x:.1f} %<extra>" + safe(name) + "</extra>",
        }
        for name, bottleneck in bottlenecks.items()
    ]
    xaxis = axis(
        "busy, % of the measured time; think time and waiting for the database: % of a visitor's cycle", range=[0, 105]
    )
    rows = [
        (part, *(_hundred(bottleneck["shares"].get(part)) for bottleneck in bottlenecks.values())) for part in parts
    ]
    return Picture(
        "bottleneck",
        "How busy each part was",
        "What is busy nearly all the time binds; else the delay that lasts longest does.",
        {"data": bars, "layout": layout(xaxis, axis("", autorange="reversed"), barmode="group")},
        DataTable(("part", *(f"{name}, %" for name in bottlenecks)), rows),
        height=110 + 60 * len(parts),
    )


def in_words(document: Document) -> dict[str, str]:
    """The bottleneck of each combination, in words."""
    return {name: _of_one(bottleneck) for name, bottleneck in document["bottleneck"].items()}


def _of_one(bottleneck: Mapping[str, Any]) -> str:
    if bottleneck["share"] is None:
        return str(bottleneck["reason"])
    cause = f" ({bottleneck['cause']})" if bottleneck["cause"] else ""
    return f"{bottleneck['name']}, {percent(bottleneck['share'])}{cause}"


def _hundred(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)
