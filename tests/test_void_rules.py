"""Every rule that voids a cell fires when a running service or generator is spoiled, and none when nothing is."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from compose.local import Stack
from compose.placement import pinned
from loadtests.generator import Generator, k6_command
from loadtests.results_schema import Result
from loadtests.running_target import RunningTarget
from tests.cells import OwnTarget, broken_rules, cells_of, measured, measured_service, plan_of, unexpected
from tests.known_service import Answer, KnownService
from tests.obstacles import frozen
from tests.own_services import workers
from tests.waiting import wait_until

pytestmark = pytest.mark.alone

READS = "products=7,product=2,revenue=1"
MEASURED_FROM = re.compile(r"is measured from (\d+)")


def every(count: int, spoil: Callable[[Answer], None]) -> Callable[[str, Answer], None]:
    """Spoils each answer of this number, and none of the health checks."""
    seen = iter(range(1_000_000))
    return lambda path, answer: None if path.startswith("/health") or next(seen) % count else spoil(answer)


def _status(answer: Answer) -> None:
    answer.status = 500


def _sender(answer: Answer) -> None:
    answer.headers["X-Combination"] = "async"


def _cut(answer: Answer) -> None:
    answer.body = dict(list(answer.body.items())[:1])


@pytest.mark.parametrize(
    ("spoil", "rule", "words"),
    [
        (_status, "failed requests", "had another status"),
        (_sender, "wrong combination", "came from another combination"),
        (_cut, "wrong answers", "were not what was asked for"),
    ],
)
def test_an_answer_that_is_wrong_now_and_then_voids_the_cell(
    tmp_path: Path, spoil: Callable[[Answer], None], rule: str, words: str
) -> None:
    with KnownService("sync", 0.002, spoil=every(10, spoil)) as service:
        broken = broken_rules(measured_service(tmp_path, service, MIX=READS))
    assert words in broken[rule]


def test_requests_that_were_due_and_not_sent_void_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", 0.05) as service:
        result = measured_service(tmp_path, service, MIX="product=1", RATE="200", VUS="2")
    assert "were due and never sent" in broken_rules(result)["dropped iterations"]


def test_a_cold_start_in_the_measured_time_is_drift(tmp_path: Path) -> None:
    with KnownService("sync", 0.1) as service:
        log = tmp_path / "sync.k6.log"
        threading.Thread(target=_warm, args=(service, log), daemon=True).start()
        result = measured_service(tmp_path, service, MIX="product=1", DURATION="3", VUS="20")
    assert "in the first quarter" in broken_rules(result)["warm-up drift"]


def _warm(service: KnownService, log: Path) -> None:
    """The service is slow for the first quarter of the measured time, whose beginning k6 says in its log."""
    wait_until(lambda: log.exists() and MEASURED_FROM.search(log.read_text()), "k6 has begun", 60)
    begin = MEASURED_FROM.search(log.read_text())
    assert begin is not None
    time.sleep(max(0.0, int(begin[1]) / 1000 + 0.8 - time.time()))
    service.service_time = 0.002


class StarvedTarget(RunningTarget):
    """k6 on one core that others want as well."""

    def generator(self, variables: dict[str, str], log: Path) -> Generator:
        with pinned(frozenset({max(os.sched_getaffinity(0))})):
            return Generator(k6_command(), variables, log)


@contextmanager
def burners(many: int) -> Iterator[None]:
    """So many processes that never rest, on the core of a starved k6."""
    with pinned(frozenset({max(os.sched_getaffinity(0))})):
        # Each in a session of its own, because the kernel shares a core out by sessions first.
        burn = [sys.executable, "-c", "while True: pass"]
        running = [subprocess.Popen(burn, start_new_session=True) for _ in range(many)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait(10)


def test_a_load_generator_without_a_core_voids_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", 0.002) as service, burners(8):
        result = measured_service(tmp_path, service, StarvedTarget, MIX="product=1", VUS="20")
    assert "k6 w" in broken_rules(result)["load generator"]


@pytest.fixture
def one(stack: Stack, tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Measures one cell of the shared stack."""
    names: list[str] = []

    def measure(name: str, load: dict[str, str], **settings: str) -> Result:
        names.append(name)
        return measured(stack, tmp_path, name, load, None, (), **settings)

    yield measure
    for name in names:
        stack.service(name).restart()


def test_a_clean_cell_breaks_no_rule(one: Callable[..., Result]) -> None:
    for name in ("sync", "async-cached"):
        result = one(name, {"MIX": READS})
        assert unexpected(result) == {}
        assert result.server is not None
        assert result.server.window_s == pytest.approx(2, abs=0.5)
        counted = result.server.counters
        pages = "http_requests_total{route=list_products,status=200}"
        assert counted[pages] == pytest.approx(result.routes["products"].requests, abs=5)


def test_a_setting_that_is_changed_in_the_middle_voids_the_cell(
    stack: Stack, one: Callable[..., Result], tmp_path: Path
) -> None:
    def change(value: int, log: Path | None = None) -> None:
        if log:
            wait_until(lambda: log.exists() and "is measured from" in log.read_text(), "k6 has begun", 60)
        with closing(stack.admin()) as root, root.cursor() as cursor:
            cursor.execute(f"SET GLOBAL innodb_flush_log_at_trx_commit = {value}")

    meddler = threading.Thread(target=change, args=(1, tmp_path / "async.k6.log"))
    meddler.start()
    try:
        broken = broken_rules(one("async", {"MIX": READS}))
    finally:
        meddler.join(60)
        change(2)
    assert "innodb_flush_log_at_trx_commit was 2, then 1" in broken["changed ledger"]


def test_redis_gone_voids_the_cell_unless_that_was_the_purpose(stack: Stack, tmp_path: Path) -> None:
    name = "sync-cached"
    target = OwnTarget(stack, CACHE_TIMEOUT="0.1")
    try:
        cells = cells_of(target, plan_of(stack, tmp_path, name), tmp_path)
        target.prepare(name, False)

        is_over = threading.Event()

        def freeze() -> None:
            while not is_over.wait(0.6):
                with frozen(stack.cache_pid):
                    time.sleep(0.4)

        trouble = threading.Thread(target=freeze)
        trouble.start()
        load = {"MIX": READS, "VUS": "5", "THINK": "0.1", "DURATION": "3"}
        try:
            result = cells.measure_as_it_is(name, 1, variables=load)
        finally:
            is_over.set()
            trouble.join(60)
    finally:
        target.close()
        stack.service(name).restart()
    assert "Redis was bypassed or refused" in broken_rules(result)["cache bypassed"]


def test_a_worker_that_gets_no_requests_voids_the_cell(stack: Stack, tmp_path: Path) -> None:
    name = "async"
    target = OwnTarget(stack, WORKERS="2")
    try:
        target.prepare(name, False)
        wait_until(lambda: len(workers(stack.service(name), stack)) == 2, "both workers are ready")
        both = workers(stack.service(name), stack)
        cells = cells_of(target, plan_of(stack, tmp_path, name), tmp_path)
        log = tmp_path / f"{name}.k6.log"

        def wake() -> None:
            wait_until(lambda: log.exists() and "is measured from" in log.read_text(), "k6 has begun", 60)
            time.sleep(0.9)
            os.kill(both[0].pid, signal.SIGCONT)

        os.kill(both[0].pid, signal.SIGSTOP)
        awake = threading.Thread(target=wake)
        awake.start()
        result = cells.measure_as_it_is(name, 1, variables={"MIX": READS, "VUS": "8", "THINK": "0.05", "DURATION": "2"})
        awake.join(60)
    finally:
        os.kill(both[0].pid, signal.SIGCONT)
        target.close()
        stack.service(name).restart()
    # All of the load; who answers the looks at the metrics is chance.
    assert re.search("one of 2 workers had (9.|100)%", broken_rules(result)["lopsided workers"])
