"""Result files of a known effect, as k6 and the runner write them."""

import json
import math
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from loadtests.analysis.one_run import ledger_sha256

Document: TypeAlias = dict[str, Any]

QUICK_MS = 50
SECONDS = 8.0
SLICES = 12
COMBINATIONS = ("sync", "sync-cached", "async", "async-cached")


def document(combination: str, number: int = 1, latency: float = 100.0, **changes: Any) -> Document:
    """One result file whose every latency is `latency` ms, with fields changed and all that follows from them."""
    latencies: dict[str, float | None] = dict.fromkeys(("avg", "min", "p50", "p90", "p95", "p99", "max"), latency)
    rate = changes["requests"] / SECONDS if "requests" in changes else 4500.0 / latency
    requests = round(rate * SECONDS)
    if not requests:
        latencies = dict.fromkeys(latencies)
    failures = {name: changes.get(name, 0) for name in ("failed", "checks_failed")}
    return {
        "schema": 1,
        "combination": combination,
        "profile": "quick",
        "round": number,
        "started_at": f"2026-11-20T10:{number:02}:00.000Z",
        "duration_s": SECONDS,
        "vus": 50,
        "think_time_s": 1.0,
        "requests": requests,
        "failed": 0,
        "checks_failed": 0,
        "dropped_iterations": 0,
        "throughput_rps": rate,
        "latency_ms": latencies,
        "routes": {"products": {"requests": requests, **failures, "latency_ms": latencies}},
        "cache": {"hit": 0, "miss": 0, "stale": 0, "bypass": 0},
        "server": server(latency),
        "k6": {"version": "1.1.0"},
        **changes,
    }


def server(latency: float) -> Document:
    """Server figures of a cell: the database is 90 % busy unless latency is below QUICK_MS."""
    seconds = {"service": 1.0, "database": 7.2 if latency > QUICK_MS else 0.4, "cache": 0.1, "k6": 0.4}
    return {
        "programs": {name: {"cpu_s": cpu, "peak_rss_mb": 50.0} for name, cpu in seconds.items()},
        "cores": dict.fromkeys(seconds, 1),
        "service_cpu_ms_per_request": latency / 40,
    }


def bound_by(resource: str) -> Document:
    """Server figures of a cell whose bottleneck is this resource; of an unknown one, think time."""
    seconds = {"service": 1.0, "database": 0.4, "cache": 0.1, "k6": 0.4}
    known = {**server(QUICK_MS), "window_s": 8.0, "limits": {"database connections": 16.0, "requests at once": 32.0}}
    counters = {"pool_held_seconds_total": 0.1, "http_request_seconds_sum{route=revenue}": 0.2}
    busy = {
        "database connections": {"pool_held_seconds_total": 16 * 7.6},
        "requests at once": {"http_request_seconds_sum{route=revenue}": 32 * 7.6},
    }
    seconds |= {resource: 6.8} if resource in seconds else {}
    return {
        **known,
        "programs": {name: {"cpu_s": cpu, "peak_rss_mb": 50.0} for name, cpu in seconds.items()},
        "counters": counters | busy.get(resource, {}),
    }


def write_rounds(folder: Path, latencies: Mapping[str, float], rounds: int, noise: float = 0.0, seed: int = 1) -> None:
    """Writes one file per cell."""
    for content in simulated(latencies, rounds, noise, seed):
        save(folder, content)


def write_divided_rounds(folder: Path, latencies: Mapping[str, float], rounds: int, noise: float = 0.0) -> None:
    """The same with percentiles and a timeline of twelve slices."""
    for content in simulated(latencies, rounds, noise):
        average, requests = content["latency_ms"]["avg"], content["requests"]
        content["percentiles"] = {f"p{percent:g}": average * rarity(percent) for percent in (1, 10, 50, 90, 95)} | {
            "p99": None
        }
        content["latency_ms"] |= {"min": 0.0, "max": 4 * average} | {
            name: value for name, value in content["percentiles"].items() if name in content["latency_ms"]
        }
        content["timeline"] = [
            {
                "start_s": number * SECONDS / SLICES,
                "duration_s": SECONDS / SLICES,
                "requests": requests // SLICES + (number < requests % SLICES),
                "failed": 0,
                "latency_ms": {"avg": average * (1 + number / 50), "p50": average, "p95": None, "max": 2 * average},
            }
            for number in range(SLICES)
        ]
        save(folder, content)


def rarity(percentile: float) -> float:
    """The percentile of an exponential distribution with mean 1."""
    return -math.log(1 - percentile / 100)


def simulated(latencies: Mapping[str, float], rounds: int, noise: float = 0.0, seed: int = 1) -> Iterator[Document]:
    """Cells with log-normal noise, most of it shared within a round."""
    chance = random.Random(seed)
    for number in range(1, rounds + 1):
        weather = chance.gauss(0, 5 * noise)
        for name in COMBINATIONS:
            factor = math.exp(weather + chance.gauss(0, noise))
            yield document(name, number, latencies[name] * factor)


def save(folder: Path, content: Document, name: str = "") -> Path:
    """Under the runner's file name, or `name`."""
    path = folder / (name or f"{content['combination']}.round-{content['round']}.json")
    path.write_text(json.dumps(content))
    return path


LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}
FACTS: Document = {
    "run_id": "0a1b",
    "host": {"cpu": "one", "cores": 2, "memory_gb": 8.0},
    "commit": "c0ffee",
    "versions": {"k6": "1.1.0", "flask": "3.1.3"},
}
LEDGER = {"workers": "1", "library flask": "3.1.3", "variable POOL": "16"}


def write_run(folder: Path, rounds: int = 4) -> Path:
    """A whole run as `make matrix` leaves it, noise and run.json included."""
    write_divided_rounds(folder, LATENCIES, rounds, noise=0.01)
    for path in folder.glob("*.round-*.json"):
        content = json.loads(path.read_text())
        cached = content["combination"].endswith("cached")
        content |= {**FACTS, "ledger_sha256": ledger_sha256(LEDGER)}
        content["failures"] = dict.fromkeys(
            ("no answer", "redirect", "status", "combination", "content type", "body"), 0
        )
        content["cache"] |= {"hit": content["requests"]} if cached else {"off": content["requests"]}
        content["server"]["limits"] = {"workers": 1.0}
        path.write_text(json.dumps(content))
    run = {
        **FACTS,
        "started_at": "2026-11-20T10:00:00Z",
        "finished": True,
        "profile": "quick",
        "rounds": rounds,
        "combinations": COMBINATIONS,
        "load": {"VUS": "50", "DURATION": "8"},
        "ledger": dict.fromkeys(COMBINATIONS, LEDGER),
    }
    (folder / "run.json").write_text(json.dumps(run))
    return folder
