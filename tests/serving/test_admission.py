"""The sync twin's places: a request holds one until its answer is sent, however it ends."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.http import deadlines
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from shared.service.settings import read_settings
from sync_api.service.admission import admitting
from sync_api.service.places import Places

IN_FLIGHT = 2
SETTINGS = {
    "COMBINATION": "sync", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none",
    "IN_FLIGHT": str(IN_FLIGHT), "ACQUIRE_TIMEOUT": "0.1",
}  # fmt: skip
API, HEALTH = {"PATH_INFO": "/api/products/1"}, {"PATH_INFO": "/health/live"}
Ask = Callable[[dict[str, str]], Iterable[bytes]]


class Body:
    """An answer that is closed once it was sent."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Any:
        return iter([b"a", b"b"])

    def close(self) -> None:
        self.closed = True


def service(handle: Callable[[], Iterable[bytes]]) -> Ask:
    """An application behind the middleware."""

    def app(*_: Any) -> Iterable[bytes]:
        deadlines.must_be_admitted()
        return handle()

    admitted: Any = admitting(app, Places(read_settings(SETTINGS), Metrics()))
    return lambda environ: admitted(environ, None)


def refused(ask: Ask) -> bool:
    """Whether a request finds no place; one that does gives it back."""
    try:
        close(ask(API))
    except Problem as problem:
        return problem.status == 503
    return False


def close(answer: Any) -> None:
    answer.close()


def test_a_place_is_held_until_the_answer_is_closed() -> None:
    bodies = [Body() for _ in range(IN_FLIGHT)]
    left = iter(bodies)
    ask = service(lambda: next(left, Body()))
    answers = [ask(API) for _ in bodies]
    assert [b"".join(answer) for answer in answers] == [b"ab"] * IN_FLIGHT
    assert refused(ask)
    close(answers[0])
    assert [body.closed for body in bodies] == [True, False]
    assert not refused(ask)


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_place_is_returned_after_a_failure(error: type[BaseException]) -> None:
    fails = True

    def handle() -> Iterable[bytes]:
        if fails:
            raise error
        return [b""]

    ask = service(handle)
    for _ in range(2 * IN_FLIGHT):
        with pytest.raises(error):
            ask(API)
    fails = False
    assert not refused(ask)


def test_health_and_metrics_need_no_place_even_in_a_thread_after_a_refusal() -> None:
    ask = service(lambda: [b""])
    held = [ask(API) for _ in range(IN_FLIGHT)]
    assert refused(ask)
    assert list(ask(HEALTH)) == [b""]
    for answer in held:
        close(answer)


def test_a_waiting_request_gets_the_returned_place() -> None:
    handled = threading.Semaphore(0)
    ask = service(lambda: handled.release() or [b""])  # type: ignore[func-returns-value]
    held = [ask(API) for _ in range(IN_FLIGHT)]
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(refused, ask)
        close(held[0])
        assert waiting.result(5) is False


def test_a_request_beyond_the_queue_is_refused_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not refused(service(lambda: [b""]))
    monkeypatch.setattr("sync_api.service.places.most_waiting", lambda _: 0)
    assert refused(service(lambda: [b""]))
