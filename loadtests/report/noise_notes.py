"""Why a change of the average was not seen: how large a difference is hidden, and what binds where it was made."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from loadtests.analysis.bottleneck import DELAYS, Bottleneck
from loadtests.schema.design import SIMPLE_KEY
from loadtests.verdict.comparison import Comparison

AVERAGE: Final = "latency_avg"
SAME_SHARE: Final = 0.05
QUEUE: Final = "Visitors queue there, so what is lost elsewhere is mostly won back in the queue"


def noise_notes(comparison: Comparison) -> Iterator[str]:
    """A line for each simple effect on the average that is neither better nor worse."""
    for name, row in comparison.effects[SIMPLE_KEY].items():
        verdict = row[AVERAGE].verdict
        if verdict in HIDDEN and (hidden := HIDDEN[verdict](comparison, name)):
            yield f"{verdict}: {name}, latency avg. {hidden} {_bound(comparison, name)}"


def binding(comparison: Comparison, name: str) -> dict[str, Bottleneck]:
    """The known bottlenecks of the two combinations that a simple effect compares."""
    known = {
        combination: comparison.bottleneck[combination]
        for combination in comparison.pairs[name]
        if combination in comparison.bottleneck
    }
    return {combination: bottleneck for combination, bottleneck in known.items() if bottleneck.name}


def queued(found: Mapping[str, Bottleneck]) -> bool:
    """Whether visitors queue for what binds in both, so that a delay elsewhere only brings them to the queue later."""
    return len(found) == 2 and not any(bottleneck.name in DELAYS for bottleneck in found.values())


def _noise(comparison: Comparison, name: str) -> str | None:
    effect = comparison.effects[SIMPLE_KEY][name][AVERAGE]
    if effect.detectable is None:
        return None
    half = (effect.difference_high - effect.difference_low) / 2
    return (
        f"Noise hides differences below {half:.2f} ms in this run; "
        f"one of {effect.detectable:.2f} ms would be found 19 times in 20."
    )


def _band(comparison: Comparison, name: str) -> str | None:
    without = comparison.pairs[name][0]
    average = comparison.combinations[without][AVERAGE]
    return f"Differences below {average * SAME_SHARE:.2f} ms are within 5 % of {without}." if average else None


def _bound(comparison: Comparison, name: str) -> str:
    found = binding(comparison, name)
    if not found:
        return "What binds there is not known."
    parts = [
        f"{bottleneck.name} in {combination} ({bottleneck.share:.0%} of the time)"
        for combination, bottleneck in found.items()
    ]
    return f"Bound by {' and '.join(parts)}.{f' {QUEUE}.' if queued(found) else ''}"


HIDDEN: Final[Mapping[str, Callable[[Comparison, str], str | None]]] = {"cannot tell": _noise, "same": _band}
