"""The effects as tables for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from loadtests.analysis.effects import Effect, SimpleEffect
from loadtests.analysis.figures import times
from loadtests.report.plain_text import shown
from loadtests.schema.design import ROUTES_KEY, by_effect

TITLES: Final = {
    "latency_avg": "latency avg",
    "latency_p50": "latency p50",
    "latency_p95": "latency p95",
    "latency_p99": "latency p99",
    "throughput": "req/s",
    "service_cpu": "service CPU",
}
STYLES: Final = {"better": "green", "worse": "red"}
HEADINGS: Final = ("times", "95 % interval", "verdict", "more")


def effects_table(title: str, effects: Mapping[str, Any]) -> RenderableType:
    """A line for every effect and figure that is known."""
    return compared_table(title, {name: row for name, row in by_effect(effects).items() if name != ROUTES_KEY})


def compared_table(title: str, rows: Mapping[str, Mapping[str, Effect]]) -> RenderableType:
    table = table_of("", ["", *HEADINGS])
    for name, row in rows.items():
        known = {metric: effect for metric, effect in row.items() if effect.ratio is not None}
        for place, (metric, effect) in enumerate(known.items()):
            word = shown(effect.verdict, STYLES.get(effect.verdict, ""))
            figures = (TITLES[metric], times(effect.ratio or 1.0), interval(effect), word, _more(effect))
            table.add_row(shown("" if place else name), *figures)
    return titled(f"{title}: times better", table) if table.row_count else Group()


def _more(effect: Effect) -> str:
    difference = effect.difference if isinstance(effect, SimpleEffect) else None
    return "" if difference is None else f"{difference:+.2f}"


def interval(effect: Effect) -> str:
    """Empty without one."""
    return "" if effect.low is None or effect.high is None else f"{times(effect.low)} to {times(effect.high)}"


def titled(title: str, table: Table) -> RenderableType:
    """The title is not part of the table, which would break it into lines."""
    return Group(shown(title), table)


def table_of(first: str, headings: Iterable[str]) -> Table:
    table = Table(first, box=None, pad_edge=False, header_style="")
    for heading in headings:
        table.add_column(shown(heading), justify="right")
    return table
