"""Compares result sets: python -m loadtests.compare [DIR] [--json]."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from loadtests.analysis.read import DEFAULT_FOLDER, read_rounds
from loadtests.analysis.regression import against
from loadtests.cli.earlier import list_of_runs
from loadtests.report.make import OPTIONS as REPORT_OPTIONS
from loadtests.report.make import write_wanted
from loadtests.report.plain_text import console, one_line
from loadtests.report.terminal import show
from loadtests.schema.exit_status import EVERY_CELL_VOID, GATE_BROKEN, UNUSABLE_INPUT
from loadtests.schema.files import UnusableResults
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.gates import UnusableGate, in_words, judge, read_gate
from loadtests.verdict.metric_names import figures_of, what_can_be_named
from loadtests.verdict.studies import context_of

# Every option, as argparse takes it.
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "folder": {
        "nargs": "?",
        "type": Path,
        "default": DEFAULT_FOLDER,
        "metavar": "DIR",
        "help": "folder of result files (default: loadtests/results/latest)",
    },
    "--json": {"action": "store_true", "help": "print the comparison as JSON"},
    "--base": {
        "default": "",
        "metavar": "NAME",
        "help": "hold the others to this combination of your own (default: the first one)",
    },
    "--fail-if": {
        "action": "append",
        "default": [],
        "metavar": "CONDITION",
        "help": "fail when it holds, or when its figure is missing; may be given several times",
    },
    "--against": {
        "type": Path,
        "metavar": "DIR",
        "help": "fail when this run is shown to be worse than an earlier one of the same load, ledger and host",
    },
    "--study": {
        "action": "append",
        "type": Path,
        "default": [],
        "metavar": "FILE",
        "help": "a capacity.json, sweep.json or faults.json to speak of, in place of the one beside the results",
    },
    **REPORT_OPTIONS,
}
EPILOG: Final = """\
conditions are FIGURE SIGN NUMBER, in quotes:
  --fail-if 'cache.latency_p95.ratio < 20'               the cache gains less than twentyfold at p95
  --fail-if 'async cached.latency_avg.high < 1'          async is shown to be slower behind the cache
  --fail-if 'async cached.latency_avg.low < 1'           async is not shown to be quicker there
  --fail-if 'async cached.latency_avg.difference > 2'    it costs more than 2 ms
  --fail-if 'sync-cached.hit_ratio < 0.9'                a figure as it was measured
  --fail-if 'routes.revenue.cache.latency_avg.ratio < 5' one route
  --fail-if 'against.sync.service_cpu.ratio < 0.9'       since the run given by --against
a figure that cannot be named ends with a line that lists what can be

exit status: 0; 2 unusable input; 3 a gate is broken, or a regression was found; 4 every cell is void
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 2 for unusable input, 3 for a broken gate, 4 when every cell is void."""
    options = _options(arguments)
    try:
        if options.list:
            console().print(list_of_runs(options.folder))
            return 0
        comparison = _comparison(options)
        written = write_wanted(options, comparison)
    except (UnusableResults, UnusableGate) as error:
        print(f"compare: {one_line(str(error))}", file=sys.stderr)
        return UNUSABLE_INPUT
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(comparison)).decode())
    else:
        show(comparison, console())
    for path in written:
        print(f"compare: wrote {one_line(str(path))}", file=sys.stderr)
    for line in failures(comparison):
        print(f"compare: {one_line(line)}", file=sys.stderr)
    return _status(comparison)


def failures(comparison: Comparison) -> list[str]:
    broken = [in_words(judgement) for judgement in comparison.gates if judgement.broken]
    regressions = comparison.against.regressions if comparison.against else []
    return broken + [
        f"regression: {one.combination}.{one.metric} is {one.ratio:.2f} times as good as in "
        f"{comparison.against.folder if comparison.against else ''}, 95 % interval {one.low:.2f} to {one.high:.2f}"
        for one in regressions
    ]


def _comparison(options: argparse.Namespace) -> Comparison:
    rounds = read_rounds(options.folder, options.base)
    comparison = compare(rounds, context_of(options.folder, options.study))
    if options.against:
        comparison = replace(comparison, against=against(options.folder, options.against))
    figures, names = figures_of(comparison), what_can_be_named(comparison)
    gates = [read_gate(text, figures, names) for text in options.fail_if]
    return replace(comparison, gates=judge(gates, figures))


def _status(comparison: Comparison) -> int:
    if comparison.all_void:
        return EVERY_CELL_VOID
    return GATE_BROKEN if failures(comparison) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.compare",
        description="Compare result sets, of one round or of several.",
        epilog=EPILOG.replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, settings in OPTIONS.items():
        parser.add_argument(name, **settings)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
