"""The summary: a column for each combination, with ratios to the first."""

from collections.abc import Callable
from typing import Final, NamedTuple

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


def summary_table(document: Document) -> list[tuple[str, list[Figure]]]:
    lines = document["combinations"]
    return [(row.label, [_figure(document, name, row) for name in lines]) for row in ROWS]


def _figure(document: Document, name: str, row: Row) -> Figure:
    value = document["combinations"][name][row.key]
    effect = document["report"]["against_the_first"].get(name, {}).get(row.metric)
    if value is None or not effect or effect["ratio"] is None:
        return Figure(value, row.form(value), "", "")
    return Figure(value, row.form(value), times_better(effect), effect["verdict"], effect["low"] is not None)


def statistic(document: Document) -> str:
    rounds = document["load"]["rounds"]
    return "one start" if rounds == 1 else f"{rounds} starts together"
