"""The whole comparison of one folder of results, as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loadtests.analysis.bottleneck import Bottleneck, bottlenecks
from loadtests.analysis.effects import Cells, effects_of
from loadtests.analysis.figures import FIGURES, lines, route_figures, route_names
from loadtests.analysis.read import Rounds, first_result, varies_of
from loadtests.analysis.regression import Against
from loadtests.analysis.void import VoidCell, counting_cells, void_cells
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, Design, by_effect, design_of
from loadtests.schema.result import Result
from loadtests.verdict.answer import Recommendation, recommend
from loadtests.verdict.gates import Judgement
from loadtests.verdict.studies import NO_CONTEXT, Context


class Comparison(msgspec.Struct, frozen=True):
    """What `--json` prints.

    Main effects hold one Effect per metric, `simple` one more level, and `routes` all of that again for each route.
    `pairs` says which combinations a simple effect compares: without the change, and with it.
    """

    combinations: dict[str, dict[str, Any]]
    effects: dict[str, Any]
    void: list[VoidCell]
    bottleneck: dict[str, Bottleneck]
    recommendation: Recommendation
    load: dict[str, Any]
    pairs: dict[str, tuple[str, str]]
    gates: list[Judgement] = []
    against: Against | None = None
    # What of the planned run is not there.
    shortfall: str | None = None

    @property
    def all_void(self) -> bool:
        return not any(line["rounds"] for line in self.combinations.values())

    @property
    def missing_effects(self) -> list[str]:
        """Effects of the design that no round tells of, its cells being void."""
        if self.all_void:
            return []
        return [name for name, row in by_effect(self.effects).items() if not row["throughput"].rounds]


def compare(rounds: Rounds, context: Context = NO_CONTEXT) -> Comparison:
    """Raises UnusableResults."""
    void = void_cells(rounds)
    counting = counting_cells(rounds, void)
    design = design_of(varies_of(next(iter(rounds.values()))))
    effects = _effects(counting, design)
    sample = first_result(rounds)
    table = lines(rounds, counting)
    bottlenecks_by_name = bottlenecks(counting)
    return Comparison(
        combinations=table,
        effects=effects,
        void=void,
        bottleneck=bottlenecks_by_name,
        recommendation=recommend(sample, table, effects[SIMPLE_KEY], bottlenecks_by_name, counting, context),
        load=_load(sample, rounds),
        pairs=design.simple,
    )


def _effects(counting: Sequence[Cells], design: Design) -> dict[str, Any]:
    routes = {name: effects_of(counting, design, route_figures(name)) for name in route_names(counting)}
    return {**effects_of(counting, design, FIGURES), ROUTES_KEY: routes}


def _load(sample: Result, rounds: Mapping[int, object]) -> dict[str, Any]:
    return {
        "profile": sample.profile,
        "vus": sample.vus,
        "think_time_s": sample.think_time_s,
        "think": sample.think,
        "duration_s": sample.duration_s,
        "mix": sample.mix,
        "rounds": len(rounds),
    }
