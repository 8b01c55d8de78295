"""One computation for all requests: over all workers, with a leader that dies or disconnects, within a time limit."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest
import redis

from compose.local.service import Service
from compose.local.stack import Stack
from tests.support.crowd import Crowd, all_of
from tests.support.figures import figures
from tests.support.obstacles import locked_tables
from tests.support.own_services import running_service, sessions, tree, workers
from tests.support.plain_http import Wire, request
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timed

CACHED = ["sync-cached", "async-cached"]
REPORT = "/api/reports/revenue?days=60"
MANY = 200
WIDE = {"POOL": "16", "IN_FLIGHT": "64", "CACHE_TIMEOUT": "1"}


def selects(stack: Stack) -> int:
    """How many SELECTs the database server has run."""
    with stack.admin() as root, root.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_select'")
        return int(cursor.fetchall()[0][1])


@contextmanager
def entries(service: Service) -> Iterator[redis.Redis]:
    """A client of the service's Redis."""
    with closing(redis.Redis.from_url(service.settings["CACHE_URL"], socket_timeout=15)) as client:
        yield client


def forget(service: Service) -> None:
    """Empties the service's part of Redis."""
    with entries(service) as client:
        for key in client.scan_iter(f"{service.settings['CACHE_PREFIX']}:*", count=1000):
            client.delete(key)


def leases(service: Service) -> int:
    """How many leases are held in the service's part of Redis."""
    with entries(service) as client:
        return len(list(client.scan_iter(f"{service.settings['CACHE_PREFIX']}:lease:*", count=1000)))


@pytest.fixture(scope="module", params=CACHED)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    """One worker with a wide pool."""
    with running_service(stack, request.param, **WIDE) as running:
        yield running


@pytest.mark.parametrize("name", CACHED)
def test_two_hundred_concurrent_reads_of_a_cold_key_cause_one_query(stack: Stack, name: str) -> None:
    with running_service(stack, name, WORKERS="2", FLIGHT_TIMEOUT="6", **WIDE) as service, ExitStack() as wires:
        before = selects(stack)
        body = httpx.get(service.url + REPORT, timeout=15).content
        alone = selects(stack) - before
        forget(service)
        crowd = [wires.enter_context(Wire(service.url)) for _ in range(MANY)]
        for wire in crowd:
            wire.get("/health/live")
        before = selects(stack)
        for wire in crowd:
            wire.send(request(REPORT))
        answers = [wire.answer() for wire in crowd]
        assert answers == [(200, body)] * MANY
        assert selects(stack) - before == alone
        events = figures(service.url).values("cache_events_total", "event")
        assert events["miss"] == 2  # the single query before, and the one for all
        assert events["hit"] + events["joined"] == MANY - 1
        assert leases(service) == 0


@pytest.mark.parametrize("name", CACHED)
def test_a_leader_that_is_killed_frees_the_key_in_time(stack: Stack, name: str) -> None:
    with running_service(stack, name, WORKERS="2", FLIGHT_TIMEOUT="1", **WIDE) as service:
        with locked_tables(stack, stack.database(name)), Wire(service.url) as wire:
            wire.send(request("/api/products/5"))
            wait_until(lambda: leases(service) == 1, "the leader has its lease")
            for process in workers(service, stack):
                process.kill()
        wait_until(lambda: len(workers(service, stack)) == 2, "other workers have taken over")
        with Crowd(service.url) as crowd:
            answers = all_of(crowd.get("/api/products/5", 6))
        assert {each.status for each in answers} == {200}
        assert max(each.seconds for each in answers) < 1 + 2
        assert httpx.get(f"{service.url}/api/products/5", timeout=15).headers["X-Cache"] == "hit"


def test_a_leader_whose_client_disconnects_strands_no_follower(stack: Stack, service: Service) -> None:
    with Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(service.name)):
            with Wire(service.url) as leader:
                leader.send(request("/api/products/6"))
                wait_until(lambda: _reading(service, stack) == 1, "the leader reads")
                before = selects(stack)
                followers = crowd.get("/api/products/6", 8)
                wait_until(lambda: _opened(service) >= 9, "the followers have come")
            time.sleep(0.2)  # so that the service has noticed the leader's disconnect
        answers = all_of(followers)
        assert {each.status for each in answers} == {200}
        assert selects(stack) - before == 0
        assert figures(service.url).sum("cache_events_total", event="joined") == 8


@pytest.mark.parametrize("name", CACHED)
def test_followers_query_the_database_after_their_time_out(stack: Stack, name: str) -> None:
    with running_service(stack, name, FLIGHT_TIMEOUT="1.5", **WIDE) as service, Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(name)):
            pending = crowd.get("/api/products/7", 3)
            wait_until(lambda: _reading(service, stack) == 1, "one reads for all")
            taken = wait_until(lambda: _reading(service, stack) == 3, "each reads for himself")
        assert {each.status for each in all_of(pending)} == {200}
        assert taken < 4


def test_a_missing_product_is_queried_once_for_all_readers(stack: Stack, service: Service) -> None:
    with Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(service.name)):
            pending = crowd.get("/api/products/9999", 5)
            wait_until(lambda: _reading(service, stack) == 1, "one reads for all")
            wait_until(lambda: _opened(service) >= 5, "all have come")
            time.sleep(0.2)
        answers = all_of(pending)
        assert [(each.status, each.answer.headers["X-Cache"]) for each in answers] == [(404, "miss")] * 5


@pytest.mark.parametrize("name", CACHED)
def test_a_hot_key_is_refreshed_before_it_expires(stack: Stack, name: str) -> None:
    with running_service(stack, name, CACHE_LIFETIME="1.5", **WIDE) as service, Wire(service.url) as wire:
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            assert wire.get("/api/products/8")[0] == 200
        now = figures(service.url)
    assert now.sum("cache_refreshes_total", outcome="made") >= 2
    assert now.sum("cache_events_total", event="miss") <= 2
    assert now.sum("cache_refreshes_total", outcome="failed") == 0


@pytest.mark.parametrize("name", CACHED)
def test_without_refresh_a_hot_key_expires_and_is_missed(stack: Stack, name: str) -> None:
    environment = {"CACHE_LIFETIME": "0.5", "CACHE_REFRESH": "off"}
    with running_service(stack, name, **environment, **WIDE) as service, Wire(service.url) as wire:
        ends = time.monotonic() + 2
        while time.monotonic() < ends:
            assert wire.get("/api/products/8")[0] == 200
        now = figures(service.url)
    assert now.sum("cache_events_total", event="miss") >= 3
    assert now.sum("cache_refreshes_total") == now.sum("cache_events_total", event="stale") == 0


def _reading(service: Service, stack: Stack) -> int:
    return sum("FROM products" in statement for statement in sessions(service, stack).values())


def _opened(service: Service) -> int:
    """How many clients are connected."""
    listening = int(service.settings["BIND"].rpartition(":")[2])
    each = [process.net_connections("tcp") for process in tree(service)]
    return sum(
        connection.laddr.port == listening and bool(connection.raddr)
        for connections in each
        for connection in connections
    )
