"""What has to hold in runs of a known effect, and whether it does."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from loadtests.analysis.effects import Effect, SimpleEffect, shown
from loadtests.report.noise_notes import HIDDEN, binding, noise_notes, queued
from loadtests.schema.design import SIMPLE_KEY, by_effect
from loadtests.verdict.comparison import Comparison

DELAY_MS: Final = 5.0


class Finding(NamedTuple):
    """One thing that has to hold, and whether it does."""

    what: str
    holds: bool
    figures: str


def no_effect(comparison: Comparison) -> Finding:
    """A run of one service under four names shows no effect, over all effects and figures at once."""
    effects = dict(_flat(comparison))
    alone = sum(effect.verdict in ("better", "worse") for effect in effects.values())
    names = [".".join(name) for name in shown(effects)]
    figures = (
        f"{len(effects)} effects, {alone} of them shown when each is taken alone (5 % would be {len(effects) / 20:.1f})"
    )
    return Finding("equal services show no effect", not names, f"{figures}, together {', '.join(names) or 'none'}")


def delay_found(comparison: Comparison, name: str = "async cached", really_ms: float = DELAY_MS) -> Finding:
    """The effect is called worse, with an interval of the difference that holds the delay.

    The proxy wakes a little late, so the interval has to reach from the delay that was set to the one measured.
    """
    effect = comparison.effects[SIMPLE_KEY][name]["latency_avg"]
    holds = effect.verdict == "worse" and _holds_delay(effect, really_ms)
    return Finding(f"{name}: {DELAY_MS:g} ms of delay are detected", holds, _in_words(effect))


def delay_unseen(comparison: Comparison, name: str = "async uncached", really_ms: float = DELAY_MS) -> Finding:
    """The delay is not shown in the uncached pair, and the output says what hides it and what the limit is there.

    If it is found all the same, the interval of the difference has to hold it. If not, it has to hold it too, unless
    visitors queue for a saturated resource: a request delayed by 5 ms waits 5 ms less in that queue.
    """
    effect = comparison.effects[SIMPLE_KEY][name]["latency_avg"]
    lines = [line for line in noise_notes(comparison) if f" {name}," in line]
    limits = binding(comparison, name)
    named = len(lines) == 1 and len(limits) == 2
    named = named and all(f"{limit.name} in {combination}" in lines[0] for combination, limit in limits.items())
    holds = _holds_delay(effect, really_ms)
    explained = effect.verdict in HIDDEN and named and (holds or queued(limits))
    return Finding(
        f"{name}: {DELAY_MS:g} ms are hidden by noise, and the output says so",
        explained or (effect.verdict == "worse" and holds),
        _in_words(effect, *lines),
    )


def _holds_delay(effect: SimpleEffect, really_ms: float) -> bool:
    if effect.difference_low is None or effect.difference_high is None:
        return False
    low, high = sorted((DELAY_MS, really_ms))
    return effect.difference_low <= high and low <= effect.difference_high


def _flat(comparison: Comparison) -> Iterator[tuple[tuple[str, str], Effect]]:
    for name, row in by_effect(comparison.effects).items():
        yield from (((name, metric), effect) for metric, effect in row.items())


def _in_words(effect: SimpleEffect, *lines: str) -> str:
    figures = f"{_signed(effect.difference)} ms, 95 % interval {_signed(effect.difference_low)} to "
    return "; ".join([f"{effect.verdict}, difference {figures}{_signed(effect.difference_high)} ms", *lines])


def _signed(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.2f}"
