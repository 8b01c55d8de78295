"""`compare`: compares result sets with one or several rounds."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from msgspec.structs import replace

from loadtests.analysis.k6_summary import NAME
from loadtests.analysis.read import DEFAULT_FOLDER
from loadtests.analysis.regression import Regression, against, of_files
from loadtests.cli.earlier import list_of_runs
from loadtests.report.document import Loaded, load
from loadtests.report.make import PAGE_NAME, Wanted, write_wanted
from loadtests.report.plain_text import console, one_line
from loadtests.report.sections import SECTIONS, show_against, show_sections
from loadtests.report.terminal import show
from loadtests.schema.design import SIMPLE_KEY
from loadtests.schema.exit_status import EFFECT_MISSING, GATE_BROKEN, NOTHING_COUNTS
from loadtests.schema.files import COMPARE, UnusableResults
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.gates import UnusableGate, in_words, judge, read_gate
from loadtests.verdict.metric_names import figures_of, names_help

# The most columns of the screen; sections have wider tables.
SCREEN: Final = 80
PATH: Final = click.Path(path_type=Path)


@click.command(
    epilog="""\b
Examples:
  python -m loadtests compare                          the newest run
  python -m loadtests compare loadtests/results/example --report
  python -m loadtests compare DIR --html page.html --beside EARLIER
  python -m loadtests compare before.json after.json   k6's files: --summary-export, --out json or --out csv
  python -m loadtests compare after.json --against before.json
  python -m loadtests compare --list                   earlier runs, newest first

\b
Conditions are FIGURE SIGN NUMBER, in quotes:
  --fail-if 'cache.latency_p95.ratio < 20'               the cache gains less than twentyfold at p95
  --fail-if 'async cached.latency_avg.high < 1'          async is shown to be slower behind the cache
  --fail-if 'async cached.latency_avg.low < 1'           async is not shown to be quicker there
  --fail-if 'async cached.latency_avg.difference > 2'    it costs more than 2 ms
  --fail-if 'sync-cached.hit_ratio < 0.9'                a figure as it was measured
  --fail-if 'routes.revenue.cache.latency_avg.ratio < 5' one route
  --fail-if 'against.sync.service_cpu.ratio < 0.9'       since the run given by --against
An unknown figure ends with a line that lists the known ones.

\b
Exit status: 0; 2 unusable input; 3 a gate is broken or lacks its figure, or a regression was found;
4 every measurement is void; 5 an effect is missing, as no start has all the results it needs.
""".replace("python -m loadtests compare", COMPARE)
)
@click.argument("paths", metavar="[DIR | FILE...]", type=PATH, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.option("--section", "sections", type=click.Choice(list(SECTIONS)), multiple=True, help="Show only this section.")
@click.option("--verbose", is_flag=True, help="Show all sections below the screen.")
@click.option("--base", metavar="NAME", default="", help="Compare with this combination, not with the first one.")
@click.option("--strict", is_flag=True, help="Leave out k6's own summaries with a failed request or check.")
@click.option("--fail-if", metavar="CONDITION", multiple=True, help="Fail if it holds or its figure is missing.")
@click.option("--against", "earlier", type=PATH, help="Fail if these results are shown to be worse than those.")
@click.option("--study", "studies", type=PATH, multiple=True, help="A capacity.json, sweep.json or faults.json.")
@click.option("--report", is_flag=True, help="Write report.html, report.md and comparison.json beside the results.")
@click.option("--html", type=PATH, help="Write the report as one page that works offline.")
@click.option("--markdown", type=PATH, help="Write the report as a document for a pull request.")
@click.option("--csv", type=PATH, help="Write one figure per line.")
@click.option("--junit", type=PATH, help="Write the conditions as tests.")
@click.option("--beside", type=PATH, help="With --html: show another run beside this one.")
@click.option("--list", "list_runs", is_flag=True, help="List earlier runs, in DIR if given, and nothing else.")
def command(
    paths: Sequence[Path],
    list_runs: bool,
    as_json: bool,
    sections: Sequence[str],
    verbose: bool,
    base: str,
    strict: bool,
    fail_if: Sequence[str],
    earlier: Path | None,
    **wanted: Any,
) -> int:
    """Compare the results in DIR (default: the newest run), or k6's own FILEs, all with the first of them."""
    files = Wanted(**wanted)
    folder, given = _source(paths, files, earlier)
    try:
        if list_runs:
            console().print(list_of_runs(folder))
            return 0
        loaded = load(folder, base, given, files.studies, strict)
        comparison = _judged(loaded, fail_if, earlier, by_name=bool(given))
        loaded = loaded._replace(comparison=comparison)
        written = write_wanted(files, loaded)
        if as_json:
            print(msgspec.json.format(msgspec.json.encode(comparison)).decode())
        else:
            _show(loaded, sections, verbose, _report(folder, given, written))
    except (UnusableResults, UnusableGate) as error:
        raise click.UsageError(one_line(str(error))) from error
    # The screen already names the report.
    for path in written if as_json or not files.report else ():
        print(f"compare: wrote {one_line(str(path))}", file=sys.stderr)
    for line in failures(comparison):
        print(f"compare: {one_line(line)}", file=sys.stderr)
    return _status(comparison)


def _source(paths: Sequence[Path], files: Wanted, earlier: Path | None) -> tuple[Path, Sequence[Path]]:
    """The folder, or the named files."""
    if files.beside and not files.html:
        raise click.UsageError("--beside shows another run in the page: add --html FILE")
    if len(paths) <= 1 and not (paths and paths[0].is_file()):
        return (paths[0] if paths else DEFAULT_FOLDER), ()
    if folders := [path for path in paths if path.is_dir()]:
        raise click.UsageError(f"{folders[0]} is a folder: give one folder, or files")
    return paths[0].parent, (*_before(earlier), *paths)


def _before(earlier: Path | None) -> Sequence[Path]:
    """The earlier file, or the runs of one combination in a folder."""
    if earlier is None or not earlier.is_dir():
        return [earlier] if earlier else []
    files = sorted(earlier.glob("*.json"))
    if len({match["combination"] for path in files if (match := NAME.fullmatch(path.name))}) != 1:
        raise click.UsageError(f"--against {earlier}: name a file, or a folder with the runs of one")
    return files


def _show(loaded: Loaded, sections: Sequence[str], verbose: bool, report: str) -> None:
    output, comparison = console(SCREEN), loaded.comparison
    if not sections:
        show(comparison, output, report)
    if comparison.against:
        show_against(comparison.against, output)
    show_sections(list(SECTIONS) if verbose else sections, loaded, console())


def _report(folder: Path, given: Sequence[Path], written: Sequence[Path]) -> str:
    """For files, only a page written now: an older one may be of other files."""
    page = folder / PAGE_NAME
    if page in written or (page.is_file() and not given):
        return f"Report: {page}"
    return f"Report: {COMPARE} {' '.join(map(str, given or [folder]))} --report"


def failures(comparison: Comparison) -> list[str]:
    """One line per reason for an exit status other than 0."""
    lines = [in_words(judgement) for judgement in comparison.gates if judgement.broken]
    if comparison.against:
        lines += [_regression(regression, comparison.against.folder) for regression in comparison.against.regressions]
    if comparison.missing_effects:
        lines.append(f"missing, as no start has what it compares: {', '.join(comparison.missing_effects)}")
    return lines


def _regression(regression: Regression, folder: str) -> str:
    interval = f"95 % interval {regression.low:.2f} to {regression.high:.2f}"
    figure = f"{regression.combination}.{regression.metric}"
    return f"regression: {figure} is {regression.ratio:.2f} times as good as in {folder}, {interval}"


def _judged(loaded: Loaded, fail_if: Sequence[str], earlier: Path | None, by_name: bool) -> Comparison:
    comparison = loaded.comparison
    if earlier and by_name:
        comparison = replace(comparison, against=of_files(earlier, comparison.effects[SIMPLE_KEY], comparison.pairs))
    elif earlier:
        comparison = replace(comparison, against=against(loaded.folder, earlier))
    figures, names = figures_of(comparison), names_help(comparison)
    gates = [read_gate(text, figures, names) for text in fail_if]
    return replace(comparison, gates=judge(gates, figures))


def _status(comparison: Comparison) -> int:
    if comparison.all_void:
        return NOTHING_COUNTS
    if any(gate.broken for gate in comparison.gates) or (comparison.against and comparison.against.regressions):
        return GATE_BROKEN
    return EFFECT_MISSING if comparison.missing_effects else 0
