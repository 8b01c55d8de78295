"""The metrics of a service with two workers: nothing lost, nothing counted twice, on both twins."""

from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import ExitStack

import httpx
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from tests.conftest import PATIENT
from tests.support.crowd import Crowd, all_of
from tests.support.figures import Figures, figures
from tests.support.obstacles import locked_tables
from tests.support.own_services import kill_sessions, running_service, workers
from tests.support.plain_http import Wire
from tests.support.twins import NAMES
from tests.support.waiting import wait_until

CACHED = ["sync-cached", "async-cached"]
EACH = 15
SECONDS = 30.0


@pytest.fixture(scope="module", params=NAMES)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, WORKERS="2", ACQUIRE_TIMEOUT="0.3") as running:
        yield running


def test_every_request_is_counted_once(service: Service) -> None:
    before = figures(service.url)
    with ExitStack() as closing:
        wires = [closing.enter_context(Wire(service.url)) for _ in range(8)]
        for _ in range(EACH):
            for wire in wires:
                wire.get("/api/products/1")
                wire.get("/api/products/0")
                wire.get("/nowhere")
    after = figures(service.url)
    asked = EACH * 8
    for labels, many in {
        ("get_product", "200"): asked, ("get_product", "404"): asked, ("unmatched", "404"): asked,
    }.items():  # fmt: skip
        route = {"route": labels[0], "status": labels[1]}
        assert _more(before, after, "http_requests_total", **route) == many, labels
    product = {"route": "get_product"}
    assert _more(before, after, "http_request_seconds_count", **product) == 2 * asked
    assert _more(before, after, "http_request_seconds_bucket", le="+Inf", **product) == 2 * asked
    assert _more(before, after, "http_request_seconds_sum", **product) > 0
    # Plus the requests for /metrics, the second of which was not finished when counted.
    assert _more(before, after, "http_requests_total") == 3 * asked + 1


def test_the_workers_requests_add_up_to_all(service: Service, stack: Stack) -> None:
    with ExitStack() as closing:
        wires = [closing.enter_context(Wire(service.url)) for _ in range(16)]
        for wire in wires:
            wire.get("/api/products/1")
        now = figures(service.url)
    serving = {str(each.pid) for each in workers(service, stack)}
    counted = now.values("http_worker_requests", "pid")
    assert {pid for pid, many in counted.items() if many} == serving
    assert sum(counted.values()) == now.sum("http_requests_total")


def test_the_metrics_are_in_prometheus_format(service: Service) -> None:
    answer = httpx.get(f"{service.url}/metrics", timeout=SECONDS)
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    names = Figures(answer.text).names
    assert len(names) == len(set(names))
    assert {"http_requests", "http_request_seconds", "cache_events", "pool_in_use"} <= set(names)


def test_the_metrics_show_the_pool_in_use_and_idle_again(service: Service, stack: Stack) -> None:
    before = figures(service.url)
    assert before.sum("pool_in_use") == 0
    with Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(service.name)):
            pending = crowd.get("/api/products/1", 16)
            wait_until(lambda: sum(each.done() for each in pending) >= 8, "eight are refused")
            busy = figures(service.url)
        answers = all_of(pending)
    after = figures(service.url)
    assert 4 <= busy.sum("pool_in_use") <= 8
    assert after.sum("pool_in_use") == 0
    # A slow machine may refuse a request before it reaches the pool.
    refused = [each for each in answers if "connections are busy" in each.answer.text]
    assert _more(before, after, "pool_refused_total") == len(refused) >= 1
    waited = _more(before, after, "pool_wait_seconds_count")
    assert waited == sum(each.status == 200 for each in answers)


def test_replaced_connections_are_counted(service: Service, stack: Stack) -> None:
    before = figures(service.url)
    killed = kill_sessions(service, stack)
    assert killed >= 8
    with Crowd(service.url) as crowd:
        assert {each.status for each in all_of(crowd.get("/api/products/1", 32))} == {200}
    after = figures(service.url)
    assert 1 <= _more(before, after, "pool_opened_total") <= 2 * killed
    assert _more(before, after, "database_tried_again_total") >= 1


@pytest.mark.parametrize("name", CACHED)
def test_cache_events_are_counted(stack: Stack, name: str) -> None:
    with running_service(stack, name, WORKERS="2", **PATIENT) as service:
        states = [_state(service, "/api/products/5") for _ in range(6)]
        httpx.patch(f"{service.url}/api/products/5", json={"stock": 900}, timeout=SECONDS)
        states.append(_state(service, "/api/products/5"))
        events = figures(service.url).values("cache_events_total", "event")
    assert states == ["miss"] + ["hit"] * 5 + ["miss"]
    assert (events["hit"], events["miss"]) == (5, 2)
    assert events["dropped"] >= 1
    assert events["bypass"] == events["refused"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_worker_leaves_its_counters_and_takes_its_gauges(stack: Stack, name: str) -> None:
    with running_service(stack, name, WORKERS="2") as service, Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(service.name)):
            pending = crowd.get("/api/products/1", 8)
            wait_until(lambda: figures(service.url).sum("pool_in_use") >= 4, "a pool is at work")
            before = figures(service.url)
            for process in workers(service, stack):
                process.kill()
            wait(pending, SECONDS)
        wait_until(lambda: _is_ready(service), "other workers have taken over")
        wait_until(lambda: figures(service.url).sum("pool_in_use") == 0, "no dead worker counts")
        after = figures(service.url)
    assert after.sum("http_requests_total") >= before.sum("http_requests_total")
    assert after.sum("pool_opened_total") >= before.sum("pool_opened_total") + 4


def _is_ready(service: Service) -> bool:
    try:
        return httpx.get(f"{service.url}/health/ready", timeout=SECONDS).status_code == 200
    except httpx.HTTPError:
        return False


def _more(before: Figures, after: Figures, name: str, **labels: str) -> float:
    return after.sum(name, **labels) - before.sum(name, **labels)


def _state(service: Service, path: str) -> str:
    state: str = httpx.get(f"{service.url}{path}", timeout=SECONDS).headers["X-Cache"]
    return state
