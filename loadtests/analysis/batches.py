"""The batches of the head to head: which are valid, and the figures of each service by start or batch."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

import msgspec

from loadtests.analysis.effects import Unit
from loadtests.schema.result import Result
from loadtests.schema.turns import BATCHES, Batch

Cells: TypeAlias = Mapping[str, Result]


class VoidBatch(msgspec.Struct, frozen=True):
    """Why a batch is void for all services."""

    combination: str
    round: int
    phase: str
    batch: int
    reason: str


def void_batches(rounds: Sequence[Cells]) -> Iterator[VoidBatch]:
    for cells in rounds:
        for name, result in cells.items():
            for phase, batches in result.turns.items():
                yield from (
                    VoidBatch(name, result.round, phase, batch.batch, batch.void)
                    for batch in batches
                    if batch.void is not None
                )


def counting(cells: Cells, phase: str) -> list[int]:
    """The numbers of the valid batches; a batch is valid for all services or for none."""
    lists = [{batch.batch: batch for batch in result.turns[phase]} for result in cells.values()]
    return [number for number in lists[0] if all(_counts(batches.get(number)) for batches in lists)]


def _counts(batch: Batch | None) -> bool:
    return batch is not None and batch.void is None and batch.contrast is not None and batch.requests > 0


def starts(rounds: Sequence[Cells], phase: str) -> list[Unit]:
    """One unit per start, empty without a valid batch."""
    return [_start(cells, phase, counting(cells, phase)) for cells in rounds]


def _start(cells: Cells, phase: str, numbers: Sequence[int]) -> Unit:
    if not numbers:
        return {}
    # A batch in which no round began, because answers are slow, is simply left out.
    whole = not any(batch.void for result in cells.values() for batch in result.turns[phase])
    averages = {name: _average(result, phase, numbers) for name, result in cells.items()}
    base = fmean(map(math.log, averages.values()))
    return {
        name: {
            "latency_avg": math.exp(base + fmean(_of(result, phase, number).contrast or 0.0 for number in numbers)),
            **(_percentiles(result, phase) if whole else {}),
            "throughput": _throughput(result, phase, averages[name]),
            "service_cpu": _cpu(result, phase, numbers),
        }
        for name, result in cells.items()
    }


def batches(cells: Cells, phase: str) -> list[Unit]:
    """One unit per batch, empty if it is void."""
    numbers = counting(cells, phase)
    if not numbers:
        return []
    base = fmean(math.log(_average(result, phase, numbers)) for result in cells.values())
    return [_batch(cells, phase, number, base) if number in numbers else {} for number in range(BATCHES)]


def _batch(cells: Cells, phase: str, number: int, base: float) -> Unit:
    batches = {name: _of(result, phase, number) for name, result in cells.items()}
    return {
        name: {
            "latency_avg": math.exp(base + (batch.contrast or 0.0)),
            "latency_p50": batch.latency_ms.p50,
            "latency_p95": batch.latency_ms.p95,
            "throughput": _throughput(cells[name], phase, batch.latency_ms.avg or 0.0),
            "service_cpu": batch.service_cpu_ms,
        }
        for name, batch in batches.items()
    }


def _of(result: Result, phase: str, number: int) -> Batch:
    return next(batch for batch in result.turns[phase] if batch.batch == number)


def _average(result: Result, phase: str, numbers: Sequence[int]) -> float:
    batches = [_of(result, phase, number) for number in numbers]
    return sum(batch.requests * (batch.latency_ms.avg or 0.0) for batch in batches) / sum(
        batch.requests for batch in batches
    )


def _percentiles(result: Result, phase: str) -> dict[str, float | None]:
    latency = result.head_to_head[phase].latency_ms
    return {"latency_p50": latency.p50, "latency_p95": latency.p95, "latency_p99": latency.p99}


def _throughput(result: Result, phase: str, average: float) -> float | None:
    """By Little's law, for visitors without think time; none for a single visitor."""
    visitors = result.head_to_head[phase].visitors
    return 1000 * visitors / average if visitors > 1 and average else None


def _cpu(result: Result, phase: str, numbers: Sequence[int]) -> float | None:
    batches = [_of(result, phase, number) for number in numbers]
    known = [(batch.service_cpu_ms, batch.requests) for batch in batches if batch.service_cpu_ms is not None]
    return sum(spent * count for spent, count in known) / sum(count for _, count in known) if known else None
