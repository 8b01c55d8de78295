"""Result files of services in turns, with known ratios and random noise."""

import math
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadtests.schema.turns import BATCHES
from tests.support.simulated_results import COMBINATIONS, LATENCIES, Document, document, save

WEIGHTS = {"product": 20.0, "dashboard": 10.0, "create_order": 6.0, "revenue": 10.0}
VISITORS = {"product": 8, "product_alone": 1, "revenue": 1, "dashboard": 8, "create_order": 8}
ALIKE = dict.fromkeys(COMBINATIONS, 1.0)


def turned(
    factors: Mapping[str, float] = ALIKE, starts: int = 5, noise: float = 0.01, seed: int = 1, drift: float = 0.0
) -> Iterator[Document]:
    """Each service is slower than 10 ms by its factor; batches spread by `noise`, and async drifts within a start."""
    chance = random.Random(seed)
    for number in range(1, starts + 1):
        contrasts = {
            phase: [_contrasts(factors, noise, chance, drift * (at >= BATCHES // 2)) for at in range(BATCHES)]
            for phase in VISITORS
        }
        for name in factors:
            base = document(name, number, LATENCIES.get(name, 10.0))
            yield base | {
                "weights": WEIGHTS,
                "measured_s": 60.0,
                "turns": {phase: _batches(name, factors, found) for phase, found in contrasts.items()},
                "head_to_head": {phase: _phase(phase, factors[name]) for phase in VISITORS},
            }


def write_turns(folder: Path, starts: int = 5, **changes: Any) -> None:
    for content in turned(starts=starts, **changes):
        save(folder, content, f"{content['combination']}.json" if starts == 1 else "")


def _contrasts(factors: Mapping[str, float], noise: float, chance: random.Random, aged: float) -> dict[str, float]:
    logs = {
        name: math.log(factor) + aged * name.startswith("async") + chance.gauss(0, noise)
        for name, factor in factors.items()
    }
    mean = sum(logs.values()) / len(logs)
    return {name: value - mean for name, value in logs.items()}


def _batches(name: str, factors: Mapping[str, float], contrasts: list[dict[str, float]]) -> list[Document]:
    average = 10 * factors[name]
    return [
        {
            "batch": number,
            "requests": 100,
            "failed": 0,
            "overlapping": 0,
            "void": None,
            "latency_ms": {"avg": average, "p50": average, "p95": average * 2},
            "contrast": found[name],
            "hit_ratio": None,
            "service_cpu_ms": factors[name] * math.exp(found[name] / 10),
        }
        for number, found in enumerate(contrasts)
    ]


def _phase(name: str, factor: float) -> Document:
    """The service takes 1 ms of CPU for a request, the database nine for the report."""
    average = 10 * factor
    latency = dict.fromkeys(("avg", "min", "p50", "p90"), average) | dict.fromkeys(("p95", "p99", "max"), average * 2)
    visitors = VISITORS[name]
    throughput = 1000 * visitors / average if visitors > 1 else None
    return {
        "route": name.removesuffix("_alone"),
        "visitors": visitors,
        "requests": 1000,
        "latency_ms": latency,
        "throughput_rps": throughput,
        "turn_ms": 30.0,
        "service_cpu_ms": factor,
        "database_cpu_ms": 9.0 * factor if name == "revenue" else 0.5 * factor,
        "cache_cpu_ms": 0.1,
    }
