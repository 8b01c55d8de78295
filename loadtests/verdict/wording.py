"""The recommendation in sentences, and which run would tell more."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from loadtests.analysis.effects import SimpleEffect
from loadtests.analysis.read import COMBINATIONS
from loadtests.verdict.evidence import TWINS, Evidence
from loadtests.verdict.studies import is_of_these


def next_runs(evidence: Evidence, answer: str) -> list[str]:
    """The runs that would decide what these results leave open, each with what it is for."""
    return [*_narrower(evidence, answer), *_whole(evidence, answer), *_to_learn_about_async(evidence)]


def _narrower(evidence: Evidence, answer: str) -> Iterator[str]:
    effects = [row["latency_avg"] for row in evidence.simple.values()]
    if any(effect.ratio is not None and effect.low is None for effect in effects):
        yield "more starts, for intervals: make matrix ROUNDS=5"
        return
    minutes = [known for effect in effects if (known := evidence.minutes(effect))]
    if minutes and evidence.turns and evidence.turns.minutes:
        starts = math.ceil(len(evidence.rounds) * max(minutes) / evidence.turns.minutes)
        yield f"for narrower intervals, {max(minutes):.0f} minutes: make matrix ROUNDS={starts}"
    elif answer == "undecided" and any(effect.verdict == "cannot tell" for effect in effects):
        yield "more rounds, for narrower intervals: make matrix ROUNDS=8, or longer ones with PROFILE=origin"


def _whole(evidence: Evidence, answer: str) -> Iterator[str]:
    ours = any(name.startswith(("cache in", "async")) for name in evidence.simple)
    if answer == "undecided" and ours and evidence.effect("cache in sync") is None:
        yield "all four, with cells that count, for the cache: make matrix"


def _to_learn_about_async(evidence: Evidence) -> Iterator[str]:
    if not any(name in evidence.simple for name in evidence.unseen):
        return
    around = evidence.context
    for study, purpose, command in (
        (around.capacity, "for async", "make matrix PROFILE=capacity"),
        (around.sweep, "for where async pays", "make matrix PROFILE=sweep"),
    ):
        if not is_of_these(around, study):
            yield f"{purpose}{', on this host with this code' if study else ''}: {command}"


NOTHING: Final = "Nothing can be said: every cell is void."
# What to do, and why.
ANSWERS: Final = {
    "keep": ("Keep the service as it is", ": neither cure is shown to help"),
    "add the cache": ("Add the cache", ""),
    "rewrite": ("Rewrite", ": async is quicker without the cache, and of the cache no gain is shown"),
    "both": ("Add the cache and rewrite", ": each is shown to help, async on top of the cache too"),
    "mend the statement": ("Mend the statement first", ": no cure is shown, and one keeps the database busy"),
    "undecided": ("The data do not decide", ""),
}
WORDS: Final[dict[str, str]] = {
    "better": "{:.2f} times better",
    "worse": "{:.2f} times worse",
    "same": "the same within 5 %",
    "cannot tell": "{:.2f} times, which this run cannot tell from no difference",
}
WHERE: Final = {"async uncached": "without the cache", "async cached": "with the cache"}


def in_paragraphs(
    evidence: Evidence,
    answer: str,
    costs: Mapping[str, Sequence[str]],
    flips: Sequence[str],
    elsewhere: Sequence[str],
    next_steps: Sequence[str],
) -> list[str]:
    if not any(line["rounds"] for line in evidence.lines.values()):
        return [NOTHING]
    sample = evidence.sample
    load = f"Under {sample.profile} ({sample.vus} VUs, think time {sample.think_time_s:g} s):"
    ours = set(evidence.lines) <= set(COMBINATIONS)
    rests_on = (*_about_cache(evidence), *_about_async(evidence)) if ours else _about_others(evidence)
    flip = "This is decided when" if answer == "undecided" else "This flips when"
    return [
        " ".join([load, *(["".join(ANSWERS[answer]) + "."] if ours else []), *rests_on]),
        *(_about_the_statement(evidence) if ours else ()),
        *(f"What it costs to {cure}: {', '.join(price)}." for cure, price in costs.items()),
        *(f"{flip} {one}." for one in flips),
        *(f"{one}." for one in elsewhere),
        *(f"Run next, {one}." for one in next_steps),
    ]


def _about_others(evidence: Evidence) -> Iterator[str]:
    """Of services that are not ours only the measured effects are known."""
    for name in evidence.simple:
        effect = evidence.effect(name)
        if effect is not None and effect.difference is not None:
            yield f"{name}, average latency: {effect.difference:+.1f} ms, {in_words(effect)}."


def _about_cache(evidence: Evidence) -> Iterator[str]:
    for name in evidence.simple:
        stack = name.removeprefix("cache in ")
        effect = evidence.effect(name)
        if stack == name or effect is None or effect.difference is None:
            continue
        yield f"The cache in {stack} changed the average by {effect.difference:+.1f} ms: {in_words(effect)}."


def _about_async(evidence: Evidence) -> Iterator[str]:
    for name in TWINS:
        if name not in evidence.simple:
            continue
        if evidence.turns:
            yield from _async_by_route(evidence, name)
            continue
        metric, subject = "latency_avg", "average latency"
        if why := evidence.unseen.get(name):
            metric, subject = "service_cpu", "service CPU per request"
            yield f"Whether async is quicker {WHERE[name]} this load cannot tell: {why}."
        if effect := evidence.effect(name, metric):
            yield f"{name.capitalize()}, {subject}: {in_words(effect)}."


def _async_by_route(evidence: Evidence, name: str) -> Iterator[str]:
    """The weighted mix and its CPU, then each route of the head to head."""
    if effect := evidence.effect(name):
        cpu = evidence.effect(name, "service_cpu")
        more = f"; service CPU per request {in_words(cpu)}" if cpu else ""
        yield f"{name.capitalize()}, average latency over the mix: {in_words(effect)}{more}."
    found = [(route, row[name]["latency_avg"]) for route, row in evidence.routes.items() if name in row]
    parts = [f"{route} {in_words(effect)}{_would_do(evidence, effect)}" for route, effect in found if effect.ratio]
    if parts:
        yield f"By route: {'; '.join(parts)}."


def _would_do(evidence: Evidence, effect: SimpleEffect) -> str:
    minutes = evidence.minutes(effect)
    return f", {minutes:.0f} minutes would do" if minutes else ""


def _about_the_statement(evidence: Evidence) -> Iterator[str]:
    cure = evidence.statement
    if cure is None:
        return
    behind = f" (behind {', '.join(cure.routes)})" if cure.routes else ""
    bounds = "one round, so without an interval"
    if cure.busy_after_low is not None and cure.busy_after_high is not None:
        bounds = f"95 % interval {max(0.0, cure.busy_after_low):.1%} to {cure.busy_after_high:.1%}"
    yield (
        f"The third cure: the statement {cure.statement}{behind} takes {cure.share:.0%} of the time of all statements "
        f"in sync. Twice as fast, it would leave the database busy {cure.busy_after:.1%} of the time ({bounds}) "
        f"instead of {cure.busy:.1%} at the same load: a prediction by the utilization law."
    )


def in_words(effect: SimpleEffect) -> str:
    """Worse is said as how many times more; everything else as how many times better."""
    ratio, low, high = effect.ratio or 0.0, effect.low, effect.high
    if low is None or high is None:
        return f"{ratio:.2f} times, of one start, so without an interval"
    if effect.verdict == "worse":
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    return f"{WORDS[effect.verdict].format(ratio)} (95 % interval {low:.2f} to {high:.2f})"
