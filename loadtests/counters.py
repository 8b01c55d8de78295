"""What a service counted over a cell, warm-up included: the difference of two looks at /metrics."""

import http.client
import urllib.error
import urllib.request
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_S: Final = 5
KEPT: Final = (
    "http_requests_total",
    "cache_events_total",
    "pool_wait_seconds_sum",
    "pool_wait_seconds_count",
    "pool_opened_total",
    "pool_refused_total",
)


def read_counters(url: str) -> dict[str, float]:
    """Gives a service's counters by name and labels; none when it has no /metrics."""
    try:
        with urllib.request.urlopen(f"{url}/metrics", timeout=TIMEOUT_S) as answer:  # noqa: S310
            return parsed(answer.read().decode())
    except (OSError, ValueError, urllib.error.URLError, http.client.HTTPException):
        return {}


def parsed(text: str) -> dict[str, float]:
    """Gives the counters that are kept, of the text that Prometheus reads."""
    return {
        _named(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in KEPT
    }


def increase(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Gives by how much each counter grew."""
    return {name: round(value - before.get(name, 0.0), 6) for name, value in after.items()}


def _named(name: str, labels: dict[str, str]) -> str:
    if not labels:
        return name
    inner = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"{name}{{{inner}}}"
