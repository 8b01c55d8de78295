"""The head to head: figures of the turns by phase and for the weighted mix, and drift."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from loadtests.analysis.batches import Cells, VoidBatch, batches, counting, starts, void_batches
from loadtests.analysis.effects import LEAST, Effect, Samples, Unit, ratio_of
from loadtests.schema.design import Design
from loadtests.schema.turns import BATCHES

# Two processes of one service differ by 1 % (standard deviation): half the interval of the ratio of two of them.
BETWEEN_STARTS: Final = 0.028
MOST_VOID: Final = 0.2
# Requests that a p95 needs in the whole run.
ENOUGH: Final = 200


class HeadToHead(NamedTuple):
    """Samples by phase and of the mix; none if more than a fifth of the batches are void."""

    phases: dict[str, Samples]
    mix: Samples
    void: list[VoidBatch]
    measured: int

    @property
    def is_void(self) -> bool:
        return len(void_parts(self.void)) > MOST_VOID * self.measured


def void_parts(void: Sequence[VoidBatch]) -> set[tuple[int, str, int]]:
    """The void batches, each once, whichever service it was void for."""
    return {(batch.round, batch.phase, batch.batch) for batch in void}


def head_to_head(rounds: Sequence[Cells]) -> HeadToHead | None:
    """None if the services did not take turns."""
    rounds = [cells for cells in rounds if cells and all(result.turns for result in cells.values())]
    if not rounds:
        return None
    names = list(next(iter(rounds[0].values())).turns)
    void = list(void_batches(rounds))
    by_batch = len(rounds) == 1
    phases = {name: batches(rounds[0], name) if by_batch else starts(rounds, name) for name in names}
    comparison = HeadToHead(
        {name: _samples(_enough(units, rounds, name), len(rounds)) for name, units in phases.items()},
        _samples(_mixed(phases, next(iter(rounds[0].values())).weights), len(rounds)),
        void,
        len(rounds) * len(names) * BATCHES,
    )
    return comparison._replace(phases={}, mix=Samples([], 0)) if comparison.is_void else comparison


def mix_of_start(cells: Cells) -> Unit:
    """The weighted mix over one start, empty without turns or if a route of it has no valid batch."""
    if not cells or not all(result.turns for result in cells.values()):
        return {}
    first = next(iter(cells.values()))
    return next(iter(_mixed({phase: starts([cells], phase) for phase in first.turns}, first.weights)), {})


def _samples(units: Sequence[Unit], starts: int) -> Samples:
    return Samples([unit for unit in units if unit], starts, BETWEEN_STARTS if starts == 1 else 0.0)


def _enough(units: Sequence[Unit], rounds: Sequence[Cells], phase: str) -> list[Unit]:
    """Removes p95 if a service had too few requests in the run or the phase has one visitor."""
    asked = [sum(cells[name].head_to_head[phase].requests for cells in rounds) for name in rounds[0]]
    visitors = next(iter(rounds[0].values())).head_to_head[phase].visitors
    if min(asked) >= ENOUGH and visitors > 1:
        return list(units)
    left_out = dict.fromkeys(("latency_p95", "latency_p99"))
    return [{name: {**values, **left_out} for name, values in unit.items()} for unit in units]


# Weighted sums of routes; the percentile of a mixture is not such a sum.
ADDED: Final = ("latency_avg", "latency_p50", "service_cpu")


def _mixed(phases: Mapping[str, Sequence[Unit]], weights: Mapping[str, float]) -> list[Unit]:
    """The weighted mix of routes: a unit is empty if it is empty for some route; none if a route has none."""
    if not weights or not all(any(phases.get(route, ())) for route in weights):
        return []
    numbers = range(len(phases[next(iter(weights))]))
    return [_mix({route: phases[route][number] for route in weights}, weights) for number in numbers]


def _mix(units: Mapping[str, Unit], weights: Mapping[str, float]) -> Unit:
    if not all(units.values()):
        return {}
    first = next(iter(units.values()))
    return {name: _mix_of({route: unit[name] for route, unit in units.items()}, weights) for name in first}


def _mix_of(values: Mapping[str, Mapping[str, float | None]], weights: Mapping[str, float]) -> dict[str, float | None]:
    """Throughput is over the routes that have one, requested in these shares."""
    paced = {route: weight for route, weight in weights.items() if values[route].get("throughput")}
    figures = {metric: _weighted({route: values[route].get(metric) for route in weights}, weights) for metric in ADDED}
    seconds = _weighted({route: 1 / (values[route]["throughput"] or 1.0) for route in paced}, paced)
    return {**figures, "throughput": 1 / seconds if seconds else None}


def _weighted(values: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    known = [weight * value for route, weight in weights.items() if (value := values[route]) is not None]
    return sum(known) / sum(weights.values()) if known and len(known) == len(weights) else None


HALVES: Final = (range(BATCHES // 2), range(BATCHES // 2, BATCHES))


def drifts(rounds: Sequence[Cells], design: Design) -> list[str]:
    """A sentence for each simple effect on the average latency that drifts between the halves of a start."""
    turned = [cells for cells in rounds if all(result.turns for result in cells.values())]
    phases = dict.fromkeys(phase for cells in turned for result in cells.values() for phase in result.turns)
    return [
        f"{name} in {phase} drifts: its ratio is {_words(effect)} times as high in the late half of a start"
        for phase in phases
        for name, pair in design.simple.items()
        if _drifts(effect := ratio_of(list(_changes(turned, phase, pair))))
    ]


def _drifts(effect: Effect) -> bool:
    if not effect.ratio or effect.low is None or effect.high is None:
        return False
    return abs(math.log(effect.ratio)) > LEAST and not effect.low <= 1 <= effect.high


def _words(effect: Effect) -> str:
    return f"{effect.ratio:.2f} (95 % interval {effect.low:.2f} to {effect.high:.2f})"


def _changes(rounds: Sequence[Cells], phase: str, pair: tuple[str, str]) -> Iterator[float]:
    """The change of a pair's log ratio from the early to the late half, by start."""
    for cells in rounds:
        early, late = ([number for number in counting(cells, phase) if number in half] for half in HALVES)
        if early and late:
            yield _ratio(cells, phase, pair, late) - _ratio(cells, phase, pair, early)


def _ratio(cells: Cells, phase: str, pair: tuple[str, str], numbers: Sequence[int]) -> float:
    without, with_it = (
        fmean(batch.contrast or 0.0 for batch in cells[name].turns[phase] if batch.batch in numbers) for name in pair
    )
    return without - with_it
