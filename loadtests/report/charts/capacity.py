"""Capacity: p95 latency over the requested rate."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles, trace
from loadtests.report.document import Document
from loadtests.report.numbers import digits

HELD: Final = "held"


def capacity_pictures(document: Document) -> Iterator[Picture]:
    run = document["report"]["further"].get("capacity")
    if not run:
        return
    style_of = styles(
        dict.fromkeys([*document["combinations"], *(line["combination"] for line in run["combinations"])])
    )
    steps = {line["combination"]: list(_open_steps(line)) for line in run["combinations"]}
    values = [step["latency_ms"]["p95"] for taken in steps.values() for step in taken]
    rows = [
        (name, step["rate_rps"], step["throughput_rps"], step["latency_ms"]["p95"], step["outcome"])
        for name, taken in steps.items()
        for step in taken
    ]
    yield Picture(
        "capacity",
        "p95 latency by the rate that was asked for",
        _highest(run),
        {
            "data": [line for name, taken in steps.items() if taken for line in _curve(name, taken, style_of[name])],
            "layout": layout(axis("requests per second asked for"), log_axis("p95 latency, ms (log scale)", values)),
        },
        DataTable(("combination", "asked, req/s", "answered, req/s", "p95, ms", "objectives"), rows),
        height=420,
    )


def _open_steps(capacity: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The valid open-model steps with a p95, by rate."""
    steps = [step for step in capacity["steps"] if step["rate_rps"] and step["outcome"] != "void"]
    known = [step for step in steps if step["part"] != "warm-up" and step["latency_ms"].get("p95") is not None]
    yield from sorted(known, key=lambda step: int(step["rate_rps"]))


def _curve(name: str, steps: Sequence[Mapping[str, Any]], style: Style) -> tuple[Trace, Trace]:
    """A line through the median of each rate, and a point per step."""
    rates: dict[int, list[float]] = {}
    for step in steps:
        rates.setdefault(step["rate_rps"], []).append(step["latency_ms"]["p95"])
    line = trace(
        name,
        style,
        type="scatter",
        mode="lines",
        x=list(rates),
        y=[median(latencies) for latencies in rates.values()],
        hoverinfo="skip",
    )
    points = trace(
        name,
        style,
        type="scatter",
        mode="markers",
        x=[step["rate_rps"] for step in steps],
        y=[step["latency_ms"]["p95"] for step in steps],
        customdata=[step["outcome"] for step in steps],
        marker={
            "color": style.colour,
            "size": 9,
            "symbol": [style.symbol if step["outcome"] == HELD else f"{style.symbol}-open" for step in steps],
        },
        hovertemplate="%{x} req/s: p95 %{y:.4~g} ms, %{customdata}<extra>" + safe(name) + "</extra>",
    )
    return line, points


def _highest(run: Mapping[str, Any]) -> str:
    limits = ", ".join(f"{route} {digits(limit)} ms" for route, limit in run["objectives_ms"].items())
    parts = [
        f"{line['combination']} {'none' if line['rate_rps'] is None else digits(line['rate_rps']) + ' req/s'} "
        f"(full when it broke: {line['limited_by']})"
        for line in run["combinations"]
    ]
    return (
        f"Filled points held the objectives (p95 at most: {limits}), hollow ones broke them. "
        f"Highest rate that held twice: {'; '.join(parts)}."
    )
