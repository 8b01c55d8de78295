"""The judgement of a cell, and the program's text and exit status."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.cli.main import main
from loadtests.faults.rules import judge
from loadtests.faults.table import FAULTS
from tests.support.fault_cells import cell, written

FAULT = next(fault for fault in FAULTS if fault.name == "redis-killed")
BREACHES: list[tuple[dict[str, Any], str]] = [
    ({"lost": ["sold:1"]}, "1 acknowledged writes lost"),
    ({"duplicates": ["key-1"]}, "1 duplicate orders"),
    ({"stale": ["a", "b"]}, "2 stale reads"),
    ({"failed": {"hung": 3}}, "3 requests that hung"),
    ({"failed": {"errors": 1}}, "1 5xx other than"),
    ({"failed": {"unexpected": 1}}, "1 unexpected answers"),
    ({"late": 2}, "2 answers after their time-out"),
    ({"failed": {"cut": 1}}, "1 answers cut off"),
    ({"unanswered": 4}, "4 orders written and not answered"),
    ({"failed_before": 1}, "1 requests that failed before"),
    ({"recovery_s": 5.1}, "recovered only 5.1 s after"),
    ({"memory_mb": (100.0, 121.0)}, "memory 1.21 times"),
    ({"happened": False}, "no evidence"),
]


@pytest.mark.parametrize(("members", "words"), BREACHES, ids=[words for _, words in BREACHES])
def test_each_breach_is_named(members: dict[str, Any], words: str) -> None:
    seen = cell(**members)
    judge(seen, FAULT)
    assert len(seen.broken) == 1
    assert seen.broken[0].startswith(words)
    assert seen.fails


def test_refused_requests_and_refused_redis_commands_break_no_rule() -> None:
    seen = cell(failed={"refused": 40, "shed": 300}, excused=7, recovery_s=4.9, memory_mb=(100.0, 119.0))
    judge(seen, FAULT)
    assert not seen.broken


def test_a_killed_worker_may_leave_requests_without_an_answer_but_lose_no_write() -> None:
    killed = next(fault for fault in FAULTS if fault.name == "worker-killed")
    seen = cell(failed={"cut": 1}, unanswered=1)
    judge(seen, killed)
    assert not seen.broken
    seen = cell(failed={"cut": 1}, lost=["a-1"])
    judge(seen, killed)
    assert seen.broken == ["1 acknowledged writes lost"]


def test_a_known_property_of_a_server_is_a_finding_there_and_a_breach_elsewhere() -> None:
    fault = replace(FAULT, findings={"sync-cached": "It waits."})
    known, unknown = cell(failed={"hung": 1}), cell(failed={"hung": 1}, combination="async-cached")
    judge(known, fault)
    judge(unknown, fault)
    assert (known.finding, known.fails) == ("It waits.", False)
    assert (unknown.finding, unknown.fails) == ("", True)


def test_the_program_exits_with_1_and_names_the_cell_that_broke_a_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = cell(combination="async-cached", lost=["a-1: order 7 is gone"])
    judge(bad, FAULT)
    assert main(["faults", "--show", str(written(tmp_path, cell(), bad))]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 " in said
    assert "BROKEN: redis-killed on async-cached" in said
    assert "a-1: order 7 is gone" in said


def test_the_program_exits_with_0_if_all_rules_are_kept_or_breaches_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = cell(broken=["3 requests that hung"], finding="The server waits for them.")
    assert main(["faults", "--show", str(written(tmp_path, cell(failed={"refused": 2, "closed": 1}), known))]) == 0
    said = capsys.readouterr().out
    assert "3 (2 refused, 1 closed) of 500" in said
    assert "The server waits for them." in said
    assert re.search(r"\b1 .*server", said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "redis-melted"], "ONLY=redis-melted"),
        (["--combinations", "rust"], "COMBINATIONS=rust"),
        (["--json", "no/such/folder/faults.json"], "JSON=no/such/folder/faults.json"),
        (["--show", "no-such.json"], "no file no-such.json"),
        (["--again"], "name an earlier run"),
        (["--slowly"], "--slowly"),
    ],
)
def test_unusable_input_exits_with_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", *words]) == 2
    assert said in capsys.readouterr().err.replace("\n", "")
