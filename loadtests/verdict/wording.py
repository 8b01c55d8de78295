"""The recommendation in sentences, and the next runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from loadtests.analysis.figures import digits, times
from loadtests.schema.combinations import OURS, read_entries
from loadtests.verdict.evidence import CACHE, DECISIVE, LIGHT, TWINS, Evidence, decisive
from loadtests.verdict.phrases import CPU, HOURS, in_words, of_k6
from loadtests.verdict.servers import about_factors, about_servers, best_server, server_first
from loadtests.verdict.studies import is_of_these

NOTHING: Final = "Nothing can be said: no measurement counts."
# What to do, and the reason.
ANSWERS: Final = {
    "keep": ("Keep the service as it is", ": neither cure is shown to help"),
    "add the cache": ("Add the cache", ""),
    "rewrite": ("Rewrite", ": async is quicker without the cache, and of the cache no gain is shown"),
    "both": ("Add the cache and rewrite", ": each is shown to help, async on top of the cache too"),
    "change the server": ("Change the server", ""),
    "mend the statement": ("Mend the statement first", ": no cure is shown, and one keeps the database busy"),
    "undecided": ("The data do not decide", ""),
}
WHERE: Final = {"async uncached": "without the cache", "async cached": "with it"}
USUAL_ROUNDS: Final = 5
MOST_ROUNDS: Final = 1000
AGAIN: Final = "NAME.round-1.json, NAME.round-2.json"
# The profile of each study, and its purpose.
STUDIES: Final = {"sweep": "where async pays", "capacity": "how much each can take"}


def headline(evidence: Evidence, answer: str) -> list[str]:
    """The answer in one or two sentences: the cure that pays, and the effect of async."""
    if not any(line["rounds"] for line in evidence.lines.values()):
        return [NOTHING]
    if not evidence.ours:
        known = sorted(evidence.known, key=lambda name: ((effect := evidence.effect(name)) and effect.ratio) or 1.0)
        pairs = [f"{_of_pair(evidence, name, 'Under')}." for name in dict.fromkeys([*known[-1:], *known[:1]])]
        return [*pairs, *_doubts(evidence)]
    if evidence.turns and evidence.turns.is_void:
        return [f"{ANSWERS['undecided'][0]}: too many of the turns were spoilt."]
    server = best_server(evidence)
    about = _of_pair(evidence, server.effect if server and answer == "change the server" else CACHE)
    cure = ANSWERS[answer][0] + (f": {about}" if about else "")
    return [f"{cure}.", *server_first(evidence), *_about_async(evidence), *naive_by_ours(evidence, "throughput")]


def _of_pair(evidence: Evidence, name: str, under: str = "under") -> str | None:
    """Both parts: the averages under the load of many visitors, and the ratio head to head."""
    effect = evidence.effect(name)
    if effect is None:
        return None
    without, with_it = evidence.pairs[name]
    metric = decisive(evidence.simple)
    before, after = (evidence.lines[combination][metric] for combination in (without, with_it))
    load = f"{with_it} against {without}: "
    if before and after:
        averages = f"{with_it} answers in {digits(after)} ms {DECISIVE[metric]}, {without} in {digits(before)} ms"
        load = f"{averages}; " if of_k6(evidence) else f"{under} {evidence.sample.vus} visitors {averages}; "
    place = "head to head " if evidence.turns else ""
    return f"{load}{place}it is {in_words(evidence, effect, interval='95 % interval ')}"


def _doubts(evidence: Evidence) -> Iterator[str]:
    figures = dict.fromkeys(doubt.figures for doubt in evidence.doubts)
    yield from [f"In doubt: {'; '.join(figures)}."] if figures else []


def _about_async(evidence: Evidence) -> Iterator[str]:
    known = {name: effect for name in WHERE if name not in evidence.unseen and (effect := evidence.effect(name))}
    if known:
        parts = " and ".join(f"{in_words(evidence, effect)} {WHERE[name]}" for name, effect in known.items())
        yield f"Async is {parts}{_on_a_light_read(evidence, list(known))}."
    unseen = [f"{why} {WHERE[name]}" for name, why in evidence.unseen.items() if name in evidence.simple]
    if unseen:
        yield f"Whether async is quicker this load cannot tell: {', '.join(unseen)}."


def _on_a_light_read(evidence: Evidence, names: Sequence[str]) -> str:
    effects = [evidence.routes.get(LIGHT, {}).get(name, {}).get("latency_avg") for name in names]
    parts = " and ".join(in_words(evidence, effect) for effect in effects if effect and effect.ratio)
    return f"; on a light read alone {parts}" if parts else ""


def in_paragraphs(
    evidence: Evidence,
    answer: str,
    said: Sequence[str],
    costs: Mapping[str, Sequence[str]],
    flips: Sequence[str],
    elsewhere: Sequence[str],
    next_steps: Sequence[str],
) -> list[str]:
    if said == [NOTHING]:
        return list(said)
    sample = evidence.sample
    load = f"Under {sample.profile} ({sample.vus} VUs, think time {sample.think_time_s:g} s):"
    flip = "This is decided when" if answer == "undecided" else "This flips when"
    return [
        " ".join([load, *said]),
        *_async_by_route(evidence),
        *about_servers(evidence),
        *about_factors(evidence),
        *naive_by_ours(evidence, "service_cpu"),
        *_about_the_statement(evidence),
        *(f"What it costs to {cure}: {', '.join(price)}." for cure, price in costs.items()),
        *(f"{flip} {line}." for line in flips),
        *(f"{line}." for line in elsewhere),
        *(f"Run next, {line}." for line in next_steps),
    ]


def _async_by_route(evidence: Evidence) -> Iterator[str]:
    for name in TWINS:
        effects = {route: row[name]["latency_avg"] for route, row in evidence.routes.items() if name in row}
        parts = [f"{route} {in_words(evidence, each)}" for route, each in effects.items() if each.ratio]
        cpu = evidence.effect(name, "service_cpu")
        parts += [f"service CPU per request {in_words(evidence, cpu, CPU)}"] if cpu else []
        if parts:
            yield f"{name.capitalize()}: {'; '.join(parts)}."


def _about_the_statement(evidence: Evidence) -> Iterator[str]:
    cure = evidence.statement
    if cure is None or not evidence.ours:
        return
    behind = f" (behind {', '.join(cure.routes)})" if cure.routes else ""
    bounds = "one start, so without an interval"
    if cure.busy_after_low is not None and cure.busy_after_high is not None:
        bounds = f"95 % interval {max(0.0, cure.busy_after_low):.1%} to {cure.busy_after_high:.1%}"
    yield (
        f"The third cure: the statement {cure.statement}{behind} takes {cure.share:.0%} of the time of all statements "
        f"in sync. Twice as fast, it would leave the database busy {cure.busy_after:.1%} of the time ({bounds}) "
        f"instead of {cure.busy:.1%} at the same load: a prediction by the utilization law."
    )


def next_runs(evidence: Evidence) -> list[str]:
    """The runs that would decide what these results leave open, each with its purpose."""
    if evidence.turns and evidence.turns.is_void:
        return ["on a quieter machine: make matrix"]
    return [*_narrower(evidence), *(_to_learn_more(evidence) if evidence.ours else ())]


def _narrower(evidence: Evidence) -> Iterator[str]:
    if any(effect.ratio is not None and effect.low is None for effect in evidence.averages):
        again = f"k6 run --out json=FILE, or several runs of each as {AGAIN}"
        yield f"for intervals: {again if of_k6(evidence) else f'make matrix ROUNDS={USUAL_ROUNDS}'}"
        return
    undecided = [effect for effect in evidence.averages if effect.ratio and effect.verdict == "cannot tell"]
    if not undecided:
        return
    if of_k6(evidence):
        yield f"for narrower intervals: longer runs, or more of each as {AGAIN}"
        return
    longest = max(undecided, key=lambda effect: effect.longer or 0.0)
    minutes, starts = evidence.minutes(longest), len(evidence.rounds)
    if minutes and minutes > HOURS:
        yield "for narrower intervals, on a quieter machine: make matrix"
        return
    # A start of `make matrix` takes a minute, one by hand is longer.
    wanted = minutes if minutes and starts == 1 else starts * (longest.longer or 1.0)
    length = f", {minutes:.0f} minutes" if minutes else ""
    yield f"for narrower intervals{length}: make matrix ROUNDS={min(MOST_ROUNDS, max(USUAL_ROUNDS, math.ceil(wanted)))}"


def _to_learn_more(evidence: Evidence) -> Iterator[str]:
    if evidence.effect(CACHE) is None:
        yield "for the cache, all four: make matrix"
    around = evidence.context
    for study, purpose in STUDIES.items():
        if not is_of_these(around, getattr(around, study)):
            yield f"for {purpose}: make matrix PROFILE={study}"


NAIVE: Final = {entry.name for entry in read_entries(OURS) if entry.axes.code}
FIGURES: Final = {"throughput": "requests a second", "service_cpu": "requests per second of CPU"}


def naive_by_ours(evidence: Evidence, metric: str) -> Iterator[str]:
    """`metric` is one of FIGURES."""
    effects = {base: evidence.effect(name, metric) for name, (base, other) in evidence.pairs.items() if other in NAIVE}
    parts = [
        f"{times(effect.ratio)} times {base} ({times(effect.low)} to {times(effect.high)})"
        for base, effect in effects.items()
        if effect and effect.ratio and effect.low and effect.high
    ]
    if parts:
        yield f"Naive code, in {FIGURES[metric]}: {', '.join(parts)}."
