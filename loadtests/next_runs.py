"""Which run would tell more."""

from collections.abc import Iterator

from loadtests.evidence import Evidence
from loadtests.studies import is_of_these


def next_runs(evidence: Evidence, answer: str) -> list[str]:
    """Gives the runs that would decide what these results leave open, each with what it is for."""
    return [*_narrower(evidence, answer), *_whole(evidence, answer), *_about_async(evidence)]


def _narrower(evidence: Evidence, answer: str) -> Iterator[str]:
    verdicts = {effect["latency_avg"].verdict for effect in evidence.simple.values()}
    if "one round" in verdicts:
        yield "four rounds, for intervals: make matrix ROUNDS=4"
    elif answer == "undecided" and "not shown" in verdicts:
        yield "more rounds, for narrower intervals: make matrix ROUNDS=8, or longer ones with PROFILE=origin"


def _whole(evidence: Evidence, answer: str) -> Iterator[str]:
    ours = any(name.startswith(("cache in", "async")) for name in evidence.simple)
    if answer == "undecided" and ours and evidence.effect("cache in sync") is None:
        yield "all four, with cells that count, for the cache: make matrix"


def _about_async(evidence: Evidence) -> Iterator[str]:
    if not any(name in evidence.simple for name in evidence.unseen):
        return
    around = evidence.surroundings
    for study, purpose, command in (
        (around.capacity, "for async", "make matrix PROFILE=capacity"),
        (around.sweep, "for where async pays", "make matrix PROFILE=sweep"),
    ):
        if not is_of_these(around, study):
            yield f"{purpose}{', on this host with this code' if study else ''}: {command}"
