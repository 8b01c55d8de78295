"""What has to hold in runs whose truth is known, and whether it does."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from loadtests.analysis.effects import Effect, SimpleEffect, shown
from loadtests.report.noise_notes import HIDDEN, binding, queued, unseen
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY
from loadtests.verdict.comparison import Comparison

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
    holds = effect.verdict == "worse" and _holds_delay(effect, really_ms)
    return Finding(f"{name}: {DELAY_MS:g} ms of delay are found", holds, _in_words(effect))


def delay_unseen(comparison: Comparison, name: str = "async uncached", really_ms: float = DELAY_MS) -> Finding:
    """Gives whether the same delay is not shown elsewhere, and one line says what hides it and what binds there.

    Where it is found all the same, the interval of the difference has to hold it. Where it is not, it has to hold it as
    well, unless visitors queue for what binds: the queue takes back what the delay costs, and the truth is less.
    """
    effect = comparison.effects[SIMPLE_KEY][name]["latency_avg"]
    lines = [line for line in unseen(comparison) if f" {name}," in line]
    found = binding(comparison, name)
    named = (
        len(lines) == 1 and len(found) == 2 and all(f"{each.name} in {one}" in lines[0] for one, each in found.items())
    )
    holds = _holds_delay(effect, really_ms)
    explained = effect.verdict in HIDDEN and named and (holds or queued(found))
    return Finding(
        f"{name}: {DELAY_MS:g} ms are hidden, and what hides them is said",
        explained or (effect.verdict == "worse" and holds),
        _in_words(effect, *lines),
    )


def _holds_delay(effect: SimpleEffect, really_ms: float) -> bool:
    if effect.difference_low is None or effect.difference_high is None:
        return False
    low, high = sorted((DELAY_MS, really_ms))
    return effect.difference_low <= high and low <= effect.difference_high


def _flat(comparison: Comparison) -> Iterator[tuple[tuple[str, str], Effect]]:
    effects = comparison.effects
    rows = {name: row for name, row in effects.items() if name not in (SIMPLE_KEY, ROUTES_KEY)} | effects[SIMPLE_KEY]
    for name, row in rows.items():
        yield from (((name, metric), effect) for metric, effect in row.items())


def _in_words(effect: SimpleEffect, *lines: str) -> str:
    figures = f"{_signed(effect.difference)} ms, 95 % interval {_signed(effect.difference_low)} to "
    return "; ".join([f"{effect.verdict}, difference {figures}{_signed(effect.difference_high)} ms", *lines])


def _signed(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.2f}"
