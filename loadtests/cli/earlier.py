"""Earlier runs with their main figures, newest first."""

from pathlib import Path
from typing import Final

import msgspec
from rich.table import Table

from loadtests.analysis.read import DEFAULT_FOLDER, read_rounds
from loadtests.report.numbers import MISSING, digits, times_better
from loadtests.report.plain_text import one_line, shown
from loadtests.schema.files import UnusableResults
from loadtests.schema.run import LATEST
from loadtests.verdict.comparison import Comparison, compare

COLUMNS: Final = ("folder", "load", "starts", "void", "average, ms", "the cache in sync")


def list_of_runs(folder: Path) -> Table:
    """One line per run; raises UnusableResults if there are none."""
    place = DEFAULT_FOLDER.parent if folder == DEFAULT_FOLDER else folder
    folders = {path.parent for path in place.glob("*/*.json") if path.parent.name != LATEST}
    if not folders:
        raise UnusableResults(f"{place} holds no runs: run `make matrix` first")
    table = Table(title="Earlier runs, newest first", title_justify="left")
    for column in COLUMNS:
        table.add_column(column)
    for path in sorted(folders, reverse=True):
        table.add_row(shown(path.name), *_cells(path))
    return table


def _cells(path: Path) -> list[str]:
    try:
        comparison = compare(read_rounds(path))
    except UnusableResults as error:
        return [one_line(f"unusable: {error}"), *[MISSING] * (len(COLUMNS) - 2)]
    load = comparison.load
    averages = [f"{name} {digits(line['latency_avg'])}" for name, line in comparison.combinations.items()]
    return [
        one_line(f"{load['profile']}, {load['vus']} VUs, {load['duration_s']:g} s"),
        str(load["rounds"]),
        str(len({(cell.round, cell.combination) for cell in comparison.void})),
        "\n".join(map(one_line, averages)),
        _cache(comparison),
    ]


def _cache(comparison: Comparison) -> str:
    effect = comparison.effects["simple"].get("cache in sync", {}).get("latency_avg")
    if effect is None or effect.ratio is None:
        return MISSING
    return f"{times_better(msgspec.to_builtins(effect))}, {effect.verdict}"
