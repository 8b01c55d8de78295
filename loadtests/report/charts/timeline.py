"""What makes the starts visible on an axis of time: a line between two, and the name of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles, trace
from loadtests.report.document import Document
from loadtests.report.numbers import digits, milliseconds, per_second

# With more starts than these a phone has no room for the word.
MOST_NAMED: Final = 4


def round_marks(starts: Mapping[int, float], duration: float) -> dict[str, list[dict[str, Any]]]:
    border = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "name": "border"}
    place = {"y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom", "showarrow": False}
    word = "start " if len(starts) <= MOST_NAMED else ""
    return {
        "shapes": [{**border, "x0": start, "x1": start} for start in list(starts.values())[1:]],
        "annotations": [
            {**place, "x": start + duration / 2, "text": f"{word}{number}"} for number, start in starts.items()
        ],
    }


Cell = Mapping[str, Any]
Part = Mapping[str, Any]
Figure = Callable[[Part], float | None]

TIME: Final = "measured time, s, start after start (the combinations of a start were measured one after the other)"


def course_pictures(document: Document) -> list[Picture]:
    cells: Sequence[Cell] = document["report"]["course"]
    values = [value for cell in cells for part in cell["slices"] if (value := _latency(part)) is not None]
    latency = log_axis("average latency, ms (log scale)", values)
    rate = axis("requests per second", rangemode="tozero")
    return [
        _picture(document, "latency-course", "Average latency over the measured time", latency, _latency, milliseconds),
        _picture(document, "throughput-course", "Throughput over the measured time", rate, _rate, per_second),
    ]


def _latency(part: Part) -> float | None:
    value: float | None = part["latency_ms"]["avg"]
    return value


def _rate(part: Part) -> float | None:
    return float(part["requests"] / part["duration_s"])


def _picture(
    document: Document,
    name: str,
    title: str,
    yaxis: dict[str, Any],
    figure: Figure,
    form: Callable[[float | None], str],
) -> Picture:
    cells: Sequence[Cell] = document["report"]["course"]
    style_of = styles(document["combinations"])
    rounds = sorted({cell["round"] for cell in cells})
    duration = max(cell["duration_s"] for cell in cells)
    starts = {number: place * duration for place, number in enumerate(rounds)}
    traces = [
        line
        for combination in style_of
        for void in (False, True)
        if (line := _trace(cells, combination, void, starts, style_of[combination], figure))
    ]
    xaxis = axis(TIME, range=[0, duration * len(rounds)])
    return Picture(
        name,
        title,
        _sentence(cells, figure, form),
        {
            "data": traces,
            "layout": layout(
                xaxis, yaxis, margin={"l": 12, "r": 12, "t": 30, "b": 12}, **round_marks(starts, duration)
            ),
        },
        _table(cells, figure, yaxis["title"]["text"]),
    )


def _trace(
    cells: Sequence[Cell], name: str, void: bool, starts: Mapping[int, float], style: Style, figure: Figure
) -> Trace | None:
    """The slices of one combination, with a gap between starts; what does not count is a dotted series of their own."""
    x: list[float | None] = []
    y: list[float | None] = []
    for cell in cells:
        if cell["combination"] == name and cell["void"] is void:
            for at, value in _points(cell, figure):
                x.append(starts[cell["round"]] + at)
                y.append(value)
            x.append(None)
            y.append(None)
    if not x:
        return None
    word = f"{name}, left out" if void else name
    return trace(
        name,
        style,
        type="scatter",
        mode="lines+markers",
        x=x,
        y=y,
        connectgaps=False,
        marker={"color": style.colour, "symbol": "x" if void else style.symbol, "size": 6},
        hovertemplate="%{y:.4~g}, %{x:.0f} s<extra>" + safe(word) + "</extra>",
    ) | {"line": {"color": style.colour, "dash": "dot" if void else "solid"}}


def _points(cell: Cell, figure: Figure) -> Iterator[tuple[float, float | None]]:
    """In the middle of each slice; one slice alone is a line over its whole time."""
    slices = cell["slices"]
    if len(slices) == 1:
        yield from ((at, figure(slices[0])) for at in (0.0, slices[0]["duration_s"]))
    else:
        yield from ((part["start_s"] + part["duration_s"] / 2, figure(part)) for part in slices)


def _sentence(cells: Sequence[Cell], figure: Figure, form: Callable[[float | None], str]) -> str:
    parts = []
    for name in dict.fromkeys(cell["combination"] for cell in cells):
        counting = [cell for cell in cells if cell["combination"] == name and not cell["void"]]
        values = [value for cell in counting for part in cell["slices"] if (value := figure(part)) is not None]
        if values:
            lowest, highest = digits(min(values)), form(max(values))
            parts.append(f"{name} {highest}" if highest.startswith(f"{lowest} ") else f"{name} {lowest} to {highest}")
    several = any(len(cell["slices"]) > 1 for cell in cells)
    what = "parts of the measured time" if several else "whole measurements, which are not divided in time"
    dotted = " Dotted lines do not count." if any(cell["void"] for cell in cells) else ""
    return (
        "A level line is a steady state; a slope would be a warm-up that was too short. "
        f"From the lowest to the highest of the {what}: {'; '.join(parts)}.{dotted}"
    )


def _table(cells: Sequence[Cell], figure: Figure, unit: str) -> DataTable:
    rows = [
        (
            cell["combination"],
            cell["round"],
            "left out" if cell["void"] else "counts",
            part["start_s"],
            part["requests"],
            figure(part),
        )
        for cell in cells
        for part in cell["slices"]
    ]
    return DataTable(("combination", "start", "counts", "from, s", "requests", unit.replace(" (log scale)", "")), rows)
