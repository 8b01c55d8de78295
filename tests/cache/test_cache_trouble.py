"""Redis in trouble: no request fails, each loses CACHE_TIMEOUT at most in all, and no write is forgotten."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import count

import httpx
import pytest

from compose.local import ports
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import GARBLE, Mode
from tests.support.crowd import Crowd, Timed, all_of
from tests.support.figures import Figures, figures
from tests.support.obstacles import locked_tables
from tests.support.own_redis import OwnRedis
from tests.support.own_services import running_service
from tests.support.waiting import wait_until

# Latencies are measured: one time-out has to be distinguished from two.
pytestmark = [pytest.mark.timed, pytest.mark.usefixtures("servers")]
CACHE_TIMEOUT = 0.8
ONCE = 2 * CACHE_TIMEOUT - 0.1
NOT_AT_ALL = CACHE_TIMEOUT - 0.1
numbers = count(600)


@dataclass
class Troubled:
    """A service, its Redis, and the proxy between the two."""

    service: Service
    redis: OwnRedis
    proxy: Proxy
    client: httpx.Client

    def get(self, number: int) -> httpx.Response:
        """A product, which must be answered."""
        answer = self.client.get(f"/api/products/{number}")
        assert answer.status_code == 200
        return answer

    def change(self, number: int, stock: int) -> None:
        """Writes a product's stock."""
        answer = self.client.patch(f"/api/products/{number}", json={"stock": stock})
        assert answer.status_code == 200

    def figures(self) -> Figures:
        """The service's metrics."""
        return figures(self.service.url)

    def wait_for_mending(self) -> None:
        """Returns when the service uses Redis again and owes no drops."""
        wait_until(lambda: self.figures().sum("cache_breaker_open") == 0, "the breaker has closed")
        assert self.figures().sum("cache_owed_drops") == 0


@pytest.fixture(scope="module", params=["sync-cached", "async-cached"])
def troubled(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Troubled]:
    folder = stack.directory / f"own-redis-{request.param}"
    folder.mkdir()
    with OwnRedis(folder) as own, Proxy(own.port) as proxy:
        address = f"redis://{ports.LOOPBACK}:{proxy.port}/0"
        limits = {"CACHE_TIMEOUT": str(CACHE_TIMEOUT), "POOL": "16", "IN_FLIGHT": "32"}
        with (
            running_service(stack, request.param, CACHE_URL=address, **limits) as service,
            httpx.Client(base_url=service.url, timeout=15) as client,
        ):
            yield Troubled(service, own, proxy, client)


TROUBLES: dict[str, Callable[[Troubled], AbstractContextManager[object]]] = {
    "refused": lambda one: one.redis.gone(),
    "frozen": lambda one: one.redis.frozen(),
    "slow": lambda one: one.proxy.switched(Mode("delay", 0.5 * CACHE_TIMEOUT + 0.1)),
    "dripping": lambda one: one.proxy.switched(Mode("drip", 0.15)),
    "garbage": lambda one: one.proxy.switched(GARBLE),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_costs_each_running_request_one_time_out_and_later_ones_nothing(
    troubled: Troubled, trouble: str
) -> None:
    warm, written, cold = next(numbers), next(numbers), next(numbers)
    for number in (warm, written):
        troubled.change(number, 1)
        troubled.get(number)
        assert troubled.get(number).headers["X-Cache"] == "hit"
    before = troubled.figures()
    with Crowd(troubled.service.url) as crowd, TROUBLES[trouble](troubled):
        pending = [*crowd.get(f"/api/products/{warm}", 4), *crowd.get(f"/api/products/{cold}", 4)]
        pending.append(crowd.send("PATCH", f"/api/products/{written}", json={"stock": 2}))
        _check(all_of(pending), ONCE)
        wait_until(lambda: troubled.figures().sum("cache_breaker_open") == 1, "the breaker is open")
        later = [*crowd.get(f"/api/products/{warm}", 3), *crowd.get(f"/api/products/{written}", 3)]
        later.append(crowd.send("PATCH", f"/api/products/{warm}", json={"stock": 3}))
        _check(all_of(later), NOT_AT_ALL)
        assert {each.answer.headers.get("X-Cache") for each in all_of(later)} == {"bypass", None}
        assert troubled.get(written).json()["stock"] == 2
        assert troubled.get(warm).json()["stock"] == 3
    troubled.wait_for_mending()
    assert (troubled.get(warm).json()["stock"], troubled.get(written).json()["stock"]) == (3, 2)
    wait_until(lambda: troubled.get(warm).headers["X-Cache"] == "hit", "the cache is used again")
    after = troubled.figures()
    assert after.sum("cache_breaker_opened_total") > before.sum("cache_breaker_opened_total")
    assert after.sum("cache_late_drops_total") > before.sum("cache_late_drops_total")


def test_a_lease_that_could_not_be_freed_delays_no_request(troubled: Troubled, stack: Stack) -> None:
    warm, cold = next(numbers), next(numbers)
    troubled.get(warm)
    with Crowd(troubled.service.url) as crowd, ExitStack() as trouble, troubled.redis.client() as client:
        with locked_tables(stack, stack.database(troubled.service.name)):
            reads = crowd.get(f"/api/products/{cold}")
            wait_until(lambda: client.keys("*:lease:*"), "the lease is taken")
            trouble.enter_context(troubled.redis.frozen())
            reads += crowd.get(f"/api/products/{warm}")
            wait_until(lambda: troubled.figures().sum("cache_breaker_open") == 1, "the breaker is open")
        assert [each.status for each in all_of(reads)] == [200, 200]
        trouble.close()
        troubled.wait_for_mending()
        assert client.keys("*:lease:*")
        _check(all_of(crowd.get(f"/api/products/{cold}")), NOT_AT_ALL)


def test_many_short_delays_cost_one_time_out_together(troubled: Troubled) -> None:
    """A cold read takes four commands: each is in time, but their sum is not."""
    with troubled.proxy.switched(Mode("delay", 0.15)), Crowd(troubled.service.url) as crowd:
        _check(all_of(crowd.get(f"/api/products/{next(numbers)}", 1)), ONCE)
    troubled.wait_for_mending()


def test_a_full_redis_still_serves_its_values_and_accepts_drops(troubled: Troubled) -> None:
    kept, new = next(numbers), next(numbers)
    troubled.change(kept, 1)
    troubled.get(kept)
    with troubled.redis.configured(maxmemory="1", maxmemory_policy="noeviction"):
        assert troubled.get(kept).headers["X-Cache"] == "hit"
        assert [troubled.get(new).headers["X-Cache"] for _ in range(2)] == ["bypass", "bypass"]
        troubled.change(kept, 5)
        assert troubled.get(kept).json()["stock"] == 5
        assert troubled.figures().sum("cache_breaker_open") == 0
    assert [troubled.get(new).headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]


def test_a_redis_that_evicts_only_causes_misses(troubled: Troubled) -> None:
    many = range(700, 730)
    with troubled.redis.client() as client:
        used = int(client.info("memory")["used_memory"])
    with troubled.redis.configured(maxmemory=str(used + 4096), maxmemory_policy="allkeys-lru"):
        for stock in (7, 8):
            for number in many:
                troubled.get(number)
                troubled.change(number, stock)
                assert troubled.get(number).json()["stock"] == stock
        with troubled.redis.client() as client:
            assert client.info("stats")["evicted_keys"] > 0
    assert troubled.figures().sum("cache_breaker_open") == 0


def test_a_redis_restarted_empty_is_filled_again(troubled: Troubled) -> None:
    number = next(numbers)
    troubled.get(number)
    with troubled.redis.gone():
        pass
    troubled.wait_for_mending()
    states = [troubled.get(number).headers["X-Cache"] for _ in range(2)]
    assert states[-1] == "hit" or states == ["bypass", "miss"]


def _check(answers: list[Timed], longest: float) -> None:
    assert {each.status for each in answers} == {200}
    assert max(each.seconds for each in answers) < longest
