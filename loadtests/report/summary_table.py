"""The summary: a column for each combination, with ratios to the first."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.report.document import Document
from loadtests.report.numbers import count, milliseconds, per_second, percent, times_better


class Row(NamedTuple):
    """One line: its label, where its figure is and how it is written, the metric of its ratio, its short label."""

    label: str
    key: str
    form: Callable[[float | None], str]
    metric: str | None = None
    short: str = ""


class Figure(NamedTuple):
    """One cell: the figure as it was measured and as text, and its ratio to the first combination."""

    value: float | None
    text: str
    ratio: str
    verdict: str
    interval: bool = False


ROWS: Final = (
    Row("Average response time", "latency_avg", milliseconds, "latency_avg", "avg ms"),
    Row("p50 latency", "latency_p50", milliseconds, "latency_p50"),
    Row("p95 latency", "latency_p95", milliseconds, "latency_p95", "p95 ms"),
    Row("p99 latency", "latency_p99", milliseconds, "latency_p99", "p99 ms"),
    Row("Throughput", "throughput_rps", per_second, "throughput", "req/s"),
    Row("Ceiling of this load at that latency", "ceiling_rps", per_second),
    Row("Error rate", "error_rate", percent, None, "err %"),
    Row("Service CPU per request", "service_cpu", milliseconds, "service_cpu", "CPU ms"),
    Row("Cache hit ratio", "hit_ratio", percent, None, "hits %"),
    Row("Requests", "requests", count),
)


PERCENTILE: Final = "latency_p"


def rows_of(lines: Mapping[str, Mapping[str, Any]], load: Mapping[str, Any]) -> list[Row]:
    """Of k6's own summaries with every percentile that one of them has, and no figure that none has."""
    if load["profile"] != SUMMARY:
        return list(ROWS)
    average, *others = ROWS
    named = {key for line in lines.values() for key in line if key.startswith(PERCENTILE)}
    metrics = {row.key: row.metric for row in ROWS}
    percentiles = [
        Row(f"p{place:g} latency", key, milliseconds, metrics.get(key), f"p{place:g} ms")
        for place, key in sorted((float(key.removeprefix(PERCENTILE)), key) for key in named)
    ]
    rows = [average, *percentiles, *(row for row in others if not row.key.startswith(PERCENTILE))]
    return [row for row in rows if any(line.get(row.key) is not None for line in lines.values())]


def summary_table(document: Document) -> list[tuple[str, list[Figure]]]:
    lines = document["combinations"]
    rows = rows_of(lines, document["load"])
    return [(row.label, [_figure(document, name, row) for name in lines]) for row in rows]


def _figure(document: Document, name: str, row: Row) -> Figure:
    value = document["combinations"][name].get(row.key)
    effect = document["report"]["against_the_first"].get(name, {}).get(row.metric)
    if value is None or not effect or effect["ratio"] is None:
        return Figure(value, row.form(value), "", "")
    return Figure(value, row.form(value), times_better(effect), effect["verdict"], effect["low"] is not None)


def statistic(document: Document) -> str:
    rounds, unit = document["load"]["rounds"], unit_of(document["load"])
    return f"one {unit}" if rounds == 1 else f"{rounds} {unit}s together"


def unit_of(load: Mapping[str, Any]) -> str:
    """Whose figures vary: k6 knows no starts."""
    return "run" if load["profile"] == SUMMARY else "start"
