"""Conditions under which a recommendation flips, as far as the data support them, with intervals."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import Final, Literal, TypeAlias

from loadtests.analysis.effects import Interval, interval
from loadtests.schema.result import Result
from loadtests.verdict.costs import greatest_age_s
from loadtests.verdict.evidence import CACHE, Evidence
from loadtests.verdict.phrases import in_words

Answer: TypeAlias = Literal[
    "keep", "add the cache", "rewrite", "both", "change the server", "mend the statement", "undecided"
]  # fmt: skip
Condition: TypeAlias = Callable[[Evidence], str | None]

UNCACHED: Final = "async uncached"
# The smallest gain that counts.
GAIN: Final = 1.05


def flips_of(evidence: Evidence, answer: Answer) -> list[str]:
    """Each condition under which another answer holds, as the end of a sentence."""
    return [words for condition in CONDITIONS[answer] if (words := condition(evidence))]


def hit_ratio_needed(before: float | None, after: float | None, hits: float | None) -> float | None:
    """The hit ratio at which the cache would gain 5 %, on a straight line from no hits to the measured ratio.

    Averages are in ms; null if the cache gains less than 5 % now.
    """
    if not before or after is None or not hits or after * GAIN >= before:
        return None
    return hits * (before - before / GAIN) / (before - after)


def hit_ratio_over_starts(rounds: list[Mapping[str, Result]]) -> Interval | None:
    """That hit ratio with its 95 % interval over starts; null if a start has none."""
    pairs = [(row["sync"], row["sync-cached"]) for row in rounds if {"sync", "sync-cached"} <= row.keys()]
    needed = [
        hit_ratio_needed(sync.latency_ms.avg, cached.latency_ms.avg, cached.cache.hit_ratio) for sync, cached in pairs
    ]
    known = [value for value in needed if value is not None]
    if not known or len(known) < len(needed):
        return None
    mean, low, high = interval(known)
    return Interval(mean, None if low is None else max(0.0, low), high)


def _hit_ratio(evidence: Evidence) -> str | None:
    needed = hit_ratio_over_starts(list(evidence.rounds))
    if needed is None:
        return None
    bounds = _bounds(needed.low, needed.high, "{:.2%}")
    return (
        f"the hit ratio falls below {needed.mean:.2%} ({bounds}): there the cache gains less than 5 % on the average, "
        "on a straight line from no hits to what was measured"
    )


def _age(evidence: Evidence) -> str:
    seconds = greatest_age_s(evidence.context.ledgers, "sync-cached")
    return f"no answer may be {seconds:.0f} s stale, as one can be after a failed invalidation"


def _statement(evidence: Evidence) -> str | None:
    cure = evidence.statement
    if cure is None or not evidence.statement_binds:
        return None
    bounds = _bounds(cure.limit_rps_after_low, cure.limit_rps_after_high, "{:.0f}")
    return (
        f"{cure.statement} becomes quicker: at half its time the database could serve {cure.limit_rps_after:.0f} "
        f"requests/s ({bounds}) instead of {cure.limit_rps:.0f}"
    )


def _gone(_: Evidence) -> str:
    return "something else than the service comes to bind: then the gain of async is gone"


def _cache_gains(evidence: Evidence) -> str | None:
    effect = evidence.effect(CACHE)
    if effect is None:
        return None
    hits = [row["sync-cached"].cache.hit_ratio for row in evidence.rounds if "sync-cached" in row]
    known = [value for value in hits if value is not None]
    at = f" at {median(known):.0%} of hits" if known else ""
    return f"the cache comes to gain more than 5 % on the average: here it is {in_words(evidence, effect)}{at}"


def _decided(name: str, subject: str) -> Condition:
    """For an open question, the run that decides it."""

    def condition(evidence: Evidence) -> str | None:
        effect = evidence.effect(name)
        if name in evidence.unseen:
            return f"a run in which the service binds shows what {subject} does: here {evidence.unseen[name]}"
        if effect is None:
            return f"a run shows what {subject} does: here no figure of it counts"
        if effect.verdict != "cannot tell":
            return None
        return f"a run shows what {subject} does: here it is {in_words(evidence, effect)}"

    return condition


def _bounds(low: float | None, high: float | None, form: str) -> str:
    if low is None or high is None:
        return "of one start, so without an interval"
    return f"95 % interval {form.format(low)} to {form.format(high)}"


CONDITIONS: Final[dict[Answer, tuple[Condition, ...]]] = {
    "keep": (_cache_gains,),
    "add the cache": (_hit_ratio, _age, _statement),
    "rewrite": (_gone, _cache_gains),
    "both": (_hit_ratio, _age, _gone, _statement),
    "change the server": (_cache_gains,),
    "mend the statement": (_statement, _cache_gains),
    "undecided": (_decided(CACHE, "the cache"), _decided(UNCACHED, "async")),
}
