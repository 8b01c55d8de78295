"""All that a report says of one folder of results, as one JSON document: the comparison and what pictures need."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from loadtests.comparison import Comparison
from loadtests.effects import Effect, contrast
from loadtests.metrics import FIGURES
from loadtests.report.further import further_runs
from loadtests.report.ledger import ledger_of
from loadtests.report.shapes import course, curves
from loadtests.results_reading import Rounds, read_run_of
from loadtests.results_schema import Result
from loadtests.results_set import varies_of
from loadtests.server_figures import server_figures, top_statements
from loadtests.void import counting_cells

Document: TypeAlias = dict[str, Any]


def document_of(folder: Path, rounds: Rounds, comparison: Comparison, studies: Sequence[Path] = ()) -> Document:
    """Gives the comparison as `--json` prints it, and under `report` what pictures and tables need besides.

    Raises UnusableResults.
    """
    counting = counting_cells(rounds, comparison.void)
    varies = varies_of(next(iter(rounds.values())))
    run = read_run_of(folder)
    report = {
        "folder": folder.resolve().name,
        "started_at": min(result.started_at for cells in rounds.values() for result in cells.values()),
        "varies": varies,
        "against_the_first": _against_the_first(counting, list(varies)),
        "curves": curves(counting),
        "course": course(rounds, comparison.void),
        "server": server_figures(counting, list(varies)),
        "statements": top_statements(counting, [name for name, one in varies.items() if not one or not one.cache]),
        "run": {**msgspec.to_builtins(run), "ledger": None},
        "further": further_runs(folder, studies),
        "ledger": ledger_of(folder, run.ledger, varies),
    }
    document: Document = msgspec.to_builtins({**msgspec.to_builtins(comparison), "report": report})
    return document


def _against_the_first(counting: Sequence[Mapping[str, Result]], names: list[str]) -> dict[str, dict[str, Effect]]:
    """Each combination held to the first one, paired by round, as the table's ratios are."""
    first = names[0]
    return {
        name: {
            metric: contrast(counting, metric, figure, {first: -1.0, name: 1.0}) for metric, figure in FIGURES.items()
        }
        for name in names[1:]
    }
