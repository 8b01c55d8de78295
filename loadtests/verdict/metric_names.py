"""The names of all figures of a comparison, as used in gates."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from loadtests.analysis.effects import Effect, SimpleEffect
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.gates import Figure, Figures

AGAINST: Final = "against"
RATIO_FIELDS: Final = ("ratio", "low", "high", "verdict")
DIFFERENCE_FIELDS: Final = ("difference", "difference_low", "difference_high")
DETECTABLE: Final = "detectable"


def figures_of(comparison: Comparison) -> Figures:
    """Every figure by its name.

    `sync.latency_avg` and `sync.routes.products.latency_avg` are measured figures; `cache.latency_p95.ratio` and
    `cache in sync.latency_avg.difference` are effects, `routes.products.cache.latency_p95.ratio` those of a route, and
    `against.sync.latency_avg.ratio` is the change since an earlier run.
    """
    effects, measured = comparison.effects, comparison.load["rounds"]
    figures = dict(_measured(comparison.combinations))
    figures.update(_of_effects("", effects, measured))
    for route, of_route in effects[ROUTES_KEY].items():
        figures.update(_of_effects(f"{ROUTES_KEY}.{route}.", of_route, measured))
    for name, row in comparison.against.compared.items() if comparison.against else ():
        for metric, effect in row.items():
            figures.update(fields_of(f"{AGAINST}.{name}.{metric}", effect, measured))
    return figures


def names_help(comparison: Comparison) -> str:
    """One line on how to name a figure, with all names."""
    effects = comparison.effects
    simple = list(effects[SIMPLE_KEY])
    line = next(iter(comparison.combinations.values()))
    measured = [name for name in line if name != ROUTES_KEY]
    metrics = list(effects[SIMPLE_KEY][simple[0]]) if simple else []
    return (
        f"COMBINATION.FIGURE with {_one_of(comparison.combinations)} and {_one_of(measured)}; "
        f"EFFECT.METRIC.FIELD with {_one_of(by_effect(effects))}, {_one_of(metrics)} and {_one_of(RATIO_FIELDS)}, "
        f"for {_one_of(simple)} also {_one_of((*DIFFERENCE_FIELDS, DETECTABLE))}; "
        f"routes.ROUTE.EFFECT.METRIC.FIELD with {_one_of(effects[ROUTES_KEY])}"
        + ("; against.COMBINATION.METRIC.FIELD" if comparison.against else "")
    )


def _one_of(names: Mapping[str, Any] | list[str] | tuple[str, ...]) -> str:
    return "|".join(names)


def _measured(lines: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Figure]]:
    for name, line in lines.items():
        for figure, value in line.items():
            if figure != ROUTES_KEY:
                yield f"{name}.{figure}", Figure(value)
        for route, figures in line[ROUTES_KEY].items():
            yield from ((f"{name}.{ROUTES_KEY}.{route}.{figure}", Figure(value)) for figure, value in figures.items())


def _of_effects(prefix: str, effects: Mapping[str, Any], measured: int) -> Iterator[tuple[str, Figure]]:
    for name, row in by_effect(effects).items():
        for metric, effect in row.items():
            yield from fields_of(f"{prefix}{name}.{metric}", effect, measured)


def fields_of(name: str, effect: Effect, measured: int) -> Iterator[tuple[str, Figure]]:
    """Each field of an effect with its interval; all null if there is no ratio."""
    left_alone = effect.rounds == 1 < measured
    for field in RATIO_FIELDS:
        value = None if effect.ratio is None else getattr(effect, field)
        yield f"{name}.{field}", Figure(value, effect.low, effect.high, left_alone)
    if isinstance(effect, SimpleEffect):
        for field in DIFFERENCE_FIELDS:
            value = getattr(effect, field)
            yield f"{name}.{field}", Figure(value, effect.difference_low, effect.difference_high, left_alone)
        yield f"{name}.{DETECTABLE}", Figure(effect.detectable)
