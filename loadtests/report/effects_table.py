"""The effects as tables for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.analysis.effects import Effect, SimpleEffect
from loadtests.report.numbers import MISSING
from loadtests.report.plain_text import shown
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect

TITLES: Final = {
    "latency_avg": "latency avg",
    "latency_p50": "latency p50",
    "latency_p95": "latency p95",
    "latency_p99": "latency p99",
    "throughput": "req/s",
    "service_cpu": "service CPU",
}
DIFFERENCES: Final = tuple(metric for metric in TITLES if metric != "throughput")
BY_ROUTE: Final = ("latency_avg", "latency_p95")
STYLES: Final = {"better": "green", "worse": "red"}
RATIOS: Final = "Times better (above 1): geometric mean over rounds of each round's ratio, with its 95 % interval"
IN_MS: Final = "Difference in ms: geometric mean with the change minus geometric mean without it, with 95 % interval"
ROUTES: Final = "By route: times better, with the 95 % interval"


def effects_table(effects: Mapping[str, Any]) -> RenderableType:
    table = table_of("effect of", TITLES.values())
    for name, row in by_effect(effects).items():
        table.add_row(shown(name), *(_ratio(row[metric]) for metric in TITLES))
    return titled(RATIOS, table)


def difference_table(effects: Mapping[str, Any]) -> RenderableType:
    table = table_of("effect of", [TITLES[metric] for metric in DIFFERENCES])
    for name, row in effects[SIMPLE_KEY].items():
        table.add_row(shown(name), *(_difference(row[metric]) for metric in DIFFERENCES))
    return titled(IN_MS, table)


def routes_table(effects: Mapping[str, Any]) -> RenderableType:
    """What the mix hides; empty where no routes are known."""
    if not effects[ROUTES_KEY]:
        return Group()
    headings = [heading for metric in BY_ROUTE for heading in (TITLES[metric], "ms")]
    table = table_of("route and effect", headings)
    for route, of_route in effects[ROUTES_KEY].items():
        for name, row in of_route[SIMPLE_KEY].items():
            cells = [cell for metric in BY_ROUTE for cell in (_ratio(row[metric]), _difference(row[metric]))]
            table.add_row(shown(f"{route}: {name}"), *cells)
    return titled(ROUTES, table)


def against_table(folder: str, compared: Mapping[str, Mapping[str, Effect]]) -> RenderableType:
    table = table_of("combination", TITLES.values())
    for name, row in compared.items():
        table.add_row(shown(name), *(_ratio(row[metric]) for metric in TITLES))
    return titled(f"Times better than in {folder}, with the 95 % interval", table)


def titled(title: str, table: Table) -> RenderableType:
    """The title is not part of the table, which would break it into lines."""
    return Group(shown(title), table)


def table_of(first: str, headings: Iterable[str], no_wrap: bool = False) -> Table:
    table = Table(first)
    for heading in headings:
        table.add_column(shown(heading), justify="right", no_wrap=no_wrap)
    return table


def _ratio(effect: Effect) -> Text:
    if effect.ratio is None:
        return Text(MISSING)
    interval = "" if effect.low is None else f"\n{effect.low:.2f} to {effect.high:.2f}"
    return Text.assemble((f"{effect.ratio:.2f}", STYLES.get(effect.verdict, "")), f"{interval}\n{effect.verdict}")


def _difference(effect: SimpleEffect) -> str:
    if effect.difference is None:
        return MISSING
    interval = (
        "" if effect.difference_low is None else f"\n{effect.difference_low:+.2f} to {effect.difference_high:+.2f}"
    )
    return f"{effect.difference:+.2f}{interval}"
