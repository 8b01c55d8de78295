"""The comparison as tables for people."""

from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from loadtests.comparison import SIMPLE_KEY, Comparison
from loadtests.effects import Effect

MISSING: Final = "-"


def _places(count: int, unit: str = "", scale: float = 1.0) -> Callable[[float], str]:
    return lambda value: f"{value * scale:.{count}f}{unit}"


FIGURE_ROWS: Final[tuple[tuple[str, str, Callable[[float], str]], ...]] = (
    ("requests", "requests", _places(0)),
    ("req/s", "throughput_rps", _places(1)),
    ("  ceiling VUs/(Z + latency)", "ceiling_rps", _places(1)),
    ("latency avg, ms", "latency_avg", _places(2)),
    ("latency p50, ms", "latency_p50", _places(2)),
    ("latency p95, ms", "latency_p95", _places(2)),
    ("latency p99, ms", "latency_p99", _places(2)),
    ("latency max, ms", "latency_max", _places(2)),
    ("service CPU per request, ms", "service_cpu", _places(3)),
    ("cache hit ratio", "hit_ratio", _places(1, " %", 100)),
    ("rounds that count", "rounds", _places(0)),
    ("rounds void", "rounds_void", _places(0)),
)
METRIC_TITLES: Final = {
    "latency_avg": "latency avg",
    "latency_p50": "latency p50",
    "latency_p95": "latency p95",
    "latency_p99": "latency p99",
    "throughput": "req/s",
    "service_cpu": "service CPU",
}
VERDICT_STYLES: Final = {"better": "green", "worse": "red"}


def show(comparison: Comparison, console: Console) -> None:
    """Prints the figures, the effects, the void cells and what they say."""
    console.print(_figures(comparison))
    console.print(_effects(comparison))
    for cell in comparison.void:
        console.print(
            f"void: {cell.combination}, round {cell.round}: {cell.reason}; {cell.advice}",
            style="red",
        )
    for name, found in comparison.bottleneck.items():
        share = f"{found.name}, {found.share:.0%} of the time" if found.share is not None else found.reason
        console.print(f"bottleneck of {name}: {share}")
    console.print()
    console.print(comparison.recommendation.text)


def _figures(comparison: Comparison) -> Table:
    load = comparison.load
    statistic = "one round" if load["rounds"] == 1 else f"median over {load['rounds']} rounds"
    title = (
        f"{load['profile']}: {load['vus']} VUs, think time {load['think_time_s']:g} s "
        f"({load['think']}), {load['duration_s']:g} s each, {statistic}"
    )
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in comparison.combinations:
        table.add_column(name, justify="right", no_wrap=True)
    for label, key, form in FIGURE_ROWS:
        cells = [_cell(line, key, form) for line in comparison.combinations.values()]
        table.add_row(label, *cells)
    return table


def _cell(line: dict[str, Any], key: str, form: Callable[[float], str]) -> str:
    value = line[key]
    return MISSING if value is None else form(value)


def _effects(comparison: Comparison) -> Table:
    title = "Times better (above 1), with the 95 % interval over rounds"
    table = Table(title=title, title_justify="left")
    table.add_column("effect of")
    for metric in METRIC_TITLES.values():
        table.add_column(metric, justify="right")
    main = {name: row for name, row in comparison.effects.items() if name != SIMPLE_KEY}
    for name, row in {**comparison.effects[SIMPLE_KEY], **main}.items():
        table.add_row(name, *(_effect(row[metric]) for metric in METRIC_TITLES))
    return table


def _effect(effect: Effect) -> str:
    if effect.ratio is None:
        return MISSING
    style = VERDICT_STYLES.get(effect.verdict)
    ratio = f"[{style}]{effect.ratio:.2f}[/{style}]" if style else f"{effect.ratio:.2f}"
    interval = "" if effect.low is None else f"\n{effect.low:.2f} to {effect.high:.2f}"
    return f"{ratio}{interval}\n{effect.verdict}"
