"""Loads a comparison, and makes the document with the data of charts and tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from loadtests.analysis.effects import Effect, contrast
from loadtests.analysis.fairness import differences
from loadtests.analysis.figures import FIGURES
from loadtests.analysis.one_run import shortfall
from loadtests.analysis.pooled import curves, samples
from loadtests.analysis.read import OURS_BY_NAME, Rounds, read_rounds, read_run_of, varies_of
from loadtests.analysis.server_figures import server_figures, top_statements
from loadtests.analysis.void import VoidResult, counting_results
from loadtests.report.warnings import warnings
from loadtests.schema.result import Result, Slice, SliceLatency, Varies
from loadtests.schema.run import RunDescription
from loadtests.schema.studies import linked_studies
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.studies import NO_CONTEXT, context_of, ledgers_in


def course(rounds: Rounds, void: Sequence[VoidResult]) -> list[dict[str, Any]]:
    """Every result with its slices, start by start; void results are included and marked."""
    broken = {(cell.round, cell.combination) for cell in void}
    return [
        {
            "combination": name,
            "round": number,
            "void": (number, name) in broken,
            "duration_s": result.duration_s,
            "latency_avg": result.latency_ms.avg,
            "throughput_rps": result.throughput_rps,
            "slices": result.timeline or [_whole(result)],
        }
        for number, cells in rounds.items()
        for name, result in cells.items()
    ]


def _whole(result: Result) -> Slice:
    """The measured time as one slice, if it was not divided."""
    latency = result.latency_ms
    figures = SliceLatency(latency.avg, latency.p50, latency.p95, latency.max)
    return Slice(0.0, result.duration_s, result.requests, result.failed, figures)


class Loaded(NamedTuple):
    """A comparison and its inputs."""

    folder: Path
    rounds: Rounds
    run: RunDescription
    comparison: Comparison


def load(
    folder: Path, base: str = "", given: Sequence[Path] = (), studies: Sequence[Path] = (), strict: bool = False
) -> Loaded:
    """Compares the results of a folder, or the given files; raises UnusableResults."""
    rounds = read_rounds(folder, base, given)
    run = RunDescription() if given else read_run_of(folder)
    comparison = compare(rounds, NO_CONTEXT if given else context_of(folder, studies), strict)
    return Loaded(folder, rounds, run, replace(comparison, shortfall=shortfall(run, len(rounds))))


Document: TypeAlias = dict[str, Any]


def document_of(loaded: Loaded, studies: Sequence[Path] = ()) -> Document:
    """The comparison as `--json` prints it, with further data for charts and tables in `report`.

    Raises UnusableResults.
    """
    folder, rounds, run, comparison = loaded
    counting = counting_results(rounds, comparison.void)
    varies = varies_of(next(iter(rounds.values())))
    ours = OURS_BY_NAME.keys() >= set(varies)
    report = {
        "folder": folder.resolve().name,
        "started_at": min(result.started_at for cells in rounds.values() for result in cells.values()),
        "warnings": list(warnings(comparison)),
        "varies": varies,
        "against_the_first": _against_the_first(counting, list(varies)),
        "curves": curves(counting),
        "course": course(rounds, comparison.void),
        "server": server_figures(counting, list(varies)),
        "statements": top_statements(counting, [name for name, axes in varies.items() if not axes or not axes.cache]),
        "run": {**msgspec.to_builtins(run), "ledger": None},
        "further": linked_studies(folder, studies) if ours else {},
        "ledger": ledger_of(loaded),
    }
    document: Document = msgspec.to_builtins({**msgspec.to_builtins(comparison), "report": report})
    return document


def ledger_of(loaded: Loaded) -> dict[str, Any] | None:
    """The equal and the differing entries, null without a ledger; raises UnusableResults."""
    ledgers = ledgers_in(loaded.folder, loaded.run.ledger)
    if not ledgers:
        return None
    varies = varies_of(next(iter(loaded.rounds.values())))
    axes = {name: varies.get(name) or Varies(name, cache=False) for name in ledgers}
    differing = differences(ledgers, axes)
    apart = {difference.entry for difference in differing}
    alike = {entry: value for entry, value in next(iter(ledgers.values())).items() if entry not in apart}
    return {"alike": alike, "differing": [difference._asdict() for difference in differing]}


def _against_the_first(counting: Sequence[Mapping[str, Result]], names: list[str]) -> dict[str, dict[str, Effect]]:
    first, values = names[0], samples(counting, FIGURES)
    return {
        name: {metric: contrast(values, metric, {first: -1.0, name: 1.0}) for metric in FIGURES} for name in names[1:]
    }
