"""The server's side of a combination's load, as a result file holds it."""

from collections.abc import Mapping
from typing import Final

from loadtests.observe.processes import by_program, placed
from loadtests.observe.window import Observed
from loadtests.schema.run import Ledger
from loadtests.schema.server import Change, Server, Settled, Wait, by_label, total

WAITS: Final = {"pool": "pool_wait_seconds", "queue": "http_queue_seconds", "lag": "worker_lag_seconds"}
# What there is of something that requests wait for: the entry that says it, whether it counts per worker.
LIMITS: Final = (
    ("workers", "workers", False),
    ("database connections", "database connections", False),
    ("requests at once", "requests at once in a process", True),
)


def server_side(
    observed: Observed, cores: dict[str, int], requests: int, ledger: Ledger, changed: list[Change], settled: Settled
) -> Server:
    counted, use = observed.counted, by_program(observed.processes)
    seconds = max(counted.seconds, 1e-3)
    spent = use["service"].cpu_s * 1000 / requests if "service" in use and requests else None
    return Server(
        programs=use,
        cores=cores,
        service_cpu_ms_per_request=None if spent is None else round(spent, 4),
        counters=counted.counters,
        window_s=round(counted.seconds, 3) if observed.exact else None,
        processes=observed.processes,
        core_use=placed(counted.busy, use, observed.allowed, seconds),
        workers=_shares(counted.counters),
        waits={name: wait for name, metric in WAITS.items() if (wait := _wait(counted.counters, metric))},
        database=counted.status,
        statements=counted.statements,
        redis=counted.redis,
        limits=_limits(ledger),
        settled=settled,
        collector=observed.collector,
        ledger_changes=changed,
    )


def _shares(counters: Mapping[str, float]) -> dict[str, float]:
    counted = {pid: count for pid, count in by_label(counters, "http_worker_requests", "pid").items() if count > 0}
    every = sum(counted.values())
    return {pid: round(count / every, 4) for pid, count in counted.items()}


def _wait(counters: Mapping[str, float], metric: str) -> Wait | None:
    if f"{metric}_count" not in counters:
        return None
    count = total(counters, f"{metric}_count")
    return Wait(count, round(total(counters, f"{metric}_sum") * 1000 / count, 4) if count else None)


def _limits(ledger: Ledger) -> dict[str, float]:
    workers = _whole(ledger.get("workers")) or 1
    limits = {}
    for name, entry, per_worker in LIMITS:
        if (value := _whole(ledger.get(entry))) is not None:
            limits[name] = float(value * workers if per_worker else value)
    return limits


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
