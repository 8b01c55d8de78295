"""Reads k6's summaries; its machine-readable one is converted to the older shapes.

The machine-readable one is opt-in since k6 1.5 (`--new-machine-readable-summary`) and the same in 2.2. Sources: k6's
`internal/lib/summary/machine_readable.go`, and `js/common/bridge.go` for names as scripts see them, such as `p90`
where the schema has `p(90)`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeGuard

from loadtests.schema.files import UnusableResults
from loadtests.schema.result import K6, Cache, Result
from loadtests.schema.turns import Latency

Values: TypeAlias = Mapping[str, Any]

# The major version of the format that this program can read.
MAJOR: Final = "1"
OLDER_NAMES: Final = {"p90": "p(90)", "p95": "p(95)"}


def is_machine_readable(document: Values) -> bool:
    results = document.get("results")
    return isinstance(results, dict) and isinstance(results.get("metrics"), list)


def k6_of(document: Values) -> str | None:
    metadata = document.get("metadata")
    version = metadata.get("k6_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


def metrics_of(document: Values) -> dict[str, Values]:
    """The values of each metric by its name; throughputs are missing without config.duration."""
    results, seconds = document["results"], _seconds(document)
    checks = results.get("checks")
    judged = _by_name(checks.get("metrics"), seconds) if isinstance(checks, dict) else {}
    return _by_name(results["metrics"], seconds) | {"checks": judged.get("checks_succeeded", {})}


def _by_name(listed: Any, seconds: float | None) -> dict[str, Values]:
    metrics = listed if isinstance(listed, list) else []
    metrics_with_values = [
        metric for metric in metrics if isinstance(metric, dict) and isinstance(metric.get("values"), dict)
    ]
    return {str(metric.get("name")): _older(metric, seconds) for metric in metrics_with_values}


def _older(metric: Values, seconds: float | None) -> Values:
    values: Values = metric["values"]
    terms = TERMS.get(str(metric.get("type")))
    return terms(values, seconds) if terms else values


def _counter(values: Values, seconds: float | None) -> Values:
    count = _float(values.get("count"))
    return {"count": count, "rate": count / seconds if count is not None and seconds else None}


def _rate(values: Values, _: float | None) -> Values:
    matches, total = _float(values.get("matches")), _float(values.get("total"))
    return {"passes": matches, "fails": None if matches is None or total is None else total - matches}


def _trend(values: Values, _: float | None) -> Values:
    return {OLDER_NAMES.get(name, name): value for name, value in values.items()}


TERMS: Final[dict[str, Callable[[Values, float | None], Values]]] = {
    "counter": _counter,
    "rate": _rate,
    "trend": _trend,
}


def _seconds(document: Values) -> float | None:
    config = document.get("config")
    return _float(config.get("duration")) if isinstance(config, dict) else None


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


PROFILE: Final = "k6 summary"
# A file's modification time is not when it was measured: copies and checkouts change it.
UNKNOWN: Final = "unknown"
NOTHING: Final = (
    "it holds no requests: http_reqs, http_req_duration and, if machine-readable, config.duration are wanted"
)
# Other things that k6 measures, by the prefix of their metrics.
OTHERS: Final = {"grpc_": "gRPC", "browser_": "a browser", "ws_": "WebSockets", "kafka_": "Kafka"}
# The k6 option with which a summary has all compared figures.
ALL_STATS: Final = '--summary-trend-stats "avg,min,med,max,p(90),p(95),p(99)"'
PRINTED: Final = re.compile(rb"execution: local|_duration\.+:")
# How many bytes at either end of a file identify it.
ENDS: Final = 65_536
NAME: Final = re.compile(r"(?P<combination>.+?)(?:\.round-(?P<round>[1-9]\d*))?\.(?:json|csv)(?:\.gz)?")
PERCENTILE: Final = re.compile(r"p\((\d+(?:\.\d+)?)\)")


def is_summary(document: Any) -> TypeGuard[Values]:
    return isinstance(document, dict) and "schema" not in document and bool(_metrics(document))


def result_of(path: Path, document: Values) -> Result:
    """The summary as a result; combination and round are in the file's name.

    A summary lacks think time and so the ceiling, routes, cache, the server's side, and percentiles that are not in
    `--summary-trend-stats`. Raises UnusableResults.
    """
    version = str(document.get("version") or "")
    if is_machine_readable(document) and version.partition(".")[0] != MAJOR:
        raise UnusableResults(
            f"{path} is a summary of k6 that cannot be used: "
            f"its format is of version {version or 'unknown'}, version 1 can be read"
        )
    metrics = _metrics(document)
    requests, latency = _values(metrics, "http_reqs"), _values(metrics, "http_req_duration")
    count, rate = _number(requests, "count"), _number(requests, "rate")
    percentiles, checks = _percentiles(latency), _values(metrics, "checks")
    average = _number(latency, "avg")
    if not count or not rate or not (average or any(percentiles.values())):
        unanswered = f"none of its {count:.0f} requests was answered" if count and rate and average == 0 else NOTHING
        raise UnusableResults(f"{path} is a summary of k6 that cannot be used: {_instead(metrics) or unanswered}")
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
        failed=_failed(_values(metrics, "http_req_failed"), count),
        checks_failed=int(_number(checks, "fails") or 0),
        checks=int((_number(checks, "fails") or 0) + (_number(checks, "passes") or 0)),
        dropped_iterations=int(_number(_values(metrics, "dropped_iterations"), "count") or 0),
        throughput_rps=rate,
        latency_ms=_latency(latency, percentiles),
        percentiles={f"p{place}": value for place, value in percentiles.items()},
        quantiles=_quantiles(latency, percentiles),
        routes={},
        cache=Cache(),
        k6=K6(k6_of(document)),
    )


def refuse_printed(path: Path) -> None:
    """Raises UnusableResults for a file with k6's terminal output."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        begin = file.read(ENDS)
        file.seek(max(0, path.stat().st_size - ENDS))
        # PowerShell redirects output as UTF-16.
        match = PRINTED.search((begin + file.read()).replace(b"\0", b""))
    if match and not begin.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \r\n\t").startswith(b"{"):
        raise UnusableResults(f"{path} is what k6 prints: add --summary-export FILE to that k6 run, and compare FILE")


def _instead(metrics: Values) -> str | None:
    """What was measured instead of HTTP."""
    kinds = [kind for start, kind in OTHERS.items() if any(name.startswith(start) for name in metrics)]
    return f"it measured {' and '.join(kinds)}, and only HTTP is compared" if kinds else None


def _metrics(document: Values) -> dict[str, Any]:
    """Metrics by name, from any shape of summary."""
    if is_machine_readable(document):
        return dict(metrics_of(document))
    metrics = document.get("metrics")
    return metrics if isinstance(metrics, dict) else {}


def _values(metrics: Values, name: str) -> Values:
    """In the metric itself, or one level deeper in data of handleSummary."""
    metric = metrics.get(name)
    if not isinstance(metric, dict):
        return {}
    values = metric.get("values", metric)
    return values if isinstance(values, dict) else {}


def _number(values: Values, *names: str) -> float | None:
    values_found = (values.get(name) for name in names)
    return next((float(value) for value in values_found if isinstance(value, int | float) and value >= 0), None)


def _failed(values: Values, requests: float) -> int:
    """Some scripts write only the rate."""
    counted = _number(values, "passes")
    return int(counted if counted is not None else round(requests * min(1.0, _number(values, "rate", "value") or 0.0)))


def _percentiles(values: Values) -> dict[str, float]:
    """By place, such as "99.9", in ascending order."""
    named = {match[1]: name for name in values if (match := PERCENTILE.fullmatch(str(name)))}
    known = {place: _number(values, name) for place, name in ({"50": "med"} | named).items()}
    inside = sorted((place for place in known if 0 < float(place) < 100), key=float)
    return {place: value for place in inside if (value := known[place]) is not None}


def _latency(values: Values, percentiles: Mapping[str, float]) -> Latency:
    p50, p90, p95, p99 = (percentiles.get(place) for place in ("50", "90", "95", "99"))
    return Latency(_number(values, "avg"), _number(values, "min"), p50, p90, p95, p99, _number(values, "max"))


def _quantiles(values: Values, percentiles: Mapping[str, float]) -> dict[str, float | None]:
    ends = {"0": _number(values, "min"), "100": _number(values, "max")}
    return {**percentiles, **{place: value for place, value in ends.items() if value is not None}}
