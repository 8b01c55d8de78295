"""The tables that people read, letter by letter, and what a hostile result file can do to them: nothing."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.analysis.read import read_rounds
from loadtests.cli.main import main
from loadtests.report import effects_table as effects_text
from loadtests.report import terminal as comparison_text
from loadtests.report.noise_notes import noise_notes
from loadtests.verdict.comparison import Comparison, compare
from tests.support.simulated_results import COMBINATIONS, document, save, simulated, write_rounds

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}
# UPDATE_GOLDEN=1 writes them again; read the diff before you keep it.
GOLDEN = Path(__file__).with_name("golden")
HOSTILE = "[bold]x[/] \x1b[2J\nv\x07 [/nothing]"


def printed(comparison: Comparison) -> str:
    """The tables without what other parts say below them."""
    output = io.StringIO()
    console = Console(file=output, markup=False, highlight=False, width=120, color_system=None)
    console.print(comparison_text.figures_table(comparison))
    for table in (effects_text.effects_table, effects_text.difference_table, effects_text.routes_table):
        console.print(table(comparison.effects))
    for line in noise_notes(comparison):
        console.print(line)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines()) + "\n"


@pytest.mark.parametrize(("name", "rounds"), [("four_rounds", 4), ("one_round", 1)])
def test_the_tables_are_as_they_were(tmp_path: Path, name: str, rounds: int) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=rounds, noise=0.05)
    found = printed(compare(read_rounds(tmp_path)))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found)
    assert found == path.read_text()


@pytest.mark.parametrize(
    ("latency", "bound", "queues"),
    [
        (
            100.0,
            "Bound by database in sync-cached (90% of the time) and database in async-cached (90% of the time).",
            True,
        ),
        (10.0, "Bound by think time in sync-cached (99% of the time) and think time in async-cached (99%", False),
    ],
)
def test_what_noise_hides_is_said_with_what_it_would_not_have_hidden_and_what_binds(
    tmp_path: Path, latency: float, bound: str, queues: bool
) -> None:
    write_rounds(tmp_path, dict.fromkeys(COMBINATIONS, latency), rounds=4, noise=0.1)
    lines = [line for line in noise_notes(compare(read_rounds(tmp_path))) if " async cached," in line]
    assert len(lines) == 1
    assert "19 times in 20" in lines[0]
    assert bound in lines[0]
    assert ("Visitors queue there" in lines[0]) is queues


def test_what_binds_is_said_to_be_unknown_where_it_is(tmp_path: Path) -> None:
    for content in simulated(dict.fromkeys(COMBINATIONS, 100.0), rounds=4, noise=0.1):
        save(tmp_path, content | {"server": None})
    lines = list(noise_notes(compare(read_rounds(tmp_path))))
    assert lines
    assert all(line.endswith("What binds there is not known.") for line in lines)


@pytest.mark.parametrize("field", ["combination", "profile", "route"])
def test_a_hostile_name_is_shown_as_text(tmp_path: Path, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    for at, name in enumerate(COMBINATIONS):
        content = document(name, latency=100.0 + at)
        if field == "route":
            content["routes"] = {HOSTILE: content["routes"]["products"]}
        elif field == "profile" or name == "async":
            content[field] = HOSTILE
        save(tmp_path, content, f"{name}.json")
    status = main(["compare", str(tmp_path)])
    captured = capsys.readouterr()
    # One hostile combination in place of ours leaves a hole in the matrix.
    assert status == (2 if field == "combination" else 0)
    assert "\x1b" not in captured.out + captured.err
    assert "\x07" not in captured.out + captured.err
    assert captured.err.count("\n") <= 1
    if status == 0:
        assert "[bold]x" in captured.out


def test_hostile_combinations_of_ones_own_are_shown_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for at, name in enumerate(("a", "b")):
        save(tmp_path, document(name + HOSTILE, latency=100.0 + at), f"{name}.json")
    assert main(["compare", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]x[/]" in out
