"""What has to hold in runs whose truth is known, and whether it does."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from loadtests.comparison import Comparison
from loadtests.design import ROUTES_KEY, SIMPLE_KEY
from loadtests.effects import Effect, SimpleEffect
from loadtests.effects_text import unseen
from loadtests.many_effects import shown

DELAY_MS: Final = 5.0


class Finding(NamedTuple):
    """One thing that has to hold, whether it does, and the figures."""

    what: str
    holds: bool
    figures: str


def no_effect(comparison: Comparison) -> Finding:
    """Gives whether a run of one service under four names shows any effect, over all effects and figures at once."""
    effects = dict(_flat(comparison))
    alone = sum(effect.verdict in ("better", "worse") for effect in effects.values())
    names = [".".join(name) for name in shown(effects)]
    figures = (
        f"{len(effects)} effects, {alone} of them shown when each is taken alone (5 % would be {len(effects) / 20:.1f})"
    )
    return Finding("equal services show no effect", not names, f"{figures}, together {', '.join(names) or 'none'}")


def delay_found(comparison: Comparison, name: str = "async cached", really_ms: float = DELAY_MS) -> Finding:
    """Gives whether a simple effect is called worse, with an interval of the difference that holds the delay.

    A relay wakes a little later than it is asked to, so the interval has to reach from what was asked for to what it
    really adds.
    """
    effect = comparison.effects[SIMPLE_KEY][name]["latency_avg"]
    low, high = sorted((DELAY_MS, really_ms))
    holds = effect.verdict == "worse" and effect.difference_low <= high and low <= effect.difference_high
    return Finding(f"{name}: {DELAY_MS:g} ms of delay are found", holds, _in_words(effect))


def delay_unseen(comparison: Comparison, name: str = "async uncached") -> Finding:
    """Gives whether an effect that is not shown is explained, with an interval that holds the delay either way."""
    effect = comparison.effects[SIMPLE_KEY][name]["latency_avg"]
    lines = [line for line in unseen(comparison.effects) if f" {name}," in line]
    holds = effect.difference_low <= DELAY_MS <= effect.difference_high
    explained = effect.verdict != "not shown" or len(lines) == 1
    return Finding(
        f"{name}: {DELAY_MS:g} ms are within what noise hides", holds and explained, _in_words(effect, *lines)
    )


def _flat(comparison: Comparison) -> Iterator[tuple[tuple[str, str], Effect]]:
    effects = comparison.effects
    rows = {name: row for name, row in effects.items() if name not in (SIMPLE_KEY, ROUTES_KEY)} | effects[SIMPLE_KEY]
    for name, row in rows.items():
        yield from (((name, metric), effect) for metric, effect in row.items())


def _in_words(effect: SimpleEffect, *lines: str) -> str:
    interval = f"{effect.difference_low:+.2f} to {effect.difference_high:+.2f} ms"
    return "; ".join([f"{effect.verdict}, difference {effect.difference:+.2f} ms, 95 % interval {interval}", *lines])
