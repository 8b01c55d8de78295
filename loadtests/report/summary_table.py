"""The summary: a column for each combination, with ratios to the first."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.report.document import Document
from loadtests.report.numbers import count, milliseconds, per_second, percent, times_better


class Row(NamedTuple):
    """One line: its label, the place and format of its figure, the metric of its ratio, its short label."""

    label: str
    key: str
    form: Callable[[float | None], str]
    metric: str | None = None
    short: str = ""


class Figure(NamedTuple):
    """One cell: the measured figure, its text, and its ratio to the first combination."""

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
P99: Final = "latency_p99"


def rows_of(lines: Mapping[str, Mapping[str, Any]], load: Mapping[str, Any]) -> list[Row]:
    """For k6's own summaries every percentile and figure that one of them has; ours may lack p99."""
    of_k6 = load["profile"] == SUMMARY
    rows = _with_percentiles(lines) if of_k6 else ROWS
    known = {key for line in lines.values() for key, value in line.items() if value is not None}
    return [row for row in rows if row.key in known or not (of_k6 or row.key == P99)]


def _with_percentiles(lines: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    average, *others = ROWS
    named = {key for line in lines.values() for key in line if key.startswith(PERCENTILE)}
    metrics = {row.key: row.metric for row in ROWS}
    percentiles = [
        Row(f"p{place:g} latency", key, milliseconds, metrics.get(key), f"p{place:g} ms")
        for place, key in sorted((float(key.removeprefix(PERCENTILE)), key) for key in named)
    ]
    return [average, *percentiles, *(row for row in others if not row.key.startswith(PERCENTILE))]


Lines: TypeAlias = list[tuple[str, list[Figure]]]


def summary_tables(document: Document) -> tuple[Lines, Lines]:
    """The table of the screen, and the other figures."""
    lines = document["combinations"]
    rows = rows_of(lines, document["load"])
    shown, others = ([row for row in rows if bool(row.short) is first] for first in (True, False))
    first, second = (
        [(row.label, [_figure(document, name, row) for name in lines]) for row in part] for part in (shown, others)
    )
    return first, second


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
    """The unit over which figures vary: k6's own summaries have no starts."""
    return "run" if load["profile"] == SUMMARY else "start"


def load_in_words(load: Mapping[str, Any]) -> str:
    unit = unit_of(load)
    starts = f"one {unit}" if load["rounds"] == 1 else f"{load['rounds']} {unit}s"
    if load["profile"] == SUMMARY:
        return f"k6's own summaries, {starts} of each"
    think = "" if load["think"] == "unknown" else f", think time {load['think_time_s']:g} s"
    return f"{load['profile']}: {load['vus']} visitors{think}, {load['duration_s']:g} s each, {starts}"
