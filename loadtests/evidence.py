"""What is known of one comparison, as the recommendation asks for it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.bottleneck import Bottleneck
from loadtests.effects import SimpleEffect
from loadtests.resources import DATABASE
from loadtests.results_schema import Result
from loadtests.statement_cure import StatementCure
from loadtests.surroundings import Surroundings

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
    surroundings: Surroundings
    statement: StatementCure | None
    unseen: Mapping[str, str]

    def effect(self, name: str, metric: str = "latency_avg") -> SimpleEffect | None:
        """Gives a simple effect that has a figure."""
        found = self.simple.get(name, {}).get(metric)
        return found if found and found.ratio is not None else None

    def says(self, name: str) -> str | None:
        """Gives the verdict of a simple effect on the average, null where there is none or this load cannot tell."""
        effect = None if name in self.unseen else self.effect(name)
        return effect.verdict if effect else None

    @property
    def statement_binds(self) -> bool:
        """Says whether the database binds without the cache, and one statement is what keeps it busy."""
        found = self.bottleneck.get("sync")
        mainly = self.statement is not None and self.statement.share >= MAIN_SHARE
        return mainly and found is not None and found.name == DATABASE
