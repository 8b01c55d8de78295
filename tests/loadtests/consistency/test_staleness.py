"""The staleness checker: it accepts the shipped cache under every fault of Redis, and detects a broken one."""

import signal
import subprocess
import sys

import msgspec
import psutil
import pytest

from compose.local.definition import CHECKOUT
from loadtests.cli.main import main
from loadtests.cli.staleness import command
from loadtests.consistency.check import SHIPPED, Checked, check
from loadtests.consistency.command import BROKEN_PROGRAM, CALM, Options, Task, summary, tasks_of
from loadtests.consistency.workload import Load
from tests.support.combination import Combination
from tests.support.command_line import values_of
from tests.support.local_commands import sandbox
from tests.support.own_services import own_service
from tests.support.stacks import free_base
from tests.support.waiting import wait_until

READS, WRITES = 1200, 120
TRIES = 3
ROOMY = {"WORKERS": "2", "POOL": "16", "IN_FLIGHT": "32", "CACHE_TIMEOUT": "0.3"}
PATIENCE_SECONDS = 100


def checked(combination: Combination, port: int, policy: str, with_faults: bool = False) -> Checked:
    """The result of a short check; the combination is reset afterwards."""
    load = Load(combination.name, port, "", reads=READS, writes=WRITES, reads_per_write=READS // WRITES, seconds=80)
    try:
        return check(combination.stack, load, policy, with_faults, print)
    finally:
        combination.renew()


def test_no_read_is_stale_whatever_happens_to_redis(cached: Combination) -> None:
    port = cached.stack.service(cached.name).port
    found = checked(cached, port, SHIPPED, with_faults=True)
    assert summary([found]) == []
    assert (found.stale, found.lost_writes, found.duplicate_orders, found.failures.broken) == (0, [], [], 0)
    assert found.reads >= READS
    assert found.writes >= WRITES
    assert found.states["hit"] > READS / 20
    assert found.refused > 0
    assert [line for line in found.faults if "NOT" in line or "ANSWERED" in line] == []
    assert len(found.faults) == 4
    assert "flushed: 0 keys" not in "".join(found.faults)


@pytest.mark.parametrize(("name", "policy"), [("sync-cached", "no-stamps"), ("async-cached", "drop-before-commit")])
def test_a_broken_policy_is_detected(all_combinations: dict[str, Combination], name: str, policy: str) -> None:
    cached = all_combinations[name]
    service = own_service(cached.stack, name, **ROOMY)
    service.program = [*BROKEN_PROGRAM, name.partition("-")[0], policy]
    try:
        service.start()
        # A short load may have no stale read by chance; three in a row do not.
        tries = (checked(cached, service.port, policy) for _ in range(TRIES))
        found = next((each for each in tries if each.stale), None)
    finally:
        service.stop()
    assert found
    assert found.largest_age_s > 0
    assert found.examples
    assert (found.impossible, found.lost_writes, found.failures.broken) == (0, [], 0)
    assert summary([found]) == []


def test_an_undetected_broken_policy_is_a_fault_of_the_checker() -> None:
    blind = {"policy": "no-stamps", "stale": 0}
    (line,) = summary([result(**blind)])
    assert line.startswith("sync-cached, no-stamps: ")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"stale": 1, "examples": ["/api/dashboard"]}, "1 stale reads"),
        ({"impossible": 2, "examples": ["/api/dashboard"]}, "2 reads of values never written"),
        ({"lost_writes": ["run-7: order 9 is gone"]}, "run-7: order 9 is gone"),
        ({"failed_drop": 1, "failed_drop_largest_age_s": 1.0}, "without being counted"),
        ({"failed_drop": 1, "refused": 1, "failed_drop_largest_age_s": 67.0}, "longer than a lifetime ago"),
        ({"full": True}, "ask for fewer reads"),
    ],
)
def test_every_violation_is_reported(members: dict[str, object], said: str) -> None:
    (line,) = summary([result(**members)])
    assert said in line


def test_stale_data_after_a_failed_drop_is_excused_while_counted_and_young() -> None:
    assert summary([result(failed_drop=3, refused=1, failed_drop_largest_age_s=20.0)]) == []


def test_each_policy_is_checked_on_each_combination_and_ours_in_both_conditions() -> None:
    tasks = tasks_of(Options(**values_of(command)))
    assert len(tasks) == 2 * (2 + 3)
    assert {task.redis for task in tasks if task.policy != SHIPPED} == {CALM}
    only = ["--only", "async-cached", "--policies", SHIPPED, "--redis", CALM]
    assert tasks_of(Options(**values_of(command, *only))) == [Task("async-cached", SHIPPED, CALM)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "sync"], "ONLY=sync: name each of sync-cached, async-cached"),
        (["--policies", "none"], "POLICIES=none"),
        (["--redis", ""], "REDIS=: name each of calm, faults"),
        (["--reads", "5", "--writes", "10"], "WRITES=10: give no more writes than READS=5"),
    ],
)
def test_an_impossible_check_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["staleness", *words]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.usefixtures("servers")
def test_ctrl_c_ends_the_load_and_the_stack() -> None:
    with sandbox() as box:
        command = [sys.executable, "-m", "loadtests", "staleness", "--only", "async-cached", "--workers", "1"]
        surroundings = box.environment(PORT_BASE=str(free_base()))
        running = subprocess.Popen(command, cwd=CHECKOUT, env=surroundings, stderr=subprocess.PIPE, text=True)
        try:
            assert running.stderr
            assert any("of 20000 reads" in line for line in running.stderr)
            started = psutil.Process(running.pid).children(recursive=True)
            running.send_signal(signal.SIGINT)
            assert running.wait(PATIENCE_SECONDS) == 130
            wait_until(lambda: not any(map(alive, started)), "all that it had started has ended")
            assert box.left_behind() == []
        finally:
            running.kill()
            running.wait(PATIENCE_SECONDS)


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs, a zombie excepted."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def result(**members: object) -> Checked:
    """A check without violations, except in these members."""
    given = {
        "combination": "sync-cached", "policy": SHIPPED, "redis": CALM, "workers": 2, "seconds": 1.0, "reads": 10,
        "writes": 1, "states": {"hit": 9, "miss": 1}, "stale": 0, "stale_by_subject": {}, "largest_age_s": 0.0,
        "failed_drop": 0, "failed_drop_largest_age_s": 0.0, "refused": 0, "undecided": 0, "impossible": 0,
        "lost_writes": [], "duplicate_orders": [], "failures": {}, "faults": [], "examples": [], "full": False,
    }  # fmt: skip
    return msgspec.convert(given | members, Checked)
