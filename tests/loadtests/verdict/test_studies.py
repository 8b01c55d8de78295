"""A recommendation's sentences on capacity and sweep, and on the runs they are from."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.cli.main import main
from loadtests.schema.capacity import Outcome
from loadtests.schema.sweep import Flip, Kind
from loadtests.verdict.answer import Recommendation
from loadtests.verdict.comparison import compare
from loadtests.verdict.studies import context_of
from tests.support.simulated_results import write_rounds
from tests.support.study_files import capacity_file, searched, step, sweep_file

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 400.0, "async-cached": 10.0}
HOST = {"cpu": "One", "cores": 2, "memory_gb": 8.0, "system": "Linux 6.1"}
RUN = {"host": HOST, "commit": "a" * 40}
# Each step's distance above the rate, and its outcome.
TRIED: tuple[tuple[int, Outcome], ...] = ((0, "held"), (1, "broken"), (0, "held"))
RATES = {"sync": (20, 300.0), "sync-cached": (400, 500.0), "async": (18, 240.0), "async-cached": (320, 400.0)}


def capacity(**run: Any) -> dict[str, Any]:
    """A capacity run of known rates, made on `run`."""
    found = [
        searched(
            name,
            rate,
            by_core,
            step("search", rate, "held"),
            step("search", rate + 1, "broken"),
            step("confirm", rate, "held"),
        )
        for name, (rate, by_core) in RATES.items()
    ]
    return capacity_file(found, run)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = tmp_path / "20261121T100000Z-quick"
    run.mkdir()
    write_rounds(run, LATENCIES, rounds=2)
    (run / "run.json").write_text(json.dumps(RUN))
    return run


def recommended(folder: Path, *given: Path) -> Recommendation:
    return compare(read_rounds(folder), context_of(folder, given)).recommendation


def said_of(what: str, found: Recommendation) -> str:
    """The sentence on one kind of study; the other kind may have a run of this project."""
    (sentence,) = (line for line in found.elsewhere if line.startswith(what))
    return sentence


def save(folder: Path, name: str, content: dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_capacity_beside_the_run_gives_the_confirmed_rates(folder: Path) -> None:
    save(folder.parent, "20261120T100000Z-capacity/capacity.json", capacity(**RUN))
    found = recommended(folder)
    sentence = said_of("Capacity", found)
    assert "sync 20 (300), sync-cached 400 (500), async 18 (240), async-cached 320 (400)" in sentence
    assert (
        "20261120T100000Z-capacity/capacity.json, 2026-11-20T10:00:00Z, on the same host, the same commit" in sentence
    )
    assert sentence in found.text


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (RUN | {"host": HOST | {"system": "Linux 6.2"}}, "on the same host, the same commit"),
        (RUN | {"commit": "b" * 40}, "on the same host, commit bbbbbbb and not aaaaaaa"),
        ({"host": HOST}, "on the same host, commit not known to be the same"),
        (RUN | {"host": HOST | {"cpu": "Other", "cores": 64}}, "on another host (Other, 64 cores)"),
        ({}, "on a host that is not known to be this one"),
    ],
)
def test_a_study_is_shown_with_its_host_and_commit(folder: Path, run: dict[str, Any], words: str) -> None:
    save(folder, "capacity.json", capacity(**run))
    found = recommended(folder)
    assert words in said_of("Capacity", found)
    # Only a study of this commit on this host saves a new one.
    assert ("make matrix PROFILE=capacity" in found.text) is (words != "on the same host, the same commit")


def test_an_unfinished_study_is_recommended_again(folder: Path) -> None:
    save(folder, "capacity.json", capacity(**RUN) | {"complete": False})
    assert any("PROFILE=capacity" in line for line in recommended(folder).next)


def test_a_rate_that_is_only_a_lower_bound_is_marked(folder: Path) -> None:
    study = capacity(**RUN)
    study["combinations"][3]["steps"] = []
    study["combinations"][2]["rate_rps"] = None
    save(folder, "capacity.json", study)
    sentence = said_of("Capacity", recommended(folder))
    assert "async none (240), async-cached at least 320 (400)" in sentence


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("flip", "database round trip: async uncached becomes better above 20 ms"),
        ("none", "no flip is shown at the levels that it swept"),
        ("not shown", "no flip is shown at the levels that it swept"),
    ],
)
def test_a_sweep_gives_its_flips(folder: Path, kind: Kind, words: str) -> None:
    save(folder, "sweep.json", sweep_file(Flip(kind), "async uncached becomes better above 20 ms", RUN))
    sentence = said_of("The sweep", recommended(folder))
    assert words in sentence


def test_after_capacity_the_sweep_is_the_next_run(folder: Path) -> None:
    save(folder, "capacity.json", capacity(**RUN))
    assert any("PROFILE=sweep" in line for line in recommended(folder).next)
    save(folder, "sweep.json", sweep_file(Flip("none"), "", RUN))
    assert not any("PROFILE" in line for line in recommended(folder).next)


def test_a_given_file_takes_precedence_over_the_one_beside_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(folder, "capacity.json", capacity())
    given = save(folder.parent, "elsewhere/mine.json", capacity(**RUN))
    words = ["--study", str(given), "--html", str(folder / "page.html"), "--section", "cost"]
    assert main(["compare", str(folder), *words]) == 0
    assert "elsewhere/mine.json" in " ".join(capsys.readouterr().out.split())
    assert "From elsewhere/mine.json" in (folder / "page.html").read_text()


def test_a_given_file_of_an_unknown_kind_gives_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(folder), "--study", str(folder / "run.json")]) == 2
    assert "is none of capacity.json, sweep.json, faults.json" in capsys.readouterr().err
