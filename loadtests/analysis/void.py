"""The rules by which results, and the steps and cells of studies, are void."""

from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec

from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.analysis.starvation import starvation
from loadtests.schema.result import Result
from loadtests.schema.server import Server

BEGINNING: Final = 0.25
FACTOR: Final = 2.0
LEAST_MS: Final = 2.0
SIGNIFICANT: Final = 0.01
# The fewest slices on each side, and requests in a slice, for a reliable median.
ENOUGH_SLICES: Final = 3
ENOUGH_IN_SLICE: Final = 5


def drift(result: Result) -> str | None:
    """Why the first quarter of the measured time differs from the rest; null if it does not.

    Compares medians of slices, because a cache miss or a heavy report moves a mean. They differ by a factor of two and
    by the rank test of Mann and Whitney (Annals of Mathematical Statistics 18, 1947).
    """
    slices = [(part.start_s, part.latency_ms.p50) for part in result.timeline if part.requests >= ENOUGH_IN_SLICE]
    early = [p50 for start, p50 in slices if p50 is not None and start < BEGINNING * result.duration_s]
    late = [p50 for start, p50 in slices if p50 is not None and start >= BEGINNING * result.duration_s]
    if min(len(early), len(late)) < ENOUGH_SLICES:
        return None
    first, rest = median(early), median(late)
    if max(first, rest) < FACTOR * min(first, rest) or abs(first - rest) < LEAST_MS:
        return None
    from scipy.stats import mannwhitneyu  # here, because the import takes two seconds

    if mannwhitneyu(early, late).pvalue > SIGNIFICANT:
        return None
    return f"the median latency was {first:.1f} ms in the first quarter and {rest:.1f} ms after it"


def voided(result: Result, rules: Collection[str]) -> list[str]:
    """The reasons of the rules that a result breaks; empty if it counts."""
    return [reason for rule in RULES if rule.name in rules and (reason := rule.reason(result))]


# For two workers; for more, the same amount above the even share.
LOPSIDED: Final = 0.6
# Fewer requests are spread unevenly by chance.
ENOUGH_REQUESTS: Final = 50
CACHE: Final = "cache"
BYPASSES: Final = ("cache_events_total{event=bypass}", "cache_events_total{event=refused}")


class Rule(NamedTuple):
    """Voids a result for which `reason` returns a text."""

    name: str
    reason: Callable[[Result], str | None]
    advice: str


def _nothing(result: Result) -> str | None:
    return f"no request was finished in {result.duration_s:g} s" if result.requests == 0 else None


def _failed(result: Result) -> str | None:
    count = result.failed - result.failures.get("redirect", 0)
    return f"{count} of {result.requests} requests had another status or no answer" if count > 0 else None


def _redirected(result: Result) -> str | None:
    count = result.failures.get("redirect", 0)
    return f"{count} of {result.requests} answers were a redirect to elsewhere, not followed" if count else None


def _unlike(result: Result) -> str | None:
    return unlike_its_cache(result, result.varies.cache) if result.varies else None


def unlike_its_cache(result: Result, cached: bool) -> str | None:
    """Why X-Cache contradicts `varies.cache`; answers of another combination are judged elsewhere."""
    cache, others = result.cache, result.failures.get("combination", 0)
    hits, asked = cache.hit + cache.stale, cache.hit + cache.miss + cache.stale + cache.bypass
    if not cached and hits > others:
        return f"{hits} answers came out of a cache by X-Cache, and varies.cache is false"
    if cached and cache.off > others and not asked:
        return f"X-Cache was off in all {cache.off} answers that name it, and varies.cache is true"
    return None


def _another(result: Result) -> str | None:
    count = result.failures.get("combination", 0)
    return f"{count} of {result.requests} answers came from another combination" if count else None


def _wrong(result: Result) -> str | None:
    if result.checks is not None:
        return f"{result.checks_failed} of {result.checks} checks failed" if result.checks_failed else None
    count = result.checks_failed - result.failures.get("combination", 0)
    return f"{count} of {result.requests} answers were not what was asked for" if count > 0 else None


def _dropped(result: Result) -> str | None:
    count = result.dropped_iterations
    return f"{count} requests were due and never sent" if count else None


def _changed(result: Result) -> str | None:
    changed = result.server.ledger_changes if result.server else []
    return "; ".join(f"{change.entry} was {change.before}, then {change.after}" for change in changed) or None


def _bypassed(result: Result) -> str | None:
    if CACHE in result.injected:
        return None
    count = bypasses(result)
    return f"Redis was bypassed or refused {count} times" if count else None


def bypasses(result: Result) -> int:
    """Bypassed requests by X-Cache, or bypassed requests and refused commands by /metrics, whichever is more."""
    counters = result.server.counters if result.server else {}
    return max(result.cache.bypass, round(sum(counters.get(name, 0.0) for name in BYPASSES)))


def _lopsided(result: Result) -> str | None:
    server = result.server or Server()
    # Workers without requests have no share.
    workers = max(len(server.workers), round(server.limits.get("workers", 1)))
    largest = max(server.workers.values(), default=0.0)
    if workers < 2 or result.requests < ENOUGH_REQUESTS or largest <= 2 * LOPSIDED / workers:
        return None
    return f"one of {workers} workers had {largest:.0%} of the requests"


RULES: Final = (
    Rule(
        "nothing measured",
        _nothing,
        "see whether the service answers at all, then measure longer or shorten the think time",
    ),
    Rule("failed requests", _failed, "read the service's log, and measure again with fewer VUs"),
    Rule(
        "redirect",
        _redirected,
        "measure the address that it redirects to (k6's log names it), or give the route its status",
    ),
    Rule("wrong combination", _another, "see what else listens on that port, and who answers for whom"),
    Rule("wrong answers", _wrong, "see what k6 printed: a wrong answer is no faster answer"),
    Rule("dropped iterations", _dropped, "the load generator was late: give it more VUs or more CPU"),
    Rule("load generator", starvation, "give k6 cores of its own (OTHER_CPUS), or ask for less"),
    Rule("warm-up drift", drift, "warm up for longer: the beginning was not yet like the rest"),
    Rule("changed ledger", _changed, "find out who changed it, and measure this start again"),
    Rule("cache bypassed", _bypassed, "see why Redis was not there: its log, its memory, its core"),
    Rule("unlike its cache", _unlike, "see whether the cache is on, and what varies says in your COMBINATIONS file"),
    Rule("lopsided workers", _lopsided, "measure with one worker for each core of the services"),
)


class VoidResult(msgspec.Struct, frozen=True):
    """A reason why a combination's start is void."""

    combination: str
    round: int
    rule: str
    reason: str
    advice: str


def void_results(rounds: Mapping[int, Mapping[str, Result]], strict: bool = False) -> list[VoidResult]:
    """k6's own summaries are judged only if `strict`."""
    return [
        VoidResult(result.combination, result.round, rule.name, reason, rule.advice)
        for cells in rounds.values()
        for result in cells.values()
        for rule in RULES
        if (strict or result.profile != SUMMARY) and (reason := rule.reason(result))
    ]


def counting_results(rounds: Mapping[int, Mapping[str, Result]], void: Sequence[VoidResult]) -> list[dict[str, Result]]:
    broken = {(cell.round, cell.combination) for cell in void}
    return [
        {name: result for name, result in cells.items() if (number, name) not in broken}
        for number, cells in rounds.items()
    ]
