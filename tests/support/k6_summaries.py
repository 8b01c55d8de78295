"""Summaries of k6 in each of its formats, converted from the default argument of handleSummary."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

Summary: TypeAlias = dict[str, Any]

METRICS: Summary = {
    "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 2000, "rate": 50.0}},
    "http_req_duration": {
        "type": "trend",
        "contains": "time",
        "values": {"avg": 12.0, "min": 1.0, "med": 10.0, "max": 90.0, "p(90)": 20.0, "p(95)": 30.0, "p(99)": 60.0},
    },
    "http_req_failed": {"type": "rate", "contains": "default", "values": {"rate": 0.0015, "passes": 3, "fails": 1997}},
    "checks": {"type": "rate", "contains": "default", "values": {"rate": 0.995, "passes": 1990, "fails": 10}},
    "vus_max": {"type": "gauge", "contains": "default", "values": {"value": 7, "min": 7, "max": 7}},
    "dropped_iterations": {"type": "counter", "contains": "default", "values": {"count": 2, "rate": 0.05}},
}
# What the usual `--summary-mode=compact` leaves out (isSkippedMetric of internal/output/summary/data.go).
LEFT_OUT = (
    "checks",
    "group_duration",
    *(f"http_req_{part}" for part in ("blocked", "connecting", "receiving", "sending", "tls_handshaking", "waiting")),
)
TREND = {"avg": "avg", "max": "max", "med": "med", "min": "min", "p90": "p(90)", "p95": "p(95)"}


def values(**changed: dict[str, Any]) -> Summary:
    """The metrics above with some values changed."""
    return METRICS | {name: {**METRICS[name], "values": METRICS[name]["values"] | new} for name, new in changed.items()}


def handled(metrics: Summary) -> Summary:
    """The default argument of handleSummary (summarizeMetricsToObject of internal/js/summary.go)."""
    return {"options": {}, "root_group": {}, "state": {"testRunDurationMs": 40_000.0}, "metrics": metrics}


def exported(metrics: Summary) -> Summary:
    """As --summary-export writes it (oldJSONSummary of internal/js/summary-wrapper.js)."""
    return {"root_group": {}, "metrics": {name: _flat(metric) for name, metric in metrics.items()}}


def _flat(metric: Summary) -> Summary:
    named = {"rate": "value"} if metric["type"] == "rate" else {}
    return {named.get(name, name): value for name, value in metric["values"].items()}


def machine_readable(metrics: Summary) -> Summary:
    """As both write it with --new-machine-readable-summary."""
    return reshaped(handled(metrics), script="export default function () {}", version="2.2.0")


def reshaped(data: Summary, script: str, version: str, generated_at: str = "2026-11-26T10:00:00.000Z") -> Summary:
    """Convert the default argument of handleSummary to the machine-readable format, as k6's source does."""
    listed = {name: metric for name, metric in data["metrics"].items() if not name.startswith(LEFT_OUT)}
    return {
        "config": {"duration": data["state"]["testRunDurationMs"] / 1000, "execution": "local", "script": script},
        "metadata": {"generated_at": generated_at, "k6_version": version},
        "results": {
            "checks": _checks(data),
            "metrics": [_metric(name, m["type"], m["values"], m["contains"]) for name, m in listed.items()],
        },
        "version": "1.0.0",
    }


def _checks(data: Summary) -> Summary:
    if "checks" not in data["metrics"]:
        return {"metrics": [], "results": []}
    judged = data["metrics"]["checks"]["values"]
    passes, fails = judged["passes"], judged["fails"]
    failed = {"passes": fails, "fails": passes, "rate": fails / (passes + fails)}
    single = data["root_group"].get("checks", [])
    return {
        "metrics": [
            _metric("checks_total", "counter", {"count": passes + fails}),
            _metric("checks_failed", "rate", failed),
            _metric("checks_succeeded", "rate", judged),
        ],
        "results": [{name: check[name] for name in ("fails", "name", "passes")} for check in single],
    }


def _metric(name: str, kind: str, values: Summary, contains: str = "default") -> Summary:
    return {"contains": contains, "name": name, "type": kind, "values": KINDS[kind](values)}


def _counter(values: Summary) -> Summary:
    return {"count": values["count"]}


def _gauge(values: Summary) -> Summary:
    return {part: values[part] for part in ("max", "min", "value")}


def _rate(values: Summary) -> Summary:
    return {"matches": values["passes"], "rate": values["rate"], "total": values["passes"] + values["fails"]}


def _trend(values: Summary) -> Summary:
    return {name: values.get(older) for name, older in TREND.items()}


KINDS: dict[str, Callable[[Summary], Summary]] = {
    "counter": _counter,
    "gauge": _gauge,
    "rate": _rate,
    "trend": _trend,
}


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As strict as UnmarshalJSONStrict of k6's internal/lib/summary/machinereadable/types_gen.go."""


class Counter(_Strict, frozen=True, tag="counter", tag_field="type"):
    """A count, without a rate."""

    name: str
    contains: str
    values: dict[Literal["count"], float]


class Gauge(_Strict, frozen=True, tag="gauge", tag_field="type"):
    """The last value and its bounds."""

    name: str
    contains: str
    values: dict[Literal["max", "min", "value"], float]


class Rate(_Strict, frozen=True, tag="rate", tag_field="type"):
    """How many of how many."""

    name: str
    contains: str
    values: dict[Literal["matches", "rate", "total"], float]


class Trend(_Strict, frozen=True, tag="trend", tag_field="type"):
    """At most six figures; null for those that k6 was configured to omit."""

    name: str
    contains: str
    values: dict[Literal["avg", "max", "med", "min", "p90", "p95"], float | None]


Metric: TypeAlias = Counter | Gauge | Rate | Trend


class Config(_Strict, frozen=True):
    """How it was run: `script` is the script's text."""

    duration: float
    execution: Literal["local", "cloud"]
    script: str


class Metadata(_Strict, frozen=True):
    """When and by what it was written."""

    generated_at: str
    k6_version: str


class Check(_Strict, frozen=True):
    fails: int
    name: str
    passes: int


class Checks(_Strict, frozen=True):
    """All checks together, and each."""

    metrics: list[Metric]
    results: list[Check]


class Results(_Strict, frozen=True):
    """What was measured."""

    checks: Checks
    metrics: list[Metric]


class MachineReadable(_Strict, frozen=True):
    """The machine-readable summary, version 1.0.0."""

    config: Config
    metadata: Metadata
    results: Results
    version: Literal["1.0.0"]
