"""The answer to the figures: keep, cache, rewrite, both, another server, or a statement; and when it flips."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loadtests.analysis.bottleneck import Bottleneck
from loadtests.analysis.doubts import Doubt
from loadtests.schema.design import FACTORS_KEY, ROUTES_KEY, SIMPLE_KEY
from loadtests.schema.result import Result
from loadtests.verdict.costs import COST_OF_MENDING, cost_of_cache, cost_of_rewrite, cost_of_server
from loadtests.verdict.evidence import TWINS, Evidence, Lines, Turns, invisible_effects
from loadtests.verdict.flips import Answer, flips_of
from loadtests.verdict.servers import OtherServer, best_server
from loadtests.verdict.statement import StatementCure, statement_cure
from loadtests.verdict.studies import Context, found_elsewhere
from loadtests.verdict.wording import headline, in_paragraphs, next_runs


class Recommendation(msgspec.Struct, frozen=True):
    """The answer in words, with reasons, limits, costs, conditions under which it flips, and the next runs.

    `headline` is the answer in one or two sentences, `text` all paragraphs. `unseen` has the pairs of twins for which
    this load cannot show whether async is quicker, with what they waited for; `tells_of_async` is true if it can for
    some pair. `elsewhere` has the findings of capacity and sweep.
    """

    text: str
    measured: dict[str, Any]
    headline: list[str]
    answer: Answer = "undecided"
    tells_of_async: bool = False
    unseen: dict[str, str] = {}
    costs: dict[str, list[str]] = {}
    flips: list[str] = []
    elsewhere: list[str] = []
    next: list[str] = []
    statement: StatementCure | None = None
    paragraphs: list[str] = []


def recommend(
    sample: Result,
    lines: Lines,
    effects: Mapping[str, Any],
    pairs: Mapping[str, tuple[str, str]],
    turns: Turns | None,
    bottlenecks: Mapping[str, Bottleneck],
    rounds: Sequence[Mapping[str, Result]],
    context: Context,
    in_doubt: Sequence[Doubt] = (),
) -> Recommendation:
    cells = {name: [row[name] for row in rounds if name in row] for name in lines}
    statement = statement_cure(cells.get("sync", []))
    # In turns visitors wait for the service, whatever they wait for under the load.
    unseen = {} if turns else invisible_effects(bottlenecks)
    routes = {route: row[SIMPLE_KEY] for route, row in effects[ROUTES_KEY].items()} if turns else {}
    evidence = Evidence(
        sample, lines, effects[SIMPLE_KEY], pairs, routes, turns, bottlenecks, rounds, context, statement, unseen,
        in_doubt, effects.get(FACTORS_KEY, {}),
    )  # fmt: skip
    answer = _answer(evidence)
    costs = _costs(cells, context, best_server(evidence)) if evidence.ours else {}
    flips, elsewhere = (flips_of(evidence, answer), found_elsewhere(context)) if evidence.ours else ([], [])
    said, next_steps = headline(evidence, answer), next_runs(evidence)
    paragraphs = in_paragraphs(evidence, answer, said, costs, flips, elsewhere, next_steps)
    return Recommendation(
        " ".join(paragraphs),
        _measured(sample),
        said,
        answer,
        len(unseen) < len(TWINS),
        unseen,
        costs,
        flips,
        elsewhere,
        next_steps,
        statement,
        paragraphs,
    )


def _measured(sample: Result) -> dict[str, Any]:
    return {
        "profile": sample.profile,
        "vus": sample.vus,
        "think_time_s": sample.think_time_s,
        "duration_s": sample.duration_s,
    }


def _answer(evidence: Evidence) -> Answer:
    cache, rewrite = evidence.says("cache in sync"), evidence.says("async uncached")
    if cache == "better":
        return "both" if evidence.says("async cached") == "better" else "add the cache"
    server = best_server(evidence)
    if server and (rewrite != "better" or evidence.says(server.against) == "better"):
        return "change the server"
    if rewrite == "better":
        return "rewrite"
    if _without_interval(evidence):
        return "undecided"
    if evidence.statement_binds:
        return "mend the statement"
    settled = {"same", "worse"}
    return "keep" if cache in settled and rewrite in settled else "undecided"


def _without_interval(evidence: Evidence) -> bool:
    effect = evidence.effect("cache in sync")
    return effect is not None and effect.low is None


def _costs(cells: Mapping[str, Sequence[Result]], context: Context, server: OtherServer | None) -> dict[str, list[str]]:
    return {
        **({"change the server": cost_of_server(cells, server.base, server.name)} if server else {}),
        "add the cache": cost_of_cache(cells, "sync", "sync-cached", context.ledgers),
        "rewrite": cost_of_rewrite(cells, "sync", "async", context.ledgers),
        "mend the statement": list(COST_OF_MENDING),
    }
