"""Whether the measured time began before the warm-up was over."""

from statistics import median
from typing import Final

from loadtests.schema.result import Result

BEGINNING: Final = 0.25
FACTOR: Final = 2.0
LEAST_MS: Final = 2.0
SIGNIFICANT: Final = 0.01
# Slices on each side, and requests in a slice, that a median can be trusted of.
ENOUGH_SLICES: Final = 3
ENOUGH_REQUESTS: Final = 5


def drift(result: Result) -> str | None:
    """Why the first quarter of the measured time differs from the rest; null when it does not.

    Medians of slices are compared, because a miss of the cache or a heavy report moves a mean. It takes a factor of
    two, and a difference that Mann and Whitney's rank test finds (Annals of Mathematical Statistics 18, 1947).
    """
    slices = [(part.start_s, part.latency_ms.p50) for part in result.timeline if part.requests >= ENOUGH_REQUESTS]
    early = [p50 for start, p50 in slices if p50 is not None and start < BEGINNING * result.duration_s]
    late = [p50 for start, p50 in slices if p50 is not None and start >= BEGINNING * result.duration_s]
    if min(len(early), len(late)) < ENOUGH_SLICES:
        return None
    first, rest = median(early), median(late)
    if max(first, rest) < FACTOR * min(first, rest) or abs(first - rest) < LEAST_MS:
        return None
    from scipy.stats import mannwhitneyu  # here, because it takes two seconds to import and is seldom asked

    if mannwhitneyu(early, late).pvalue > SIGNIFICANT:
        return None
    return f"the median latency was {first:.1f} ms in the first quarter and {rest:.1f} ms after it"
