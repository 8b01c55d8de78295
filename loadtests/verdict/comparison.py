"""The comparison of a results folder, as data."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from loadtests.analysis.batches import Cells
from loadtests.analysis.bottleneck import Bottleneck, bottlenecks
from loadtests.analysis.doubts import Doubt, doubts
from loadtests.analysis.effects import effects_of
from loadtests.analysis.figures import FIGURES, Figure, route_figures, route_names
from loadtests.analysis.head_to_head import HeadToHead, drifts, head_to_head
from loadtests.analysis.pooled import lines, samples
from loadtests.analysis.read import Rounds, first_result, varies_of
from loadtests.analysis.regression import Against
from loadtests.analysis.resources import RouteBottleneck, by_route
from loadtests.analysis.void import VoidResult, counting_results, void_results
from loadtests.schema.design import ROUTES_KEY, Design, by_effect, design_of
from loadtests.schema.result import Result
from loadtests.verdict.answer import Recommendation, recommend
from loadtests.verdict.evidence import Turns
from loadtests.verdict.gates import Judgement
from loadtests.verdict.studies import NO_CONTEXT, Context


class Comparison(msgspec.Struct, frozen=True):
    """What `--json` prints.

    `combinations` is the load of each, over all starts. Main effects have one Effect per metric, `simple` one more
    level, and `routes` the same for each route. With a head to head these are its effects, and those under the load are
    in `origin`. `pairs` has the combinations of each simple effect: without the change, and with it.
    """

    combinations: dict[str, dict[str, Any]]
    effects: dict[str, Any]
    void: list[VoidResult]
    bottleneck: dict[str, Bottleneck]
    recommendation: Recommendation
    load: dict[str, Any]
    turns: Turns | None
    origin: dict[str, Any]
    pairs: dict[str, tuple[str, str]]
    # The bottleneck of each route of the head to head, by combination.
    by_route: dict[str, dict[str, RouteBottleneck]] = {}
    # Doubtful figures, which are shown nevertheless.
    doubts: list[Doubt] = []
    gates: list[Judgement] = []
    against: Against | None = None
    # Missing parts of the planned run.
    shortfall: str | None = None

    @property
    def all_void(self) -> bool:
        """All cells, or all batches of the turns."""
        return not any(line["rounds"] for line in self.combinations.values()) or bool(self.turns and self.turns.is_void)

    @property
    def missing_effects(self) -> list[str]:
        """Effects of the design that no round has, because cells are void."""
        if self.all_void:
            return []
        return [name for name, row in by_effect(self.effects).items() if not row["throughput"].rounds]


def compare(rounds: Rounds, context: Context = NO_CONTEXT, strict: bool = False) -> Comparison:
    """Raises UnusableResults."""
    void, in_doubt = void_results(rounds, strict), [] if strict else doubts(rounds)
    counting = counting_results(rounds, void)
    design = design_of(varies_of(next(iter(rounds.values()))))
    of_the_load, turns = _effects(counting, design), head_to_head(list(rounds.values()))
    effects = of_the_load if turns is None else _effects_in_turns(turns, design)
    sample = first_result(rounds)
    turned = turns and _turns(turns, rounds, sample, design)
    table = lines(rounds, counting)
    bottlenecks_by_name = bottlenecks(counting)
    return Comparison(
        combinations=table,
        effects=effects,
        void=void,
        bottleneck=bottlenecks_by_name,
        recommendation=recommend(
            sample, table, effects, design.simple, turned, bottlenecks_by_name, counting, context, in_doubt
        ),
        load=_load(sample, rounds),
        turns=turned,
        origin={} if turns is None else {"effects": of_the_load},
        pairs=design.simple,
        by_route=by_route(list(rounds.values())),
        doubts=in_doubt,
    )


def _effects(counting: Sequence[Cells], design: Design) -> dict[str, Any]:
    """Effects under the load, over starts."""

    def of(figures: Mapping[str, Figure]) -> dict[str, Any]:
        return effects_of(samples(counting, figures), design)

    return {**of(FIGURES), ROUTES_KEY: {name: of(route_figures(name)) for name in route_names(counting)}}


def _effects_in_turns(turns: HeadToHead, design: Design) -> dict[str, Any]:
    routes = {phase: effects_of(samples, design) for phase, samples in turns.phases.items()}
    return {**effects_of(turns.mix, design), ROUTES_KEY: routes}


def _turns(turns: HeadToHead, rounds: Rounds, sample: Result, design: Design) -> Turns:
    late = [] if turns.is_void else drifts(list(rounds.values()), design)
    seconds = [next(iter(cells.values())).measured_s for cells in rounds.values()]
    minutes = sum(filter(None, seconds)) / 60 if all(seconds) else None
    return Turns(sample.weights, minutes, turns.measured, turns.void, turns.is_void, late)


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
