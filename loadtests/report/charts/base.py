"""A chart: a figure for the chart library, its title, how to read it, and its data as a table."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

Figure: TypeAlias = dict[str, Any]
Trace: TypeAlias = dict[str, Any]

# Okabe and Ito's palette: warm colours are sync, cold ones async; the lighter one of a pair is cached.
COLOURS: Final = {"sync": "#D55E00", "sync-cached": "#E69F00", "async": "#0072B2", "async-cached": "#56B4E9"}
OTHER_COLOURS: Final = ("#009E73", "#CC79A7", "#7F7F7F", "#B8A800")
# Ticks of a logarithmic axis within a decade, from coarse to fine.
STEPS: Final = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.1, 1.2, 1.3, 1.5, 2.0, 3.0, 5.0, 7.0, 8.0, 9.0))
FEW_TICKS: Final = 3
SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "star", "pentagon", "hexagon")


class Style(NamedTuple):
    colour: str
    symbol: str


class DataTable(NamedTuple):
    """The data of a chart; cells are text or numbers, shown unchanged."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]


class Picture(NamedTuple):
    name: str
    title: str
    sentence: str
    figure: Figure
    table: DataTable
    height: int = 380


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Our four combinations always have the same styles."""
    styles_by_name: dict[str, Style] = {}
    others = 0
    for place, name in enumerate(names):
        colour = COLOURS.get(name)
        if colour is None:
            colour = OTHER_COLOURS[others % len(OTHER_COLOURS)]
            others += 1
        styles_by_name[name] = Style(colour, SYMBOLS[place % len(SYMBOLS)])
    return styles_by_name


def safe(text: str) -> str:
    """Text escaped for the chart library's markup."""
    return html.escape(text, quote=False)


def axis(title: str, **settings: Any) -> dict[str, Any]:
    return {"title": {"text": title, "font": {"size": 13}}, "automargin": True, **settings}


def log_axis(title: str, values: Iterable[float | None], room: float = 1.25, **settings: Any) -> dict[str, Any]:
    """An axis with some room around the values and round ticks."""
    known = [value for value in values if value is not None and value > 0]
    if not known:
        return axis(title, type="log", **settings)
    low, high = min(known) / room, max(known) * room
    ticks = _ticks(low, high)
    return axis(
        title,
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[f"{tick:,.10g}" for tick in ticks],
        **settings,
    )


def _ticks(low: float, high: float) -> list[float]:
    """The coarsest ticks that still give a few of them."""
    ticks: list[float] = []
    for steps in STEPS:
        candidates = [step * 10.0**power for power in range(-6, 9) for step in steps]
        ticks = [float(f"{tick:.6g}") for tick in candidates if low <= tick <= high]
        if len(ticks) >= FEW_TICKS:
            break
    return ticks


def trace(combination: str, style: Style, **settings: Any) -> Trace:
    """A series that the legend can switch off by its combination."""
    return {
        "name": safe(combination),
        "meta": {"combination": combination},
        "line": {"color": style.colour},
        **settings,
    }


def layout(xaxis: Mapping[str, Any], yaxis: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    """The layout; colours of text and lines come from the page's theme."""
    return {
        "xaxis": xaxis,
        "yaxis": yaxis,
        "showlegend": False,
        "margin": {"l": 12, "r": 12, "t": 12, "b": 12},
        **settings,
    }
