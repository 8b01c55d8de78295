"""The whole comparison of one folder of results, as data."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from loadtests.bottleneck import Bottleneck, bottlenecks
from loadtests.effects import MAIN, SIMPLE, Effect, SimpleEffect, contrast, simple_effect
from loadtests.medians import lines
from loadtests.metrics import FIGURES
from loadtests.recommendation import Recommendation, recommend
from loadtests.results_reading import Rounds
from loadtests.results_schema import Result
from loadtests.void import VoidCell, counting_cells, void_cells

SIMPLE_KEY: Final = "simple"


class Comparison(msgspec.Struct, frozen=True):
    """What `--json` prints; main effects hold one Effect per metric, simple ones one more level."""

    combinations: dict[str, dict[str, Any]]
    effects: dict[str, Any]
    void: list[VoidCell]
    bottleneck: dict[str, Bottleneck]
    recommendation: Recommendation
    load: dict[str, Any]

    @property
    def all_void(self) -> bool:
        """Says that no cell counts."""
        return not any(line["rounds"] for line in self.combinations.values())


def compare(rounds: Rounds) -> Comparison:
    """Gives the comparison of results that were read."""
    void = void_cells(rounds)
    counting = counting_cells(rounds, void)
    main: dict[str, dict[str, Effect]] = {
        name: {metric: contrast(counting, metric, weights) for metric in FIGURES} for name, weights in MAIN.items()
    }
    simple: dict[str, dict[str, SimpleEffect]] = {
        name: {metric: simple_effect(counting, metric, name) for metric in FIGURES} for name in SIMPLE
    }
    sample = _sample(rounds)
    table = lines(rounds, counting)
    return Comparison(
        combinations=table,
        effects={**main, SIMPLE_KEY: simple},
        void=void,
        bottleneck=bottlenecks(counting),
        recommendation=recommend(sample, table, simple),
        load=_load(sample, rounds),
    )


def _sample(rounds: Rounds) -> Result:
    first = next(iter(rounds.values()))
    return next(iter(first.values()))


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
