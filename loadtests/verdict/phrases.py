"""An effect in words."""

from typing import Final

from loadtests.analysis.effects import Effect
from loadtests.analysis.figures import times
from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.verdict.evidence import Evidence

LATENCY: Final = ("quicker", "slower")
CPU: Final = ("cheaper", "dearer")
# Longer runs are given in hours.
HOURS: Final = 120


def of_k6(evidence: Evidence) -> bool:
    """Whether the results are k6's own summaries."""
    return evidence.sample.profile == SUMMARY


def in_words(evidence: Evidence, effect: Effect, words: tuple[str, str] = LATENCY, interval: str = "") -> str:
    """A loss is given as times slower, with its interval; an undecided effect with the run that would decide it."""
    ratio, low, high, (better, worse) = effect.ratio or 1.0, effect.low, effect.high, words
    slower = effect.verdict == "worse" or (low is None and ratio < 1)
    said = f"{times(1 / ratio if slower else ratio)} times {worse if slower else better}"
    if low is None or high is None:
        return f"{said} (one {'run' if of_k6(evidence) else 'start'}, no interval)"
    if slower:
        low, high = 1 / high, 1 / low
    if effect.verdict == "same":
        said = "the same within 5 %"
    elif effect.verdict == "cannot tell":
        said, interval = "not shown to differ", f"{times(ratio)} times, {interval}"
    return f"{said} ({interval}{times(low)} to {times(high)}{_would_tell(evidence, effect)})"


def _would_tell(evidence: Evidence, effect: Effect) -> str:
    if effect.verdict != "cannot tell":
        return ""
    minutes = evidence.minutes(effect)
    if minutes:
        return f"; {f'{max(2, minutes):.0f} minutes' if minutes < HOURS else f'{minutes / 60:.0f} hours'} would tell"
    unit = "runs" if of_k6(evidence) else "starts"
    return f"; {f'{effect.longer:.1f} times as many' if effect.longer else 'several'} {unit} would tell"
