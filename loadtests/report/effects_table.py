"""Tables of effects for a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from loadtests.report.numbers import times_better
from loadtests.report.plain_text import shown

TITLES: Final = {
    "latency_avg": "latency avg",
    "latency_p50": "latency p50",
    "latency_p95": "latency p95",
    "latency_p99": "latency p99",
    "throughput": "req/s",
    "service_cpu": "service CPU",
}
STYLES: Final = {"better": "green", "worse": "red"}


def effects_table(title: str, rows: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> RenderableType:
    """A line for every known effect and figure."""
    table = table_of("", ("", "times better", ""))
    for name, row in rows.items():
        known = {metric: effect for metric, effect in row.items() if effect["ratio"] is not None}
        for place, (metric, effect) in enumerate(known.items()):
            word = shown(effect["verdict"], STYLES.get(effect["verdict"], ""))
            table.add_row(shown("" if place else name), TITLES[metric], times_better(effect), word)
    return titled(title, table) if table.row_count else Group()


def titled(title: str, table: Table) -> RenderableType:
    """The title is printed apart: as part of the table it would be wrapped."""
    return Group(shown(title), table)


def table_of(first: str, headings: Iterable[str]) -> Table:
    table = Table(first, box=None, pad_edge=False, header_style="")
    for heading in headings:
        table.add_column(shown(heading), justify="right")
    return table
