"""The sections: figures that the screen leaves out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from rich.console import Console, RenderableType

from loadtests.analysis.fairness import Differing
from loadtests.analysis.regression import Against
from loadtests.report.document import Loaded, ledger_of
from loadtests.report.effects_table import effects_table, table_of, titled
from loadtests.report.plain_text import print_lines, shown
from loadtests.report.tables import resources, routes
from loadtests.report.warnings import warnings
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect

Section = Callable[[Loaded], Iterator[RenderableType]]


def show_sections(names: Sequence[str], loaded: Loaded, console: Console) -> None:
    """Raises UnusableResults."""
    for name in names:
        for part in SECTIONS[name](loaded):
            print_lines(console, part)


def show_against(against: Against, console: Console) -> None:
    print_lines(console, effects_table(f"Held to {against.folder}", msgspec.to_builtins(against.compared)))
    if all(effect.low is None for row in against.compared.values() for effect in row.values()):
        print_lines(console, shown("without intervals no regression can be shown: compare several runs of each", "red"))
    if against.without_ledger:
        names = ", ".join(against.without_ledger)
        print_lines(console, shown(f"not compared: the settings of {names}, of which neither run has a ledger", "red"))


def _effects(loaded: Loaded) -> Iterator[RenderableType]:
    comparison, turns = msgspec.to_builtins(loaded.comparison), loaded.comparison.turns
    mix = ", ".join(f"{route} {weight:g}" for route, weight in turns.weights.items()) if turns else ""
    yield effects_table(
        f"Head to head, over the mix ({mix})" if turns else "Of the load", by_effect(comparison["effects"])
    )
    if turns:
        yield effects_table("Of the load of many visitors", by_effect(comparison["origin"]["effects"]))


def _routes(loaded: Loaded) -> Iterator[RenderableType]:
    for route, effects in msgspec.to_builtins(loaded.comparison.effects[ROUTES_KEY]).items():
        yield effects_table(route, effects[SIMPLE_KEY])


def _resources(loaded: Loaded) -> Iterator[RenderableType]:
    comparison = loaded.comparison
    for each in (
        resources(msgspec.to_builtins(comparison.bottleneck)),
        routes(msgspec.to_builtins(comparison.by_route)),
    ):
        if each.rows:
            table = table_of("", each.columns[1:])
            for row in each.rows:
                table.add_row(*(shown(str(cell)) for cell in row))
            yield titled(f"{each.title}. {each.sentence}", table)
    for name, bottleneck in comparison.bottleneck.items():
        known = bottleneck.share is not None
        what = f"{bottleneck.name}, {bottleneck.share:.0%} of the time" if known else bottleneck.reason
        yield shown(f"What binds {name}: {what}{f' ({bottleneck.cause})' if bottleneck.cause else ''}")


def _ledger(loaded: Loaded) -> Iterator[RenderableType]:
    ledger = ledger_of(loaded)
    if ledger is None:
        yield shown("This run recorded no ledger.")
        return
    yield shown(f"{len(ledger['alike'])} entries are alike, {len(ledger['differing'])} differ:")
    reasons: dict[str | None, list[str]] = {}
    for difference in (Differing(**each) for each in ledger["differing"]):
        reasons.setdefault(difference.reason, []).append(difference.entry)
    for reason, entries in reasons.items():
        yield shown(f"{reason or 'WITHOUT A REASON'}: {', '.join(entries)}", "" if reason else "red")


def _void(loaded: Loaded) -> Iterator[RenderableType]:
    comparison = loaded.comparison
    lines = [*warnings(comparison)]
    yield from (shown(line) for line in lines or ["Nothing was left out, and nothing drifts."])
    for cell in comparison.void:
        yield shown(f"void: {cell.combination}, start {cell.round}: {cell.reason}; {cell.advice}")
    if comparison.turns:
        for each in comparison.turns.void:
            where = f"{each.combination}, start {each.round}, {each.phase}, part {each.batch + 1}"
            yield shown(f"void: {where}: {each.reason}")
        yield from (shown(f"drift: {each}") for each in comparison.turns.drifts)


def _cost(loaded: Loaded) -> Iterator[RenderableType]:
    yield from map(shown, loaded.comparison.recommendation.paragraphs)


SECTIONS: Final[Mapping[str, Section]] = {
    "effects": _effects,
    "resources": _resources,
    "routes": _routes,
    "ledger": _ledger,
    "void": _void,
    "cost": _cost,
}
