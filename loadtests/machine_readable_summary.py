"""k6's machine-readable summary, in the terms of its older shapes.

It is opt-in since k6 1.5 (`--new-machine-readable-summary`), and the same in 2.2. What it holds is written after k6's
`internal/lib/summary/machine_readable.go`; its fields have the names that a script sees (`js/common/bridge.go`), so
`p90` where the schema has `p(90)`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Values: TypeAlias = Mapping[str, Any]

# The part of the format's version that says whether this program can read it.
MAJOR: Final = "1"
OLDER_NAMES: Final = {"p90": "p(90)", "p95": "p(95)"}


def is_machine_readable(document: Values) -> bool:
    """Says whether this is such a summary, of whatever version."""
    results = document.get("results")
    return isinstance(results, dict) and isinstance(results.get("metrics"), list)


def version_of(document: Values) -> str:
    """Gives the version of the format, empty when it names none."""
    return str(document.get("version") or "")


def k6_of(document: Values) -> str | None:
    """Gives the version of the k6 that wrote it."""
    metadata = document.get("metadata")
    version = metadata.get("k6_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


def metrics_of(document: Values) -> dict[str, Values]:
    """Gives the values of each metric by its name; throughputs are missing where config.duration is."""
    results, seconds = document["results"], _seconds(document)
    checks = results.get("checks")
    judged = _by_name(checks.get("metrics"), seconds) if isinstance(checks, dict) else {}
    return _by_name(results["metrics"], seconds) | {"checks": judged.get("checks_succeeded", {})}


def _by_name(listed: Any, seconds: float | None) -> dict[str, Values]:
    metrics = listed if isinstance(listed, list) else []
    found = [one for one in metrics if isinstance(one, dict) and isinstance(one.get("values"), dict)]
    return {str(one.get("name")): _older(one, seconds) for one in found}


def _older(metric: Values, seconds: float | None) -> Values:
    values: Values = metric["values"]
    terms = TERMS.get(str(metric.get("type")))
    return terms(values, seconds) if terms else values


def _counter(values: Values, seconds: float | None) -> Values:
    count = _number(values.get("count"))
    return {"count": count, "rate": count / seconds if count is not None and seconds else None}


def _rate(values: Values, _: float | None) -> Values:
    matches, total = _number(values.get("matches")), _number(values.get("total"))
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
    return _number(config.get("duration")) if isinstance(config, dict) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
