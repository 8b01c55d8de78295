"""Average latency over the measured time, with a line between starts and the name of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from loadtests.report.charts.base import DataTable, Picture, Style, Trace, axis, layout, log_axis, safe, styles, trace
from loadtests.report.document import Document

# With more starts a phone has no room for the word.
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

TIME: Final = "measured time, s, start after start (the combinations of a start were measured one after the other)"
STEADY: Final = (
    "A level line is a steady state; a slope would be a warm-up that was too short. Dotted lines do not count."
)
UNIT: Final = "average latency, ms"


def course_picture(document: Document) -> Picture:
    cells: Sequence[Cell] = document["report"]["course"]
    style_of = styles(document["combinations"])
    duration = max(cell["duration_s"] for cell in cells)
    starts = {number: place * duration for place, number in enumerate(sorted({cell["round"] for cell in cells}))}
    values = [value for cell in cells for part in cell["slices"] if (value := _latency(part)) is not None]
    traces = [
        line
        for combination in style_of
        for void in (False, True)
        if (line := _trace(cells, combination, void, starts, style_of[combination]))
    ]
    frame = layout(
        axis(TIME, range=[0, duration * len(starts)]),
        log_axis(f"{UNIT} (log scale)", values),
        margin={"l": 12, "r": 12, "t": 30, "b": 12},
        **round_marks(starts, duration),
    )
    figure = {"data": traces, "layout": frame}
    return Picture("latency-course", "Average latency over the measured time", STEADY, figure, _table(cells))


def _latency(part: Part) -> float | None:
    value: float | None = part["latency_ms"]["avg"]
    return value


def _trace(cells: Sequence[Cell], name: str, void: bool, starts: Mapping[int, float], style: Style) -> Trace | None:
    """The slices of one combination, with a gap between starts; void ones are a separate dotted series."""
    x: list[float | None] = []
    y: list[float | None] = []
    for cell in cells:
        if cell["combination"] == name and cell["void"] is void:
            for at, value in _points(cell):
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


def _points(cell: Cell) -> Iterator[tuple[float, float | None]]:
    """A point in the middle of each slice; a single slice is a line over its whole time."""
    slices = cell["slices"]
    if len(slices) == 1:
        yield from ((at, _latency(slices[0])) for at in (0.0, slices[0]["duration_s"]))
    else:
        yield from ((part["start_s"] + part["duration_s"] / 2, _latency(part)) for part in slices)


def _table(cells: Sequence[Cell]) -> DataTable:
    rows = [
        (
            cell["combination"],
            cell["round"],
            "left out" if cell["void"] else "counts",
            part["start_s"],
            part["requests"],
            _latency(part),
        )
        for cell in cells
        for part in cell["slices"]
    ]
    return DataTable(("combination", "start", "counts", "from, s", "requests", UNIT), rows)
