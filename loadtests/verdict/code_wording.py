"""What naive code does by what ours does, in a sentence."""

from collections.abc import Iterator
from typing import Final

from loadtests.analysis.figures import times
from loadtests.schema.combinations import OURS, read_entries
from loadtests.verdict.evidence import Evidence

NAIVE: Final = {entry.name for entry in read_entries(OURS) if entry.axes.code}
FIGURES: Final = {"throughput": "requests a second", "service_cpu": "requests per second of CPU"}


def naive_by_ours(evidence: Evidence, metric: str) -> Iterator[str]:
    """`metric` is one of FIGURES."""
    found = {base: evidence.effect(name, metric) for name, (base, one) in evidence.pairs.items() if one in NAIVE}
    parts = [
        f"{times(effect.ratio)} times {base} ({times(effect.low)} to {times(effect.high)})"
        for base, effect in found.items()
        if effect and effect.ratio and effect.low and effect.high
    ]
    if parts:
        yield f"Naive code, in {FIGURES[metric]}: {', '.join(parts)}."
