"""The screen, letter by letter, also with hostile result files."""

import os
import pty
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.report.sections import SECTIONS
from loadtests.report.terminal import MOST_LINES
from loadtests.schema.files import ROOT
from tests.support.simulated_results import COMBINATIONS, document, save, write_rounds
from tests.support.simulated_turns import ALIKE, write_turns

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}
SLOWER = ALIKE | {"sync": 4.0, "async": 4.1, "async-cached": 1.3}
# UPDATE_GOLDEN=1 rewrites them; read the diff before you keep it.
GOLDEN = Path(__file__).with_name("golden")
HOSTILE = "[bold]x[/] \x1b[2J\nv\x07 [/nothing]"


def _own(folder: Path, count: int) -> None:
    for number in range(3):
        for place in range(count):
            name = f"service-{'abcdef'[place]}-with-a-rather-long-name"
            content = document(name, number + 1, latency=100.0 + place * random.Random(number).uniform(5, 30))
            save(folder, content | {"varies": {"stack": name, "cache": False}}, f"{place}.round-{number + 1}.json")


FOLDERS: dict[str, Callable[[Path], None]] = {
    "four_rounds": lambda folder: write_rounds(folder, LATENCIES, rounds=4, noise=0.05),
    "one_round": lambda folder: write_rounds(folder, LATENCIES, rounds=1),
    "turns": lambda folder: write_turns(folder, factors=SLOWER, noise=0.03),
    "by_hand": lambda folder: write_turns(folder, starts=1, factors=SLOWER),
    "own_services": lambda folder: _own(folder, 6),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the same short name everywhere: a long one would wrap."""
    monkeypatch.chdir(tmp_path)
    Path("FOLDER").mkdir()
    return Path("FOLDER")


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert main(["compare", str(folder), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [line.rstrip() for line in lines]
    return lines


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", FOLDERS)
def test_the_screen_is_unchanged_and_fits(
    folder: Path, name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    FOLDERS[name](folder)
    lines = printed(folder, capsys)
    path = GOLDEN / f"{name}.{width}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text("\n".join(lines) + "\n")
    assert lines == path.read_text().splitlines()
    assert len(lines) <= MOST_LINES
    assert max(len(line) for line in lines if "FOLDER" not in line) <= width


@pytest.mark.parametrize("columns", ["20", "wide"])
@pytest.mark.parametrize("name", FOLDERS)
def test_every_section_keeps_to_its_width(
    folder: Path, name: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    FOLDERS[name](folder)
    for options in (["--verbose"], [word for section in SECTIONS for word in ("--section", section)]):
        lines = printed(folder, capsys, *options)
        assert lines
        assert max(len(line) for line in lines if "FOLDER" not in line) <= (60 if columns == "20" else 120)


def test_a_section_is_shown_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FOLDERS["turns"](folder)
    lines = printed(folder, capsys, "--section", "void")
    assert len(lines) == 1


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_a_terminal_has_colour_and_a_pipe_the_same_text(folder: Path, no_colour: str) -> None:
    FOLDERS["turns"](folder)
    words = [sys.executable, "-m", "loadtests", "compare", str(folder.resolve())]
    variables = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": no_colour}
    piped = subprocess.run(words, stdout=subprocess.PIPE, env=variables, cwd=ROOT, check=True, text=True).stdout
    ours, theirs = pty.openpty()
    subprocess.run(words, stdout=theirs, env=variables, cwd=ROOT, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode().replace("\r\n", "\n")
    os.close(ours)
    coloured = [code for code in COLOUR.findall(shown) if re.search(r"3\d", code)]
    assert (COLOUR.sub("", shown), bool(coloured)) == (piped, not no_colour)
    assert "\x1b" not in piped


@pytest.mark.parametrize("field", ["combination", "profile", "route"])
def test_a_hostile_name_is_shown_as_text(folder: Path, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    for at, name in enumerate(COMBINATIONS):
        content = document(name, latency=100.0 + at)
        if field == "route":
            content["routes"] = {HOSTILE: content["routes"]["products"]}
        elif field == "profile" or name == "async":
            content[field] = HOSTILE
        save(folder, content, f"{name}.json")
    status = main(["compare", str(folder), "--verbose"])
    captured = capsys.readouterr()
    # One hostile combination instead of ours leaves a gap in the matrix.
    assert status == (2 if field == "combination" else 0)
    assert "\x1b" not in captured.out + captured.err
    assert "\x07" not in captured.out + captured.err
    assert captured.err.count("\n") <= 1
    if status == 0:
        assert "[bold]x" in captured.out


def test_hostile_combinations_of_ones_own_are_shown_as_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for at, name in enumerate(("a", "b")):
        save(folder, document(name + HOSTILE, latency=100.0 + at), f"{name}.json")
    assert main(["compare", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]x[/]" in out
