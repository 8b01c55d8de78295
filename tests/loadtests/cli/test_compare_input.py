"""Results that cannot be compared end in one line; other files in the folder are ignored."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.cli.main import main
from loadtests.schema.files import UnusableResults
from loadtests.verdict.comparison import compare
from tests.support.simulated_results import COMBINATIONS, document, save, write_rounds, write_run

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}


def test_files_of_another_kind_of_run_in_the_folder_are_not_read(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=2)
    for name in COMBINATIONS:
        newer = document(name, latency=7.0, started_at="2026-11-21T00:00:00Z", profile="smoke")
        save(tmp_path, newer, f"{name}.json")
    comparison = compare(read_rounds(tmp_path))
    assert comparison.load["profile"] == "smoke"
    assert comparison.combinations["sync"]["latency_avg"] == pytest.approx(7)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def _replace(**fields: Any) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return replace


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_truncate, "broken or cut short"),
        (lambda path: path.write_bytes(b""), "broken or cut short"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "broken or cut short"),
        (lambda path: path.write_text("[1]"), "names no schema"),
        (lambda path: path.write_text("{}"), "names no schema"),
        (lambda path: path.unlink(), "lacks async in start 1"),
        (_replace(schema=2), "has schema 2"),
        (_replace(schema="1"), "has schema '1'"),
        (_replace(requests=-1), "is not a result file"),
        (_replace(latency_ms=None), "is not a result file"),
        (_replace(profile="origin"), "profile"),
        (_replace(vus=51), "vus"),
        (_replace(think_time_s=2.0), "think_time_s"),
        (_replace(duration_s=16.0, throughput_rps=11.25), "duration_s"),
        (_replace(combination="rust"), "not the file of its name"),
        (_replace(combination="sync"), "both hold start 1 of sync"),
        (_replace(round=2), "not the file of its name"),
    ],
)
def test_unusable_input_ends_with_one_line_that_names_the_file_and_the_reason(
    tmp_path: Path,
    damage: Callable[[Path], object],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=1)
    damage(tmp_path / "async.round-1.json")
    assert main(["compare", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert words in printed.err
    assert str(tmp_path) in printed.err


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_results_gives_the_command_that_makes_some(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableResults, match="make matrix"):
        read_rounds(tmp_path / name)


def _printed(folder: Path) -> list[str]:
    path = folder / "out.txt"
    path.write_text("     execution: local\n     http_req_duration..............: avg=12.1ms\n")
    return [str(save(folder, document("sync"), "sync.json")), str(path)]


def _run(folder: Path) -> Path:
    folder.mkdir()
    return write_run(folder, rounds=2)


# Common mistakes, and a word of the cure.
MISTAKES: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "wrong folder": (lambda folder: [str(folder / "nowhere")], "make matrix"),
    "empty folder": (lambda folder: [str(folder)], "make matrix"),
    "the folder above": (lambda folder: [str(_run(folder / "run").parent)], "give one of them"),
    "one file": (lambda folder: [str(save(folder, document("sync"), "sync.json"))], "name another file"),
    "no such file": (
        lambda folder: [str(save(folder, document("sync"), "sync.json")), "nope.json"],
        "no file nope.json",
    ),
    "two loads": (
        lambda folder: [
            str(save(folder, document("sync"), "sync.json")),
            str(save(folder, document("async", profile="smoke"), "async.json")),
        ],
        "measure all under one load",
    ),
    "what k6 prints": (_printed, "--summary-export"),
    "a typing error in --section": (lambda folder: [str(_run(folder / "run")), "--section", "efects"], "'effects'"),
    "a typing error in an option": (lambda folder: [str(_run(folder / "run")), "--sectoin", "effects"], "--section"),
    "no such base": (lambda folder: [str(_run(folder / "run")), "--base", "synk"], "choose one of sync"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_gives_one_line_with_its_cure(
    tmp_path: Path, mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, cure = MISTAKES[mistake]
    assert main(["compare", *words(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n"), cure in printed.err) == ("", 1, True)
