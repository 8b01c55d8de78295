"""The files of a capacity run and of a sweep, as they would be written."""

from typing import Any

import msgspec

from loadtests.schema import capacity, sweep

STARTED = "2026-11-20T10:00:00Z"


def step(part: capacity.Pass, rate: int, outcome: capacity.Outcome, **latency_ms: float | None) -> capacity.Step:
    """One load of a search for capacity."""
    return capacity.Step(
        number=1,
        part=part,
        rate_rps=rate,
        concurrency=None,
        vus=20,
        duration_s=8.0,
        requests=8 * rate,
        throughput_rps=rate,
        failed=0,
        dropped=0,
        latency_ms=dict(latency_ms),
        routes={},
        hit_ratio=None,
        cpu_cores={},
        limit=None,
        limit_sentence="",
        outcome=outcome,
        reasons=[],
    )


def searched(name: str, rate: int, rps_per_core: float | None, *steps: capacity.Step) -> capacity.Capacity:
    """What a search found for one combination."""
    return capacity.Capacity(
        combination=name,
        rate_rps=rate,
        confirmed=True,
        broke_at_rps=rate + 1,
        limited_by="service",
        generator_limited=False,
        cost=capacity.Cost(rps_per_core, None, {}, None),
        usl=None,
        predictions=[],
        steps=list(steps),
    )


def capacity_file(combinations: list[capacity.Capacity], run: dict[str, Any]) -> dict[str, Any]:
    """A capacity run, made on `run`."""
    document = capacity.Document(
        schema=1,
        kind="capacity",
        started_at=STARTED,
        command="make matrix PROFILE=capacity",
        complete=True,
        objectives_ms={"products": 100.0},
        mix={"products": 1.0},
        law_mix="",
        resolution=0.05,
        step_s=8.0,
        combinations=combinations,
        run=run,
    )
    content: dict[str, Any] = msgspec.to_builtins(document)
    return content


def sweep_file(flip: sweep.Flip, sentence: str, run: dict[str, Any]) -> dict[str, Any]:
    """A sweep of one factor with one finding, made on `run`."""
    document = sweep.Document(
        schema=1,
        kind="sweep",
        started_at=STARTED,
        command="make matrix PROFILE=sweep",
        complete=True,
        measured_s=1.0,
        mix={"page": 100.0},
        factors=[sweep.FactorLine("database_ms", "database round trip", " ms", [0.0, 20.0], {})],
        comparisons={},
        findings=[sweep.Finding("database_ms", "async uncached", [], flip, sentence)],
        points=[],
        run=run,
    )
    content: dict[str, Any] = msgspec.to_builtins(document)
    return content
