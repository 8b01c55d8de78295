"""Every void rule fires when a running service is disturbed, and none otherwise."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from loadtests.analysis.starvation import ENOUGH_REQUESTS
from loadtests.analysis.void import CACHE
from loadtests.schema.result import Result
from tests.support.cells import (
    OwnTarget,
    begin_of,
    broken_rules,
    measured,
    measured_service,
    plan_of,
    restart,
    sleep_until,
    starts_of,
    undisturbed,
)
from tests.support.known_service import Answer, KnownService
from tests.support.own_redis import OwnRedis
from tests.support.stacks import COMBINATIONS

pytestmark = pytest.mark.usefixtures("servers", "k6")

READS = "products=7,product=2,revenue=1"
# Without a report, during which k6 would wait for the database to leave its core.
LIGHT = "products=7,product=3"
VISITORS = 20
LOG = "start-1.k6.log"


def every(count: int, spoil: Callable[[Answer], None]) -> Callable[[str, Answer], None]:
    """Changes every n-th answer, but no health check."""
    seen = iter(range(1_000_000))
    return lambda path, answer: None if path.startswith("/health") or next(seen) % count else spoil(answer)


def _status(answer: Answer) -> None:
    answer.status = 500


def _sender(answer: Answer) -> None:
    answer.headers["X-Combination"] = "async"


def _cut(answer: Answer) -> None:
    answer.cut = 20


def _lost(answer: Answer) -> None:
    answer.cut, answer.promised = 20, True


@pytest.mark.parametrize(
    ("spoil", "rule", "words"),
    [
        (_status, "failed requests", "had another status"),
        (_sender, "wrong combination", "came from another combination"),
        (_cut, "wrong answers", "were not what was asked for"),
        (_lost, "failed requests", "or no answer"),
    ],
)
def test_an_occasional_wrong_answer_voids_the_cell(
    tmp_path: Path, spoil: Callable[[Answer], None], rule: str, words: str
) -> None:
    with KnownService("sync", 0.002, spoil=every(10, spoil)) as service:
        broken = broken_rules(measured_service(tmp_path, service, MIX=READS))
    assert words in broken[rule]


def test_a_service_that_never_answers_voids_the_cell(tmp_path: Path) -> None:
    with KnownService("sync", 60) as service:
        result = measured_service(tmp_path, service, MIX="product=1", RATE="10", VUS="50", WARM_UP="0.1", DURATION="1")
    assert " 1 s" in broken_rules(result)["nothing measured"]


def test_a_cold_start_in_the_measured_time_is_drift(tmp_path: Path) -> None:
    with KnownService("sync", 0.1) as service:
        log = tmp_path / LOG
        threading.Thread(target=_warm, args=(service, log), daemon=True).start()
        result = measured_service(tmp_path, service, MIX="product=1", DURATION="6", VUS="20")
    assert set(broken_rules(result)) == {"warm-up drift"}


def _warm(service: KnownService, log: Path) -> None:
    """The service is slow for the first quarter of the measured time, which begins as in k6's log."""
    sleep_until(begin_of(log) + 1.6)
    service.service_time = 0.002


@pytest.fixture(scope="module")
def changed(stack: Stack) -> Iterator[set[str]]:
    """Services with other settings; at the end they are restarted with their own."""
    names: set[str] = set()
    yield names
    restart(stack, names)


@pytest.fixture
def one(stack: Stack, changed: set[str], tmp_path: Path) -> Callable[..., Result]:
    """Measures one cell of the shared stack."""

    def measure(name: str, load: dict[str, str], **settings: str) -> Result:
        changed.add(name)
        return measured(stack, tmp_path, name, load, None, (), **settings)

    return measure


@pytest.mark.alone
@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_clean_cell_breaks_no_rule(one: Callable[..., Result], name: str) -> None:
    result = undisturbed(lambda: one(name, {"MIX": LIGHT, "VUS": str(VISITORS)}))
    assert broken_rules(result) == {}
    # Enough requests for rules that a few requests cannot break.
    assert result.requests >= ENOUGH_REQUESTS
    assert result.server is not None
    assert result.server.window_s == pytest.approx(2, abs=0.5)
    counted = result.server.counters["http_requests_total{route=list_products,status=200}"]
    # A request in flight at either end of the measured time may be counted on one side only.
    assert counted == pytest.approx(result.routes["products"].requests, abs=VISITORS)


def test_a_setting_changed_during_a_cell_voids_it(stack: Stack, one: Callable[..., Result], tmp_path: Path) -> None:
    def change(value: int, log: Path | None = None) -> None:
        if log:
            sleep_until(begin_of(log) + 1)
        with closing(stack.admin()) as root, root.cursor() as cursor:
            cursor.execute(f"SET GLOBAL innodb_flush_log_at_trx_commit = {value}")

    meddler = threading.Thread(target=change, args=(1, tmp_path / LOG))
    meddler.start()
    try:
        broken = broken_rules(one("async", {"MIX": READS}))
    finally:
        meddler.join(60)
        change(2)
    assert "innodb_flush_log_at_trx_commit was 2, then 1" in broken["changed ledger"]


def test_a_missing_redis_voids_the_cell_unless_injected(one: Callable[..., Result], tmp_path: Path) -> None:
    name = "sync-cached"
    with OwnRedis(tmp_path) as redis:
        trouble = threading.Thread(target=_end, args=(redis, tmp_path / LOG))
        trouble.start()
        address = f"redis://{LOOPBACK}:{redis.port}/0"
        result = one(name, {"MIX": READS}, CACHE_URL=address)
        trouble.join(60)
    assert result.cache.hit > 0
    assert "cache bypassed" in broken_rules(result)
    assert "cache bypassed" not in broken_rules(structs.replace(result, injected=[CACHE]))


def _end(redis: OwnRedis, log: Path) -> None:
    """Redis ends in the middle of the measured time and does not come back."""
    sleep_until(begin_of(log) + 1)
    redis.kill()


@pytest.mark.alone
def test_a_worker_that_gets_no_requests_voids_the_cell(stack: Stack, changed: set[str], tmp_path: Path) -> None:
    name = "async"
    changed.add(name)
    target = OwnTarget(stack, WORKERS="2")
    try:
        target.prepare([name], False)
        starts = starts_of(target, plan_of(stack, tmp_path, name), tmp_path)
        # One visitor has one connection, to one of the workers.
        load = {"MIX": READS, "VUS": "1", "THINK": "0", "DURATION": "2"}
        result = starts.measure_alone(name, 1, variables=load, fresh=False)
    finally:
        target.close()
    # All of the load; which worker answers /metrics is random.
    assert re.search("one of 2 workers had (9.|100)%", broken_rules(result)["lopsided workers"])
