"""Three times more requests than a twin can hold: both refuse the same share, in time, with a problem."""

import time

import pytest

from compose.local.stack import Stack
from tests.support.crowd import Crowd, Timed, all_of
from tests.support.obstacles import locked_tables
from tests.support.own_services import SMALL, running_service
from tests.support.twins import NAMES

pytestmark = pytest.mark.timed

POOL, IN_FLIGHT = int(SMALL["POOL"]), int(SMALL["IN_FLIGHT"])
CROWD = 3 * IN_FLIGHT
ACQUIRE = 0.5
BLOCKED = 6.0  # much longer than refusing all requests without a connection takes
LIMITS = {
    "ACQUIRE_TIMEOUT": str(ACQUIRE), "STATEMENT_TIMEOUT": "8", "READ_TIMEOUT": "9",
    "REQUEST_TIMEOUT": "10",
}  # fmt: skip
SLACK = 0.6
PATH = "/api/products/1"


def _crowded(stack: Stack, name: str) -> list[Timed]:
    with running_service(stack, name, **LIMITS) as service, Crowd(service.url) as crowd:
        with locked_tables(stack, stack.database(name)):
            pending = crowd.get(PATH, CROWD)
            deadline = time.monotonic() + BLOCKED
            while sum(each.done() for each in pending) < CROWD - POOL:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
        answers = all_of(pending)
        assert all_of(crowd.get(PATH))[0].status == 200
        return answers


@pytest.fixture(scope="module")
def answers(stack: Stack) -> dict[str, list[Timed]]:
    return {name: _crowded(stack, name) for name in NAMES}


def test_both_twins_refuse_the_same_share(answers: dict[str, list[Timed]]) -> None:
    refused = {name: sum(each.status == 503 for each in given) for name, given in answers.items()}
    assert abs(refused["sync"] - refused["async"]) <= 2
    assert min(refused.values()) >= CROWD - POOL - 2


@pytest.mark.parametrize("name", NAMES)
def test_every_accepted_connection_is_answered(answers: dict[str, list[Timed]], name: str) -> None:
    admitted = [each for each in answers[name] if each.status != 503]
    assert len(admitted) >= POOL
    assert {each.status for each in admitted} == {200}
    assert {each.answer.json()["id"] for each in admitted} == {1}


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_is_a_problem_with_retry_after(answers: dict[str, list[Timed]], name: str) -> None:
    refused = [each for each in answers[name] if each.status == 503]
    assert all(each.is_problem() for each in refused)
    assert {each.answer.headers["Retry-After"] for each in refused} == {"1"}
    assert {each.answer.headers["X-Combination"] for each in refused} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_every_refusal_comes_in_time_however_long_the_queue(answers: dict[str, list[Timed]], name: str) -> None:
    times = [each.seconds for each in answers[name] if each.status == 503]
    # At most one wait for a place and one for a connection: a request without a place in time is refused at once.
    assert ACQUIRE - 0.1 <= min(times)
    assert max(times) <= 2 * (ACQUIRE + 0.1) + SLACK
