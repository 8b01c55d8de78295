"""A service's counters, read from its /metrics."""

import http.client
import urllib.request
from collections.abc import Mapping
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TIMEOUT_S: Final = 5
KEPT: Final = (
    "http_requests_total",
    "http_request_seconds_sum",
    "http_worker_requests",
    "http_queue_seconds_sum",
    "http_queue_seconds_count",
    "worker_lag_seconds_sum",
    "worker_lag_seconds_count",
    "cache_events_total",
    "pool_wait_seconds_sum",
    "pool_wait_seconds_count",
    "pool_held_seconds_total",
    "pool_opened_total",
    "pool_refused_total",
    "database_tried_again_total",
)
TRAIT: Final = "service_trait"


def read_metrics(url: str) -> str:
    """The text of /metrics; empty if the service has none."""
    try:
        with urllib.request.urlopen(f"{url}/metrics", timeout=TIMEOUT_S) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text
    except (OSError, ValueError, http.client.HTTPException):
        return ""


def read_counters(url: str) -> dict[str, float]:
    return parsed(read_metrics(url))


def parsed(text: str) -> dict[str, float]:
    """The counters that results keep; none if the text is not in Prometheus' format."""
    return {_named(each.name, each.labels): each.value for each in _samples(text, KEPT) if each.name in KEPT}


def parsed_traits(text: str) -> dict[str, dict[str, int]]:
    """By entry: the number of workers with each value."""
    traits: dict[str, dict[str, int]] = {}
    for sample in _samples(text, TRAIT):
        traits.setdefault(sample.labels["entry"], {})[sample.labels["value"]] = int(sample.value)
    return traits


def increase(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value - before.get(name, 0.0), 6) for name, value in after.items()}


def _samples(text: str, names: str | tuple[str, ...]) -> list[Sample]:
    # Most lines are buckets of histograms; parsing them all would take most of the time.
    lines = "".join(f"{line}\n" for line in text.splitlines() if line.startswith(names))
    try:
        return [sample for family in text_string_to_metric_families(lines) for sample in family.samples]
    except ValueError:
        return []


def _named(name: str, labels: dict[str, str]) -> str:
    if not labels:
        return name
    inner = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"{name}{{{inner}}}"
