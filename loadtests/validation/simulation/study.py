"""What the shipped comparison says of many simulated runs: how often it is right."""

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from loadtests.analysis.effects import Effect, SimpleEffect
from loadtests.analysis.figures import FIGURES
from loadtests.analysis.read import Rounds, read_rounds
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY
from loadtests.validation.simulation.noise import MetricNoise, Noise
from loadtests.validation.simulation.runs import CALM, Disturbance, Truth, expected_figures, write_run
from loadtests.verdict.comparison import compare

# Where files cost least; any folder for temporary files does.
MEMORY: Final = Path("/dev/shm")  # noqa: S108

# Rounds of the run that gives the true differences: they are then known to three hundredths of a spread.
LONG_RUN: Final = 1000
SIMPLE: Final = {
    "cache in sync": ("sync", "sync-cached"),
    "cache in async": ("async", "async-cached"),
    "async uncached": ("sync", "async"),
    "async cached": ("sync-cached", "async-cached"),
}

Key: TypeAlias = tuple[str, str]
Found: TypeAlias = dict[Key, Effect]


class Scenario(NamedTuple):
    """What is simulated: a noise, what disturbs besides, a truth, and how many rounds a run has."""

    noise: Noise
    truth: Truth
    rounds: int = 4
    disturbance: Disturbance = Disturbance()


class Shares(msgspec.Struct, frozen=True):
    """Over simulated runs: how often the interval held the truth, and how often each verdict was given."""

    ratio_held: float
    difference_held: float | None
    better: float
    worse: float
    width: float


def study(scenario: Scenario, runs: int, seed: int, each: Callable[[], None] = lambda: None) -> dict[Key, Shares]:
    """Gives the shares for every effect and metric."""
    truth = _true_effects(scenario)
    differences = _true_differences(scenario, seed)
    found = list(simulated(scenario, runs, seed, each))
    return {
        key: _shares([one[key] for one in found], effect, differences.get(key))
        for key, effect in truth.items()
        if effect.ratio
    }


def simulated(scenario: Scenario, runs: int, seed: int, each: Callable[[], None] = lambda: None) -> Iterator[Found]:
    """Gives the effects that the shipped comparison finds in each simulated run."""
    for rounds in rounds_of(scenario, runs, seed):
        yield dict(_flat(compare(rounds).effects))
        each()


def rounds_of(scenario: Scenario, runs: int, seed: int) -> Iterator[Rounds]:
    """Gives simulated runs, each written as result files and read as a user's are."""
    chance = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        for _ in range(runs):
            write_run(Path(name), scenario.noise, scenario.disturbance, scenario.truth, scenario.rounds, chance)
            yield read_rounds(Path(name))


def _flat(effects: dict[str, Any]) -> Iterator[tuple[Key, Effect]]:
    main = {name: row for name, row in effects.items() if name not in (SIMPLE_KEY, ROUTES_KEY)}
    for name, row in {**effects[SIMPLE_KEY], **main}.items():
        yield from (((name, metric), effect) for metric, effect in row.items())


def _true_effects(scenario: Scenario) -> Found:
    """The same files without any noise, read by the same program."""
    pairs = {
        pair: {metric: MetricNoise(one.level, 0.0, 0.0, one.rounds) for metric, one in metrics.items()}
        for pair, metrics in scenario.noise.pairs.items()
    }
    noise = Noise(scenario.noise.duration_s, pairs)
    (effects,) = simulated(scenario._replace(noise=noise, disturbance=CALM), 1, 0)
    return effects


def _true_differences(scenario: Scenario, seed: int) -> dict[Key, float]:
    """What the simple effects are in ms, from a long run of its own chance that no interval has seen."""
    chance = np.random.default_rng([seed, LONG_RUN])
    figures = expected_figures(scenario.noise, scenario.disturbance, scenario.truth, LONG_RUN, chance)
    return {
        (effect, metric): figures[with_it, metric] - figures[without, metric]
        for effect, (without, with_it) in SIMPLE.items()
        for metric in FIGURES
        if (without, metric) in figures and (with_it, metric) in figures
    }


def _shares(found: list[Effect], truth: Effect, difference: float | None) -> Shares:
    known = [one for one in found if one.low is not None and one.high is not None and one.ratio]
    simple = [one for one in known if isinstance(one, SimpleEffect) and one.difference is not None]
    held = [_holds(one.difference_low, one.difference_high, difference) for one in simple]
    return Shares(
        ratio_held=fmean(_holds(one.low, one.high, truth.ratio) for one in known),
        difference_held=fmean(held) if held else None,
        better=fmean(one.verdict == "better" for one in known),
        worse=fmean(one.verdict == "worse" for one in known),
        width=math.exp(fmean(math.log((one.high or 1) / (one.low or 1)) for one in known)),
    )


def _holds(low: float | None, high: float | None, truth: float | None) -> bool:
    """A true effect without noise has an interval of no width, hence the tolerance."""
    return low is not None and high is not None and truth is not None and low - 1e-9 <= truth <= high + 1e-9
