"""How often the comparison is right under one load's noise: coverage, false alarms, and what it finds."""

from collections.abc import Iterator
from itertools import chain
from statistics import fmean
from typing import Final, TypeAlias

import msgspec
from scipy.special import bdtrc

from loadtests.validation.simulation.noise import PAIRS, MetricNoise, Noise
from loadtests.validation.simulation.runs import Truth
from loadtests.validation.simulation.study import Key, Scenario, Shares, study

SLOWER: Final = 1.1
NULL: Final = ("async uncached", "async cached", "async", "interaction")
ROUNDS: Final = (4, 8, 12, 16, 24, 32, 48)
SPREADS: Final = (0.01, 0.02, 0.03, 0.04, 0.06, 0.1)
FEW_ROUNDS: Final = (4, 8, 12)
ENOUGH: Final = 0.95
# Runs of many rounds take long, and their shares need no more than this part of the runs.
FEWER: Final = 5

# By effect, then by metric.
Table: TypeAlias = dict[str, dict[str, float]]


class Proof(msgspec.Struct, frozen=True):
    """Shares of simulated runs under one load's noise, by effect and metric.

    `coverage` and `coverage_of_differences`: intervals that hold the truth, with `equal` services and with async 10 %
    `slower` at the client. `false_alarms`: verdicts better or worse where there is no effect. `found`: a service that
    is 10 % slower at the client is called worse; `found_by_rounds` is that of the average by pair and number of rounds.
    """

    coverage: dict[str, Table]
    coverage_of_differences: dict[str, Table]
    false_alarms: Table
    found: Table
    found_by_rounds: dict[str, dict[int, float]]


def prove(noise: Noise, runs: int, seed: int) -> Proof:
    equal = study(Scenario(noise, Truth({})), runs, seed)
    slower = study(_slower(noise), runs, seed + 1)
    both = {"equal": equal, "slower": slower}
    return Proof(
        coverage={
            name: _table({key: shares.ratio_held for key, shares in effects.items()}) for name, effects in both.items()
        },
        coverage_of_differences={name: _table(dict(_differences(effects))) for name, effects in both.items()},
        false_alarms=_table({key: shares.better + shares.worse for key, shares in equal.items() if key[0] in NULL}),
        found=_table({key: shares.worse for key, shares in slower.items() if key[0] in NULL[:3]}),
        found_by_rounds=_by_rounds(noise, max(1, runs // FEWER), seed),
    )


def found_by_spread(runs: int, seed: int) -> dict[str, dict[int, float]]:
    """How often 10 % are found, by the spread of the ratio of two twins and by rounds."""
    return {f"{spread:.0%}": dict(_found(spread, runs, seed)) for spread in SPREADS}


def _found(spread: float, runs: int, seed: int) -> Iterator[tuple[int, float]]:
    alike = dict.fromkeys(("latency_avg", "throughput"), MetricNoise(100.0, spread, spread, 4))
    noise = Noise(120.0, dict.fromkeys(PAIRS, alike))
    for rounds in FEW_ROUNDS:
        shares = study(_slower(noise, rounds), max(1, runs // FEWER), seed + rounds)
        yield rounds, fmean(shares[f"async {pair}", "latency_avg"].worse for pair in PAIRS)


def _slower(noise: Noise, rounds: int = 4) -> Scenario:
    return Scenario(noise, Truth({"async": SLOWER, "async-cached": SLOWER}), rounds)


def _differences(effects: dict[Key, Shares]) -> Iterator[tuple[Key, float]]:
    return ((key, shares.difference_held) for key, shares in effects.items() if shares.difference_held is not None)


def _by_rounds(noise: Noise, runs: int, seed: int) -> dict[str, dict[int, float]]:
    """Up to the number of rounds that is enough for both pairs."""
    found: dict[str, dict[int, float]] = {pair: {} for pair in PAIRS}
    for rounds in ROUNDS:
        shares = study(_slower(noise, rounds), runs, seed + rounds)
        for pair in PAIRS:
            found[pair][rounds] = shares[f"async {pair}", "latency_avg"].worse
        if all(row[rounds] >= ENOUGH for row in found.values()):
            break
    return found


def _table(shares: dict[Key, float]) -> Table:
    table: Table = {}
    for (effect, metric), share in shares.items():
        table.setdefault(effect, {})[metric] = round(share, 4)
    return table


LEAST_HELD, MOST_HELD = 0.92, 0.98
MOST_ALARMS: Final = 0.05
# A share of few runs is beyond a bound by chance too: once in a thousand.
CHANCE: Final = 0.001


def beyond(proof: Proof, runs: int) -> list[str]:
    """Each share beyond its bound by more than chance explains (one-sided binomial test)."""
    return [
        *_outside("intervals that hold the true ratio", proof.coverage, runs),
        *_outside("intervals that hold the true difference", proof.coverage_of_differences, runs),
        *_above("false alarms", proof.false_alarms, MOST_ALARMS, runs),
    ]


def range_of(tables: dict[str, Table]) -> tuple[float, float]:
    shares = list(chain.from_iterable(row.values() for table in tables.values() for row in table.values()))
    return min(shares), max(shares)


def _outside(title: str, tables: dict[str, Table], runs: int) -> Iterator[str]:
    for name, table in tables.items():
        yield from _above(f"{title}, {name}", table, MOST_HELD, runs)
        missed = {effect: {metric: 1 - share for metric, share in row.items()} for effect, row in table.items()}
        yield from _above(f"{title}, {name}: missed", missed, 1 - LEAST_HELD, runs)


def _above(title: str, table: Table, bound: float, runs: int) -> Iterator[str]:
    for effect, row in table.items():
        for metric, share in row.items():
            if bdtrc(round(share * runs) - 1, runs, bound) < CHANCE:
                yield f"{title}, {effect}, {metric}: {share:.1%}, and {bound:.0%} is the bound"
