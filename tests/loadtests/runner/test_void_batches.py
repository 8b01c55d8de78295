"""Batches that only the runner can tell not to count: each reason is brought about, and is written into them."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtests.runner.starts import Starts
from loadtests.schema.plan import make_plan
from loadtests.schema.result import Result
from loadtests.schema.run import Ledgers
from loadtests.targets.k6 import GeneratorFailed, k6_version
from loadtests.targets.running import RunningTarget
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.starved import StarvedTarget, burners

pytestmark = pytest.mark.usefixtures("k6")

NAMES = ("sync", "async")
LOAD = {"MIX": "product=1", "TURNS": "1", "WARM_UP": "0.2", "DURATION": "1", "VUS": "2", "THINK": "0.2"}
# A tenth of a core.
BUSY = """
import time

while True:
    end = time.process_time() + 0.01
    while time.process_time() < end:
        pass
    time.sleep(0.09)
"""
REST = "import time\ntime.sleep(60)"


class ProgramsTarget(RunningTarget):
    """Services whose processes are known."""

    pids: Mapping[str, int] = {}

    def programs(self, name: str) -> dict[str, int]:
        return {"service": self.pids[name]}


@contextmanager
def process(script: str) -> Iterator[int]:
    running = subprocess.Popen([sys.executable, "-c", script])
    try:
        yield running.pid
    finally:
        running.kill()
        running.wait(10)


def measured(
    folder: Path,
    target: type[RunningTarget],
    ledgers: Ledgers | None = None,
    variables: Mapping[str, str] | None = None,
) -> dict[str, Result]:
    with KnownService(NAMES[0], 0.001) as first, KnownService(NAMES[1], 0.001) as second:
        file = combinations_file(folder, [first, second])
        plan = make_plan("smoke", stack="none", results=folder, combinations=str(file), load=LOAD)
        starts = Starts(target(plan), plan, folder, k6_version(), settle_s=0.5)
        return starts.measure(NAMES, 1, ledgers or {}, variables or {})


def reasons(result: Result) -> set[str]:
    return {batch.void or "" for batches in result.turns.values() for batch in batches}


def test_a_service_that_works_while_another_one_is_asked_voids_its_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process(BUSY) as busy, process(REST) as resting:
        monkeypatch.setattr(ProgramsTarget, "pids", {"sync": busy, "async": resting})
        found = measured(tmp_path, ProgramsTarget)
    assert all(re.search("core .*async", reason) for reason in reasons(found["sync"]))
    assert not any("was measured" in reason for reason in reasons(found["async"]))


def test_one_service_under_several_names_does_not_work_out_of_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process(BUSY) as busy:
        monkeypatch.setattr(ProgramsTarget, "pids", dict.fromkeys(NAMES, busy))
        found = measured(tmp_path, ProgramsTarget)
    assert not any("was measured" in reason for name in NAMES for reason in reasons(found[name]))
    spent = [result.head_to_head["product"].service_cpu_ms for result in found.values()]
    assert spent[0] == spent[1]
    assert spent[0] is not None
    assert spent[0] > 0


def test_a_changed_ledger_voids_all_batches_of_its_service(tmp_path: Path) -> None:
    found = measured(tmp_path, RunningTarget, {"sync": {"backlog": "100"}})
    assert all("backlog" in reason for reason in reasons(found["sync"]))
    assert not any("ledger" in reason for reason in reasons(found["async"]))


def test_a_starved_load_generator_voids_the_batch_for_all(tmp_path: Path) -> None:
    with burners(4):
        found = measured(tmp_path, StarvedTarget)
    assert all(any("k6" in reason for reason in reasons(result)) for result in found.values())


def test_a_start_that_k6_refuses_writes_no_result(tmp_path: Path) -> None:
    with pytest.raises(GeneratorFailed, match="HIT_RATIO"):
        measured(tmp_path, RunningTarget, variables={"HIT_RATIO": "2"})
    assert not list(tmp_path.glob("*.json"))
