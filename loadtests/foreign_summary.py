"""Plain k6 summaries as results: of `--summary-export`, of `handleSummary`, and the machine-readable one of both."""

import re
from pathlib import Path
from typing import Any, Final

from loadtests import machine_readable_summary
from loadtests.machine_readable_summary import Values, is_machine_readable
from loadtests.results_schema import K6, Cache, Latency, Result

PROFILE: Final = "k6 summary"
# When the file was written says nothing of when it was measured: copies and checkouts change it.
UNKNOWN: Final = "unknown"
# Fewer requests than these say nothing about a percentile.
ENOUGH: Final = {"p(95)": 200, "p(99)": 1000}
NOTHING: Final = (
    "it holds no requests: http_reqs, http_req_duration and, if machine-readable, config.duration are wanted"
)
NAME: Final = re.compile(r"(?P<combination>.+?)(?:\.round-(?P<round>[1-9]\d*))?\.json")


class UnusableSummary(Exception):
    """A summary that lacks what a comparison needs; the message says what."""


def is_summary(document: Any) -> bool:
    """Says whether this is a summary of k6 and none of our results."""
    return isinstance(document, dict) and "schema" not in document and bool(_metrics(document))


def result_of(path: Path, document: dict[str, Any]) -> Result:
    """Gives a summary as the result of the combination, and of the round, that its file is named by.

    What such a summary does not hold stays unknown: think time and with it the ceiling, routes, cache, the server's
    side, and percentiles that k6 was not asked for with `--summary-trend-stats`. Raises UnusableSummary.
    """
    _refuse_other_version(document)
    metrics = _metrics(document)
    requests, latency = _values(metrics, "http_reqs"), _values(metrics, "http_req_duration")
    count, rate = _number(requests, "count"), _number(requests, "rate")
    if not count or not rate or _number(latency, "avg") is None:
        raise UnusableSummary(NOTHING)
    name = NAME.fullmatch(path.name)
    return Result(
        schema=1,
        combination=name["combination"] if name else path.stem,
        profile=PROFILE,
        round=int(name["round"] or 1) if name else 1,
        started_at=UNKNOWN,
        duration_s=round(count / rate, 3),
        vus=int(_number(_values(metrics, "vus_max"), "value", "max") or 1),
        think_time_s=0.0,
        think="unknown",
        requests=int(count),
        failed=int(_number(_values(metrics, "http_req_failed"), "passes") or 0),
        checks_failed=int(_number(_values(metrics, "checks"), "fails") or 0),
        dropped_iterations=int(_number(_values(metrics, "dropped_iterations"), "count") or 0),
        throughput_rps=rate,
        latency_ms=_latency(latency, count),
        routes={},
        cache=Cache(),
        k6=K6(machine_readable_summary.k6_of(document)),
    )


def _refuse_other_version(document: Values) -> None:
    version = machine_readable_summary.version_of(document)
    if is_machine_readable(document) and version.partition(".")[0] != machine_readable_summary.MAJOR:
        raise UnusableSummary(f"its format is of version {version or 'unknown'}, version 1 can be read")


def _metrics(document: Values) -> dict[str, Any]:
    """By name, whichever shape."""
    if is_machine_readable(document):
        return dict(machine_readable_summary.metrics_of(document))
    found = document.get("metrics")
    return found if isinstance(found, dict) else {}


def _values(metrics: Values, name: str) -> Values:
    """In the metric itself, or one level deeper where handleSummary was given them."""
    metric = metrics.get(name)
    if not isinstance(metric, dict):
        return {}
    values = metric.get("values", metric)
    return values if isinstance(values, dict) else {}


def _number(values: Values, *names: str) -> float | None:
    found = (values.get(name) for name in names)
    return next((float(one) for one in found if isinstance(one, int | float) and one >= 0), None)


def _latency(values: Values, count: float) -> Latency:
    def percentile(name: str) -> float | None:
        return _number(values, name) if count >= ENOUGH.get(name, 0) else None

    return Latency(
        avg=_number(values, "avg"),
        min=_number(values, "min"),
        p50=_number(values, "med", "p(50)"),
        p90=percentile("p(90)"),
        p95=percentile("p(95)"),
        p99=percentile("p(99)"),
        max=_number(values, "max"),
    )
