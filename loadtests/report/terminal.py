"""The comparison on one screen."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.analysis.effects import Effect
from loadtests.analysis.figures import times
from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.report.effects_table import STYLES, TITLES
from loadtests.report.make import PAGE_NAME
from loadtests.report.numbers import MISSING, interval
from loadtests.report.plain_text import shown
from loadtests.report.summary_table import ROWS
from loadtests.report.warnings import warnings
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.evidence import TWINS, decisive

MOST_LINES: Final = 24
# Columns that figures take beside a name.
BESIDE_A_NAME: Final = 45
BY_CHANCE: Final = 0.05


def show(comparison: Comparison, console: Console, folder: Path | None = None) -> None:
    """At most MOST_LINES of it: what there is no room for is told by the sections."""
    metric = decisive(comparison.effects[SIMPLE_KEY])
    names = [name for name, row in comparison.effects[SIMPLE_KEY].items() if row[metric].ratio]
    room = console.width - BESIDE_A_NAME
    parts = list(_parts(comparison, names, folder, room))
    if _height(parts, console) > MOST_LINES:
        parts = [part for part in parts if part is not BLANK]
    for fewer in range(len(names) - 1, 0, -1):
        if _height(parts, console) > MOST_LINES:
            parts = [part for part in _parts(comparison, names[:fewer], folder, room) if part is not BLANK]
    for part in parts:
        console.print(part)


BLANK: Final = Text()


def _height(parts: Sequence[RenderableType], console: Console) -> int:
    return sum(len(console.render_lines(part, pad=False)) for part in parts)


def _parts(comparison: Comparison, names: Sequence[str], folder: Path | None, room: int) -> Iterator[RenderableType]:
    if comparison.shortfall:
        yield shown(comparison.shortfall, "red")
    yield shown(" ".join(comparison.recommendation.headline), "bold")
    yield BLANK
    yield shown(load_in_words(comparison))
    yield _figures(comparison, room)
    yield BLANK
    yield from _effects(comparison, names, room)
    if names:
        yield BLANK
    yield from (shown(line, "red") for line in warnings(comparison))
    if folder:
        yield shown(_report(folder))
    yield shown(_next(comparison))


def load_in_words(comparison: Comparison) -> str:
    load = comparison.load
    starts = "one start" if load["rounds"] == 1 else f"{load['rounds']} starts"
    think = "" if load["think"] == "unknown" else f", think time {load['think_time_s']:g} s"
    return f"{load['profile']}: {load['vus']} visitors{think}, {load['duration_s']:g} s each, {starts}"


def _figures(comparison: Comparison, room: int) -> Table:
    lines = comparison.combinations
    columns = {
        row.short: [row.form(line[row.key]).split(" ")[0] for line in lines.values()] for row in ROWS if row.short
    }
    # A figure that nobody has is left out where it is of no use to say so.
    of_k6 = comparison.load["profile"] == SUMMARY
    known = {
        heading: cells
        for heading, cells in columns.items()
        if set(cells) != {MISSING} or not (of_k6 or heading == "p99 ms")
    }
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("", no_wrap=True)
    for heading in known:
        table.add_column(heading, justify="right")
    for name, *cells in zip(lines, *known.values(), strict=True):
        table.add_row(shown(_cut(name, room)), *cells)
    return table


def _effects(comparison: Comparison, names: Sequence[str], room: int) -> Iterator[RenderableType]:
    if not names:
        return
    effects = comparison.effects[SIMPLE_KEY]
    metric = decisive(effects)
    place = "Head to head, average over the mix" if comparison.turns else f"{TITLES[metric].capitalize()}, times better"
    yield shown(f"{place}, 95 % interval")
    width = min(room, max(map(len, names)))
    for name in names:
        effect = effects[name][metric]
        cpu = f"; CPU {_agrees(effect, effects[name]['service_cpu'])}" if name in TWINS else ""
        bounds = interval(msgspec.to_builtins(effect)) or "one start"
        figures = f"{_cut(name, room):<{width}}  {times(effect.ratio):>5}x  {bounds:<12}  "
        yield shown(figures) + shown(effect.verdict, STYLES.get(effect.verdict, "")) + Text(cpu)
    left = sum(bool(row[metric].ratio) for row in effects.values()) - len(names)
    if left:
        yield Text(f"and {left} more: --section effects")
    yield from _by_chance(comparison)


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _agrees(effect: Effect, cpu: Effect) -> str:
    if cpu.ratio is None:
        return "not captured"
    return "agrees" if cpu.verdict == effect.verdict else f"{times(cpu.ratio)}x, {cpu.verdict}"


def _by_chance(comparison: Comparison) -> Iterator[Text]:
    """Each interval misses the truth one time in twenty."""
    known = [
        effect
        for effects in (comparison.effects, *comparison.effects[ROUTES_KEY].values())
        for row in by_effect(effects).values()
        for effect in row.values()
        if effect.low is not None
    ]
    found = sum(effect.verdict in STYLES for effect in known)
    if known:
        most = round(BY_CHANCE * len(known))
        yield Text(f"{found} of {len(known)} effects are shown; by chance alone {most} at most")


def _report(folder: Path) -> str:
    page = folder / PAGE_NAME
    return f"Report: {page}" if page.is_file() else f"Report: python -m loadtests compare {folder} --report"


def _next(comparison: Comparison) -> str:
    steps = comparison.recommendation.next
    return f"Next, {steps[0]}" if steps else "Next, for every figure: python -m loadtests compare --verbose"
