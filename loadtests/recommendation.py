"""Which cure the figures speak for: keep, add the cache, rewrite, both, or mend a statement; and when that flips."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from loadtests.bottleneck import Bottleneck
from loadtests.costs import cost_of_cache, cost_of_rewrite
from loadtests.evidence import Evidence, Lines, Simple
from loadtests.recommendation_text import in_sentences
from loadtests.results_schema import Result
from loadtests.results_set import COMBINATIONS
from loadtests.statement_cure import StatementCure, statement_cure

Answer: TypeAlias = Literal["keep", "add the cache", "rewrite", "both", "mend the statement", "undecided"]

# Here the uncached pair waits for one database and the cached pair for think time.
BLIND_TO_ASYNC: Final = frozenset({"origin", "quick", "smoke"})
# A statement with this share of the database's time is worth mending first.
MAIN_SHARE: Final = 0.5
DATABASE: Final = "database"


class Recommendation(msgspec.Struct, frozen=True):
    """The answer, its reasons and limits in sentences, what each cure costs, when it flips, and what run tells more."""

    text: str
    measured: dict[str, Any]
    answer: Answer = "undecided"
    tells_of_async: bool = False
    costs: dict[str, list[str]] = {}
    flips: list[str] = []
    next: list[str] = []
    statement: StatementCure | None = None


def recommend(
    sample: Result,
    lines: Lines,
    simple: Simple,
    found: Mapping[str, Bottleneck],
    rounds: Sequence[Mapping[str, Result]],
) -> Recommendation:
    """Gives what this load shows, and no more than that."""
    measured = {
        "profile": sample.profile,
        "vus": sample.vus,
        "think_time_s": sample.think_time_s,
        "duration_s": sample.duration_s,
    }
    cells = {name: [row[name] for row in rounds if name in row] for name in lines}
    statement, tells = statement_cure(cells.get("sync", [])), sample.profile not in BLIND_TO_ASYNC
    evidence = Evidence(sample, lines, simple, found, statement, tells)
    answer = _answer(evidence)
    costs = _costs(cells) if set(lines) <= set(COMBINATIONS) else {}
    flips, further = _flips(evidence, answer), _next(evidence, answer)
    text = in_sentences(evidence, answer, costs, flips, further)
    return Recommendation(text, measured, answer, evidence.tells_of_async, costs, flips, further, evidence.statement)


def _answer(evidence: Evidence) -> Answer:
    cache = evidence.says("cache in sync")
    rewrite = evidence.says("async uncached") if evidence.tells_of_async else None
    on_top = evidence.says("async cached") if evidence.tells_of_async else None
    if cache == "better":
        return "both" if on_top == "better" else "add the cache"
    if rewrite == "better":
        return "rewrite"
    if cache == "one round":
        return "undecided"
    if _statement_binds(evidence):
        return "mend the statement"
    settled = {"same within 5 %", "worse"}
    return "keep" if cache in settled and rewrite in settled else "undecided"


def _statement_binds(evidence: Evidence) -> bool:
    bottleneck = evidence.bottleneck.get("sync")
    found = evidence.statement is not None and evidence.statement.share >= MAIN_SHARE
    return found and bottleneck is not None and bottleneck.name == DATABASE


def _costs(cells: Mapping[str, Sequence[Result]]) -> dict[str, list[str]]:
    return {
        "add the cache": cost_of_cache(cells, "sync-cached"),
        "rewrite": cost_of_rewrite(cells, "sync", "async"),
        "mend the statement": [
            "an index, a summary table or another query; no service, no copy of the data, no new way to fail"
        ],
    }


def _flips(evidence: Evidence, answer: Answer) -> list[str]:
    found = []
    if answer in ("add the cache", "both") and (ratio := hit_ratio_needed(evidence.lines)) is not None:
        found.append(f"the hit ratio falls below {ratio:.0%}: there the cache gains less than 5 % on the average")
    if answer in ("add the cache", "both"):
        found.append("an answer must not be as old as a lost drop makes it")
    if _statement_binds(evidence) and evidence.statement:
        cure = evidence.statement
        found.append(
            f"{cure.statement} becomes quicker: at half its time the database could serve "
            f"{cure.limit_rps_after:.0f} requests/s instead of {cure.limit_rps:.0f}"
        )
    return found


def hit_ratio_needed(lines: Lines) -> float | None:
    """Gives the hit ratio at which the cache would gain 5 %, on a straight line from no hits to what was measured."""
    before = lines.get("sync", {}).get("latency_avg")
    after, hits = (lines.get("sync-cached", {}).get(name) for name in ("latency_avg", "hit_ratio"))
    if not before or not after or not hits or after >= before:
        return None
    needed: float = hits * (before - before / 1.05) / (before - after)
    return needed if needed < hits else None


def _next(evidence: Evidence, answer: Answer) -> list[str]:
    verdicts = {effect["latency_avg"].verdict for effect in evidence.simple.values()}
    found = []
    if "one round" in verdicts:
        found.append("four rounds, for intervals: make matrix ROUNDS=4")
    elif answer == "undecided" and "not shown" in verdicts:
        found.append("more rounds, for narrower intervals: make matrix ROUNDS=8, or longer ones with PROFILE=origin")
    if not evidence.tells_of_async and any(name.startswith("async") for name in evidence.simple):
        found.append("for async: make matrix PROFILE=capacity")
    return found
