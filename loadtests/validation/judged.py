"""The comparison's verdicts on runs with a known truth, and how often they are right."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import log
from statistics import median
from typing import Final, NamedTuple

import msgspec
from scipy.special import bdtr, bdtrc

from loadtests.analysis.effects import Effect, contrast
from loadtests.analysis.head_to_head import head_to_head
from loadtests.analysis.read import COMBINATIONS, Rounds
from loadtests.verdict.comparison import compare

SLOWED: Final = "slowed"
# One service has the names of all four combinations.
NAMES: Final = (*COMBINATIONS, SLOWED)
PHASE: Final = "product"
METRICS: Final = ("latency_avg", "latency_p95", "service_cpu")
EQUAL: Final = {f"{other} against {base}": (base, other) for base, other in combinations(COMBINATIONS, 2)}
UNEQUAL: Final = {f"{SLOWED} against {base}": (base, SLOWED) for base in COMBINATIONS}
NOTHING: Final = frozenset({"keep", "undecided"})


class Judged(NamedTuple):
    """The verdicts on one run by pair and figure, none if void; the recommendation among the equal four."""

    effects: Mapping[str, Mapping[str, Effect]]
    answer: str


class Shares(msgspec.Struct, frozen=True):
    """Shares of all pairs of all runs; `half_interval` is the median, for the log ratio of the slowed service."""

    found: float
    false_alarms: float
    equal_held: float
    slowed_held: float
    half_interval: float


def judge(rounds: Rounds) -> Judged:
    turns = head_to_head(list(rounds.values()))
    samples = turns.phases.get(PHASE) if turns else None
    if samples is None or not samples.units:
        return Judged({}, "void")
    # As if each one were the combination of its name.
    four = {
        number: {name: msgspec.structs.replace(cells[name], varies=None) for name in COMBINATIONS}
        for number, cells in rounds.items()
    }
    effects = {
        pair: {metric: contrast(samples, metric, {base: -1.0, other: 1.0}) for metric in METRICS}
        for pair, (base, other) in {**EQUAL, **UNEQUAL}.items()
    }
    return Judged(effects, compare(four).recommendation.answer)


class Proof(msgspec.Struct, frozen=True):
    """How often the comparison is right; `truth` is how many times better the slowed service is, by figure."""

    runs: int
    void: int
    truth: dict[str, float]
    shares: dict[str, Shares]
    nothing_recommended: float


def prove(runs: Sequence[Judged], truth: Mapping[str, float]) -> Proof:
    counting = [run for run in runs if run.effects]
    return Proof(
        len(runs),
        len(runs) - len(counting),
        dict(truth),
        {metric: _shares(counting, metric, ratio) for metric, ratio in truth.items()},
        _share([run.answer in NOTHING for run in counting]),
    )


def _shares(runs: Sequence[Judged], metric: str, truth: float) -> Shares:
    equal, unequal = ([run.effects[pair][metric] for run in runs for pair in pairs] for pairs in (EQUAL, UNEQUAL))
    halves = [log(effect.high / effect.low) / 2 for effect in unequal if effect.low and effect.high]
    return Shares(
        found=_share([effect.verdict == "worse" for effect in unequal]),
        false_alarms=_share([effect.verdict in ("better", "worse") for effect in equal]),
        equal_held=_share([_holds(effect, 1.0) for effect in equal]),
        slowed_held=_share([_holds(effect, truth) for effect in unequal]),
        half_interval=round(median(halves), 4) if halves else 0.0,
    )


def _share(verdicts: Sequence[bool]) -> float:
    return round(sum(verdicts) / len(verdicts), 4) if verdicts else 0.0


def _holds(effect: Effect, truth: float) -> bool:
    return effect.low is not None and effect.high is not None and effect.low <= truth <= effect.high


# The bounds of each share; only for the average the slowed service has to be found.
BOUNDS: Final = {
    "found": (0.95, 1.0),
    "false_alarms": (0.0, 0.05),
    "equal_held": (0.92, 0.98),
    "slowed_held": (0.92, 0.98),
}
NOTHING_BOUNDS: Final = (0.95, 1.0)
# With few runs a share can be beyond its bound by chance: once in a thousand.
CHANCE: Final = 0.001


def beyond(proof: Proof) -> list[str]:
    """Each share beyond its bounds by more than chance explains (one-sided binomial tests over runs)."""
    measured = {
        f"{metric}: {name}": (getattr(shares, name), bounds)
        for metric, shares in proof.shares.items()
        for name, bounds in BOUNDS.items()
        if name != "found" or metric == "latency_avg"
    }
    measured["nothing_recommended"] = (proof.nothing_recommended, NOTHING_BOUNDS)
    return [
        f"{name} in {share:.1%}, {low:.0%} to {high:.0%} wanted"
        for name, (share, (low, high)) in measured.items()
        if _outside(share, proof.runs - proof.void, low, high)
    ]


def _outside(share: float, runs: int, low: float, high: float) -> bool:
    count = round(share * runs)
    return runs > 0 and float(min(bdtr(count, runs, low), bdtrc(count - 1, runs, high))) < CHANCE
