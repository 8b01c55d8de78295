"""How busy each resource was and what a request asks of it, as a table for people."""

from collections.abc import Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table

from loadtests.analysis.bottleneck import Bottleneck
from loadtests.report.effects_table import titled
from loadtests.report.numbers import MISSING
from loadtests.report.plain_text import shown

TITLE: Final = "Resources: share of the time busy (of a visitor's round for what nobody queues for), and ms per request"
BINDS: Final = "* "
LAST: Final = "* binds, from VUs"


def resources_table(found: Mapping[str, Bottleneck]) -> RenderableType:
    """Utilization and service demand, medians over rounds; empty if unknown."""
    names = list(dict.fromkeys(resource for bottleneck in found.values() for resource in bottleneck.shares))
    if not names:
        return Group()
    table = Table()
    table.add_column("")
    for combination in found:
        table.add_column(shown(combination), justify="right", no_wrap=True)
    for name in names:
        table.add_row(name, *(_cell(bottleneck, name) for bottleneck in found.values()))
    table.add_row(LAST, *(_saturation(bottleneck) for bottleneck in found.values()))
    return titled(TITLE, table)


def _cell(bottleneck: Bottleneck, name: str) -> str:
    if name not in bottleneck.shares:
        return MISSING
    demand = f"{bottleneck.demands[name]:.2f} ms" if name in bottleneck.demands else MISSING
    return f"{BINDS if name == bottleneck.name else ''}{bottleneck.shares[name]:.1%} {demand:>11}"


def _saturation(bottleneck: Bottleneck) -> str:
    return MISSING if bottleneck.saturated_at_vus is None else f"{bottleneck.saturated_at_vus:.0f}"
