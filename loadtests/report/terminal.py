"""The comparison on one screen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from loadtests.analysis.effects import Effect
from loadtests.analysis.figures import times
from loadtests.report.effects_table import STYLES, TITLES
from loadtests.report.numbers import interval
from loadtests.report.plain_text import print_lines, shown
from loadtests.report.summary_table import ROWS, load_in_words, rows_of, unit_of
from loadtests.report.warnings import warnings
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY, by_effect
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.evidence import TWINS, decisive

# One line less than a usual terminal, for the prompt.
MOST_LINES: Final = 23
# Columns of figures beside a name.
BESIDE_A_NAME: Final = 45
BY_CHANCE: Final = 0.05
# Columns of a name; if there are fewer, percentiles of k6's own summaries are left out.
NAME: Final = 12
REST: Final = "... --section void"
SHORT: Final = frozenset(row.short for row in ROWS)


class Shape(NamedTuple):
    """How much of the comparison the screen shows."""

    blank: int = 3
    # Warnings in full, one line each, or all in one line.
    warnings: Literal["full", "cut", "counted"] = "full"
    effects: int | None = None


def show(comparison: Comparison, console: Console, report: str = "") -> None:
    """Prints at most MOST_LINES lines; sections have the rest."""
    screens = [list(_parts(comparison, shape, report, console.width)) for shape in _shapes(comparison)]
    parts = next((parts for parts in screens if _height(parts, console) <= MOST_LINES), screens[-1])
    for part in parts:
        print_lines(console, part)


def _height(parts: Sequence[RenderableType], console: Console) -> int:
    return sum(len(console.render_lines(part, pad=False)) for part in parts)


def _shapes(comparison: Comparison) -> Iterator[Shape]:
    """The fullest first: warnings are shortened first, then blank lines, then effects."""
    yield Shape()
    for blank in (3, 2, 1, 0):
        yield Shape(blank, "cut")
    for effects in (None, *range(len(_known(comparison)) - 1, 0, -1)):
        yield Shape(0, "counted", effects)


def _known(comparison: Comparison) -> list[str]:
    effects = comparison.effects[SIMPLE_KEY]
    return [name for name, row in effects.items() if row[decisive(effects)].ratio]


def _parts(comparison: Comparison, shape: Shape, report: str, width: int) -> Iterator[RenderableType]:
    if comparison.shortfall:
        yield shown(comparison.shortfall, "red")
    yield shown(" ".join(comparison.recommendation.headline), "bold")
    groups = (
        (shown(load_in_words(comparison.load)), _figures(comparison, width)),
        tuple(_effects(comparison, _known(comparison)[: shape.effects], width)),
        (*_warnings(comparison, shape, width), *([shown(report)] if report else []), shown(_next(comparison))),
    )
    for place, group in enumerate(filter(None, groups)):
        yield from [Text()] if place < shape.blank else []
        yield from group


def _warnings(comparison: Comparison, shape: Shape, width: int) -> Iterator[Text]:
    lines = list(warnings(comparison))
    if shape.warnings == "counted" and len(lines) > 1:
        lines = [f"{len(lines)} warnings: --section void"]
    for line in lines:
        cut = shape.warnings != "full" and len(line) > width
        yield shown(f"{line[: width - len(REST)]}{REST}" if cut else line, "red")


def _figures(comparison: Comparison, width: int) -> Table:
    lines = comparison.combinations
    rows = [row for row in rows_of(lines, comparison.load) if row.short]
    columns = {row.short: [row.form(line.get(row.key)).split(" ")[0] for line in lines.values()] for row in rows}
    longest = max(map(len, lines))
    if _room(columns, width, 1) < min(longest, NAME):
        columns = {heading: cells for heading, cells in columns.items() if heading in SHORT}
    space = 2 if _room(columns, width, 2) >= longest else 1
    table = Table(box=None, pad_edge=False, header_style="", padding=(0, space, 0, 0))
    table.add_column("", no_wrap=True)
    for heading in columns:
        table.add_column(heading, justify="right")
    for name, *cells in zip(lines, *columns.values(), strict=True):
        table.add_row(shown(_cut(name, _room(columns, width, space))), *cells)
    return table


def _room(columns: Mapping[str, Sequence[str]], width: int, space: int) -> int:
    """Columns of the screen left for names."""
    return width - sum(space + max(map(len, [heading, *cells])) for heading, cells in columns.items())


def _effects(comparison: Comparison, names: Sequence[str], screen: int) -> Iterator[RenderableType]:
    if not names:
        return
    effects = comparison.effects[SIMPLE_KEY]
    metric = decisive(effects)
    place = "Head to head, average over the mix" if comparison.turns else f"{TITLES[metric].capitalize()}, times better"
    yield shown(f"{place}, 95 % interval")
    room = screen - BESIDE_A_NAME
    width = min(room, max(map(len, names)))
    for name in names:
        effect = effects[name][metric]
        cpu = _cpu(effect, effects[name]["service_cpu"]) if name in TWINS else ""
        bounds = interval(msgspec.to_builtins(effect)) or f"one {unit_of(comparison.load)}"
        figures = f"{_cut(name, room):<{width}} {times(effect.ratio):>5}x  {bounds:<12}  "
        yield shown(figures) + shown(effect.verdict, STYLES.get(effect.verdict, "")) + Text(cpu)
    left = sum(bool(row[metric].ratio) for row in effects.values()) - len(names)
    if left:
        yield Text(f"and {left} more: --section effects")
    yield from _by_chance(comparison)


def _cut(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _cpu(latency: Effect, cpu: Effect) -> str:
    if cpu.ratio is None:
        return ""
    return f"; CPU {'too' if cpu.verdict == latency.verdict else cpu.verdict}"


def _by_chance(comparison: Comparison) -> Iterator[Text]:
    """Each interval misses the true value one time in twenty."""
    known = [
        effect
        for effects in (comparison.effects, *comparison.effects[ROUTES_KEY].values())
        for row in by_effect(effects).values()
        for effect in row.values()
        if effect.low is not None
    ]
    count = sum(effect.verdict in STYLES for effect in known)
    if len(known) >= 1 / BY_CHANCE:
        most = round(BY_CHANCE * len(known))
        yield Text(f"{count} of {len(known)} effects are shown; by chance alone {most} at most")


def _next(comparison: Comparison) -> str:
    steps = comparison.recommendation.next
    return f"Next, {steps[0]}" if steps else "Next, for every figure: add --verbose"
