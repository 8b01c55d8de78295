"""Whether a load can show what async changes: only if both twins of a pair wait for the service itself."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from loadtests.analysis.batches import VoidBatch
from loadtests.analysis.bottleneck import Bottleneck
from loadtests.analysis.doubts import Doubt
from loadtests.analysis.effects import Effect, SimpleEffect, Verdict
from loadtests.analysis.read import OURS_BY_NAME
from loadtests.analysis.resources import CONNECTIONS, DATABASE, PLACES, SERVICE
from loadtests.schema.result import Result
from loadtests.verdict.statement import StatementCure
from loadtests.verdict.studies import Context

# The effects between twins, each with its pair.
TWINS: Final = {"async uncached": ("sync", "async"), "async cached": ("sync-cached", "async-cached")}
CACHE: Final = "cache in sync"
# The route of the head to head where the service matters most, and the heavy report.
LIGHT, REPORT = "product", "revenue"
OF_THE_SERVICE: Final = frozenset({SERVICE, PLACES, CONNECTIONS})
NOT_CAPTURED: Final = "the server's side was not captured in both"


def invisible_effects(bottlenecks: Mapping[str, Bottleneck]) -> dict[str, str]:
    """Why this load cannot show what async changes, by effect: what the pair waited for instead."""
    return {name: why for name, pair in TWINS.items() if (why := _why(pair, [bottlenecks.get(twin) for twin in pair]))}


def _why(pair: Sequence[str], bottlenecks: Sequence[Bottleneck | None]) -> str | None:
    binding = [bottleneck.name for bottleneck in bottlenecks if bottleneck and bottleneck.name]
    if len(binding) < len(pair):
        return NOT_CAPTURED
    if OF_THE_SERVICE.issuperset(binding):
        return None
    if len(set(binding)) == 1:
        return f"{binding[0]} binds both"
    return " and ".join(f"{resource} binds {name}" for name, resource in zip(pair, binding, strict=True))


Simple: TypeAlias = Mapping[str, Mapping[str, SimpleEffect]]
Lines: TypeAlias = Mapping[str, Mapping[str, Any]]

# The deciding figure, the first of these that is known, and its words in a sentence.
DECISIVE: Final = {"latency_avg": "on average", "latency_p50": "in the median", "latency_p95": "at p95"}


def decisive(simple: Mapping[str, Any]) -> str:
    """The average latency; if k6's summaries lack it, the median or p95."""
    known = (metric for metric in DECISIVE if any(row[metric].ratio for row in simple.values()))
    return next(known, "latency_avg")


# A statement with this share of the database's time should be improved first.
MAIN_SHARE: Final = 0.5


class Turns(msgspec.Struct, frozen=True):
    """The head to head: the weights of its routes, the duration of the run, its batches, what voids it."""

    weights: dict[str, float]
    minutes: float | None
    batches: int
    void: list[VoidBatch]
    is_void: bool
    drifts: list[str]


class Evidence(NamedTuple):
    """The input of an answer; `unseen` has the reason why the load cannot show an effect, by its name.

    With a head to head, `simple` is the weighted mix and `routes` has each phase.
    """

    sample: Result
    lines: Lines
    simple: Simple
    pairs: Mapping[str, Sequence[str]]
    routes: Mapping[str, Simple]
    turns: Turns | None
    bottleneck: Mapping[str, Bottleneck]
    rounds: Sequence[Mapping[str, Result]]
    context: Context
    statement: StatementCure | None
    unseen: Mapping[str, str]
    doubts: Sequence[Doubt] = ()
    factors: Mapping[str, Mapping[str, Effect]] = MappingProxyType({})

    @property
    def ours(self) -> bool:
        """Whether all combinations belong to this project."""
        return OURS_BY_NAME.keys() >= set(self.lines)

    def effect(self, name: str, metric: str = "") -> SimpleEffect | None:
        """The effect on this metric, by default the deciding one; null if missing."""
        effect = self.simple.get(name, {}).get(metric or decisive(self.simple))
        return effect if effect and effect.ratio is not None else None

    def says(self, name: str) -> Verdict | None:
        """The verdict that a recommendation rests on; null if there is none or this load cannot tell.

        In turns it uses only figures declared beforehand: the average latency of the mix, the light read and the
        report. A gain has to show in the service's CPU too. If the mix is undecided, the two routes decide, provided
        that one is slower, neither is quicker, and CPU per request is higher.
        """
        effect = self.effect(name)
        if effect is None or name in self.unseen:
            return None
        cpu = self.effect(name, "service_cpu") if self.turns else None
        if effect.verdict == "better":
            return "better" if cpu is None or cpu.verdict == "better" else "cannot tell"
        if effect.verdict == "cannot tell" and cpu and cpu.verdict == "worse" and self._slower_by_route(name):
            return "worse"
        return effect.verdict

    def _slower_by_route(self, name: str) -> bool:
        rows = [self.routes[route][name] for route in (LIGHT, REPORT) if name in self.routes.get(route, {})]
        verdicts = {row["latency_avg"].verdict for row in rows}
        return "worse" in verdicts and "better" not in verdicts

    @property
    def known(self) -> list[str]:
        """The simple effects with a figure."""
        return [name for name in self.simple if self.effect(name)]

    @property
    def averages(self) -> list[SimpleEffect]:
        return [row[decisive(self.simple)] for row in self.simple.values()]

    def minutes(self, effect: Effect) -> float | None:
        """The length of a run that would decide an effect."""
        known = self.turns and self.turns.minutes
        return known * effect.longer if known and effect.longer else None

    @property
    def statement_binds(self) -> bool:
        """Whether the database binds without the cache and one statement keeps it busy."""
        bottleneck = self.bottleneck.get("sync")
        mainly = self.statement is not None and self.statement.share >= MAIN_SHARE
        return mainly and bottleneck is not None and bottleneck.name == DATABASE
