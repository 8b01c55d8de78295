"""Every rule about the load generator voids a cell when k6 is held back: by its core, its work, or standing still."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from loadtests.targets.base import LoadGenerator
from loadtests.targets.running import RunningTarget
from tests.support.cells import begin_of, broken_rules, measured_service
from tests.support.known_service import Answer, KnownService
from tests.support.obstacles import frozen
from tests.support.starved import StarvedTarget, burners

pytestmark = pytest.mark.usefixtures("k6")


def test_requests_that_were_due_and_not_sent_void_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", 0.05) as service:
        result = measured_service(tmp_path, service, MIX="product=1", RATE="200", VUS="2")
    assert "dropped iterations" in broken_rules(result)


def test_a_load_generator_without_a_core_voids_the_cell(tmp_path: Path) -> None:
    # Few visitors: each waits for the core itself, and not for the others, who wait for it too.
    with KnownService("sync", 0.002) as service, burners(4):
        result = measured_service(tmp_path, service, StarvedTarget, MIX="product=1", VUS="4")
    assert "k6 waited" in broken_rules(result)["load generator"]


def _long(path: str, answer: Answer) -> None:
    """A report that takes long to check: k6 looks at every row."""
    if path.startswith("/api/reports"):
        answer.body["rows"] *= 2000


@pytest.mark.alone
def test_a_load_generator_with_too_much_to_do_voids_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", spoil=_long) as service:
        result = measured_service(tmp_path, service, StarvedTarget, MIX="revenue=1", THINK="0.001")
    assert "load generator" in broken_rules(result)


class HeardTarget(RunningTarget):
    """Notes what k6 listens on while it runs."""

    heard: ClassVar[list[list[object]]] = []

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        running = super().generator(variables, log)
        begin_of(log)
        (pid,) = running.pids
        sockets = psutil.Process(pid).net_connections("inet")
        self.heard.append([each.laddr for each in sockets if each.status == psutil.CONN_LISTEN])
        return running


def test_nobody_can_change_the_load_by_k6s_rest_api(tmp_path: Path) -> None:
    with KnownService("sync", 0.001) as service:
        measured_service(tmp_path, service, HeardTarget, MIX="product=1")
    assert HeardTarget.heard == [[]]


class HaltedTarget(RunningTarget):
    """k6 that stands still for half of the time: it waits for no core, and comes round late all the same."""

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        generator = super().generator(variables, log)
        threading.Thread(target=_halt, args=(*generator.pids,), daemon=True).start()
        return generator


def _halt(pid: int) -> None:
    with suppress(ProcessLookupError):
        while True:
            time.sleep(0.3)
            with frozen(pid):
                time.sleep(0.3)


@pytest.mark.alone
def test_a_load_generator_that_comes_round_late_voids_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", 0.002) as service:
        result = measured_service(tmp_path, service, HaltedTarget, MIX="product=1", VUS="40")
    assert "k6 was late" in broken_rules(result)["load generator"]
