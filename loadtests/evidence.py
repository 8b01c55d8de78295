"""What is known of one comparison, as the recommendation asks for it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from loadtests.bottleneck import Bottleneck
from loadtests.effects import SimpleEffect
from loadtests.results_schema import Result
from loadtests.statement_cure import StatementCure

Simple: TypeAlias = Mapping[str, Mapping[str, SimpleEffect]]
Lines: TypeAlias = Mapping[str, Mapping[str, Any]]


class Evidence(NamedTuple):
    """What is known of one comparison."""

    sample: Result
    lines: Lines
    simple: Simple
    bottleneck: Mapping[str, Bottleneck]
    statement: StatementCure | None
    tells_of_async: bool

    def effect(self, name: str, metric: str = "latency_avg") -> SimpleEffect | None:
        """Gives a simple effect that has a figure."""
        found = self.simple.get(name, {}).get(metric)
        return found if found and found.ratio is not None else None

    def says(self, name: str) -> str | None:
        """Gives the verdict of a simple effect on the average, null where there is none."""
        effect = self.effect(name)
        return effect.verdict if effect else None
