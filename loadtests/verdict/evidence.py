"""Whether a load could see what async changes: only where both twins of a pair wait for the service itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.analysis.bottleneck import Bottleneck
from loadtests.analysis.effects import SimpleEffect
from loadtests.analysis.resources import CONNECTIONS, DATABASE, PLACES, SERVICE
from loadtests.schema.result import Result
from loadtests.verdict.statement import StatementCure
from loadtests.verdict.studies import Context

# The effects that are between twins, each with its pair.
TWINS: Final = {"async uncached": ("sync", "async"), "async cached": ("sync-cached", "async-cached")}
OF_THE_SERVICE: Final = frozenset({SERVICE, PLACES, CONNECTIONS})
NOT_CAPTURED: Final = "the server's side was not captured in both"


def invisible_effects(found: Mapping[str, Bottleneck]) -> dict[str, str]:
    """Why this load cannot tell what async changes, by effect: what the pair waited for instead."""
    return {name: why for name, pair in TWINS.items() if (why := _why(pair, [found.get(one) for one in pair]))}


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

# A statement with this share of the database's time is worth mending first.
MAIN_SHARE: Final = 0.5


class Evidence(NamedTuple):
    """What is known of one comparison; `unseen` is why the load cannot tell of an effect, by its name."""

    sample: Result
    lines: Lines
    simple: Simple
    bottleneck: Mapping[str, Bottleneck]
    rounds: Sequence[Mapping[str, Result]]
    context: Context
    statement: StatementCure | None
    unseen: Mapping[str, str]

    def effect(self, name: str, metric: str = "latency_avg") -> SimpleEffect | None:
        """Null where it has no figure."""
        found = self.simple.get(name, {}).get(metric)
        return found if found and found.ratio is not None else None

    def says(self, name: str) -> str | None:
        """The verdict of a simple effect on the average; null where there is none or this load cannot tell."""
        effect = None if name in self.unseen else self.effect(name)
        return effect.verdict if effect else None

    @property
    def statement_binds(self) -> bool:
        """Whether the database binds without the cache, and one statement keeps it busy."""
        bottleneck = self.bottleneck.get("sync")
        mainly = self.statement is not None and self.statement.share >= MAIN_SHARE
        return mainly and bottleneck is not None and bottleneck.name == DATABASE
