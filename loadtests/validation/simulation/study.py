"""How often the comparison is right about many simulated runs."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from loadtests.analysis.effects import Effect, SimpleEffect
from loadtests.analysis.figures import FIGURES
from loadtests.analysis.read import Rounds, read_rounds
from loadtests.schema.combinations import OURS, read_entries
from loadtests.schema.design import by_effect, design_of
from loadtests.validation.simulation.noise import MetricNoise, Noise
from loadtests.validation.simulation.runs import CALM, Disturbance, Truth, expected_figures, write_run
from loadtests.verdict.comparison import compare

# Fastest; any folder for temporary files works.
MEMORY: Final = Path("/dev/shm")  # noqa: S108

# Of the run that gives the true differences: they are then known to 0.03 standard deviations.
LONG_RUN: Final = 1000
SIMPLE: Final = design_of({entry.name: entry.varies for entry in read_entries(OURS)}).simple

Key: TypeAlias = tuple[str, str]
Effects: TypeAlias = dict[Key, Effect]


class Scenario(NamedTuple):
    """A noise, further disturbances, a true effect, and how many rounds a run has."""

    noise: Noise
    truth: Truth
    rounds: int = 4
    disturbance: Disturbance = Disturbance()


class Shares(msgspec.Struct, frozen=True):
    """How often the interval held the truth, and how often each verdict was given."""

    ratio_held: float
    difference_held: float | None
    better: float
    worse: float


def study(scenario: Scenario, runs: int, seed: int) -> dict[Key, Shares]:
    truth = _true_effects(scenario)
    differences = _true_differences(scenario, seed)
    effects = list(simulated(scenario, runs, seed))
    return {
        key: _shares([run[key] for run in effects], effect, differences.get(key))
        for key, effect in truth.items()
        if effect.ratio
    }


def simulated(scenario: Scenario, runs: int, seed: int) -> Iterator[Effects]:
    """The effects that the comparison finds in each simulated run."""
    for rounds in rounds_of(scenario, runs, seed):
        yield dict(_flat(compare(rounds).effects))


def rounds_of(scenario: Scenario, runs: int, seed: int) -> Iterator[Rounds]:
    """Simulated runs, written as result files and read as a user's are."""
    chance = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        for _ in range(runs):
            write_run(Path(name), scenario.noise, scenario.disturbance, scenario.truth, scenario.rounds, chance)
            yield read_rounds(Path(name))


def _flat(effects: dict[str, Any]) -> Iterator[tuple[Key, Effect]]:
    for name, row in by_effect(effects).items():
        yield from (((name, metric), effect) for metric, effect in row.items())


def _true_effects(scenario: Scenario) -> Effects:
    """The effects of the same run without noise."""
    pairs = {
        pair: {metric: MetricNoise(noise.level, 0.0, 0.0, noise.rounds) for metric, noise in metrics.items()}
        for pair, metrics in scenario.noise.pairs.items()
    }
    noise = Noise(scenario.noise.duration_s, pairs)
    (effects,) = simulated(scenario._replace(noise=noise, disturbance=CALM), 1, 0)
    return effects


def _true_differences(scenario: Scenario, seed: int) -> dict[Key, float]:
    """The simple effects in ms, from a long run with its own seed."""
    chance = np.random.default_rng([seed, LONG_RUN])
    figures = expected_figures(scenario.noise, scenario.disturbance, scenario.truth, LONG_RUN, chance)
    return {
        (effect, metric): figures[with_it, metric] - figures[without, metric]
        for effect, (without, with_it) in SIMPLE.items()
        for metric in FIGURES
        if (without, metric) in figures and (with_it, metric) in figures
    }


def _shares(effects: list[Effect], truth: Effect, difference: float | None) -> Shares:
    known = [effect for effect in effects if effect.low is not None and effect.high is not None and effect.ratio]
    simple = [effect for effect in known if isinstance(effect, SimpleEffect) and effect.difference is not None]
    held = [_holds(effect.difference_low, effect.difference_high, difference) for effect in simple]
    return Shares(
        ratio_held=fmean(_holds(effect.low, effect.high, truth.ratio) for effect in known),
        difference_held=fmean(held) if held else None,
        better=fmean(effect.verdict == "better" for effect in known),
        worse=fmean(effect.verdict == "worse" for effect in known),
    )


def _holds(low: float | None, high: float | None, truth: float | None) -> bool:
    """The tolerance is for effects without noise, whose interval has no width."""
    return low is not None and high is not None and truth is not None and low - 1e-9 <= truth <= high + 1e-9
