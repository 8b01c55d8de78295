"""The comparison for people: what was measured, what the changes did, and what that says."""

from collections.abc import Iterator

import msgspec
from rich.console import Console, Group, RenderableType

from loadtests.analysis.regression import Against
from loadtests.report import effects_table as effects
from loadtests.report.noise_notes import noise_notes
from loadtests.report.plain_text import one_line
from loadtests.report.summary_table import figure_texts
from loadtests.report.tables import resources
from loadtests.verdict.comparison import Comparison


def show(comparison: Comparison, console: Console) -> None:
    if comparison.shortfall:
        console.print(one_line(comparison.shortfall), style="red")
    console.print(figures_table(comparison))
    for table in (effects.effects_table, effects.difference_table, effects.routes_table):
        console.print(table(comparison.effects))
    _show_against(comparison.against, console)
    for line in noise_notes(comparison):
        console.print(one_line(line))
    for cell in comparison.void:
        line = f"void: {cell.combination}, round {cell.round}: {cell.reason}; {cell.advice}"
        console.print(one_line(line), style="red")
    console.print(resources_table(comparison))
    for name, bottleneck in comparison.bottleneck.items():
        share = (
            f"{bottleneck.name}, {bottleneck.share:.0%} of the time"
            if bottleneck.share is not None
            else bottleneck.reason
        )
        cause = f" ({bottleneck.cause})" if bottleneck.cause else ""
        console.print(one_line(f"bottleneck of {name}: {share}{cause}"))
    for paragraph in comparison.recommendation.paragraphs:
        console.print()
        console.print(one_line(paragraph))


def _show_against(against: Against | None, console: Console) -> None:
    if against is None:
        return
    console.print(effects.against_table(against.folder, against.compared))
    for line in without_ledger(against):
        console.print(one_line(line), style="red")


def without_ledger(against: Against) -> Iterator[str]:
    """Names the combinations whose settings could not be compared with the earlier run's."""
    if against.without_ledger:
        yield (
            f"not compared: the settings of {', '.join(against.without_ledger)}. Neither run has a ledger of them, as "
            "their service says nothing of itself: what changed may be a setting and no code."
        )


def figures_table(comparison: Comparison) -> RenderableType:
    load = comparison.load
    statistic = "one start" if load["rounds"] == 1 else f"{load['rounds']} starts together"
    title = (
        f"{load['profile']}: {load['vus']} VUs, think time {load['think_time_s']:g} s "
        f"({load['think']}), {load['duration_s']:g} s each, {statistic}"
    )
    table = effects.table_of("", comparison.combinations, no_wrap=True)
    for label, cells in figure_texts(comparison.combinations):
        table.add_row(label, *cells)
    return effects.titled(title, table)


def resources_table(comparison: Comparison) -> RenderableType:
    known = resources(msgspec.to_builtins(comparison.bottleneck))
    table = effects.table_of("", comparison.bottleneck, no_wrap=True)
    for row in known.rows:
        table.add_row(*map(str, row))
    return effects.titled(f"{known.title}. {known.sentence}", table) if known.rows else Group()
