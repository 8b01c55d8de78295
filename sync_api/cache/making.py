"""Making a body that is not in the cache, once for all who ask; and making one again before it ends."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from shared.cache import policy as cache_policy
from shared.cache.flights import Flights, Turn
from shared.cache.plans import Plan
from shared.cache.policy import Limits
from shared.cache.steps import Allowance, CacheTrouble
from shared.cache.values import Found
from shared.http import deadlines
from shared.http.answer import Answer, cached
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.background import Background, Call
from .door import CacheDoor
from .flight import Flight

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Miss:
    """A read whose value was not there, with what it has left to spend on Redis."""

    plan: Plan
    found: Found
    allowance: Allowance
    load: Call[bytes]


class Making:
    """Has one flight for each key and its stamps, in this process and by a lease in all others."""

    def __init__(
        self,
        settings: Settings,
        door: CacheDoor,
        background: Background,
        pool_is_busy: Callable[[], bool],
        metrics: Metrics,
    ) -> None:
        self._door = door
        self._metrics = metrics
        self._limits = Limits.of(settings)
        self._background = background
        self._pool_is_busy = pool_is_busy
        self._flights: Flights[Flight] = Flights(Flight)
        self._behind = Turn()
        self._allowance = settings.cache_timeout

    def once(self, miss: Miss) -> Answer:
        """Gives the body that one makes for all who ask; after FLIGHT_TIMEOUT, one made for this caller alone."""
        name = cache_policy.flight_of(miss.plan, cache_policy.seen(miss.found))
        flight, is_ours = self._flights.board(name)
        if flight is not None and is_ours:
            # This client may go away; those who have joined him wait for what he has begun.
            return self._background.run_to_completion(self._lead, name, flight, miss)
        outcome = None
        if flight is not None:
            outcome = flight.wait(deadlines.within(self._limits.wait))
        if isinstance(outcome, Problem):
            raise outcome.again()
        if outcome is None:
            self._metrics.cache("miss")
            return loaded(miss.load, "miss")
        self._metrics.cache("joined")
        return cached(outcome, "miss")

    def again_behind(self, plan: Plan, found: Found, load: Call[bytes]) -> None:
        """Makes a value again behind the answers, one at a time, unless the pool is busy."""
        if not self._limits.refresh or not self._behind.take():
            return
        if self._pool_is_busy() or not self._background.submit(self._again, plan, found, load):
            self._behind.give_back()
            self._metrics.refresh("left_out")

    def _lead(self, name: str, flight: Flight, miss: Miss) -> Answer:
        def landing() -> bytes:
            body = miss.load()
            flight.land(body)
            return body

        try:
            stamps = cache_policy.seen(miss.found)
            steps = cache_policy.fill(self._door.names, miss.plan, stamps, self._limits, self._metrics)
            filled = self._door.ask(steps, miss.allowance, landing)
        except Problem as problem:
            self._metrics.cache("miss")
            told = problem.with_header("X-Cache", "miss")
            flight.land(told if told.is_about_the_data else None)
            raise told from problem
        else:
            self._metrics.cache(filled.state)
            flight.land(filled.body)
        finally:
            self._flights.end(name)
            flight.land(None)
        return cached(filled.body, "bypass" if filled.state == "bypass" else "miss")

    def _again(self, plan: Plan, found: Found, load: Call[bytes]) -> None:
        try:
            steps = cache_policy.refresh(self._door.names, plan, found, self._limits, self._metrics)
            made = self._door.ask(steps, Allowance(self._allowance), load)
            self._metrics.refresh("made" if made else "elsewhere")
        except (Problem, CacheTrouble) as fault:
            self._metrics.refresh("failed")
            log.debug("not made again: %s", fault)
        finally:
            self._behind.give_back()


def loaded(load: Call[bytes], state: str) -> Answer:
    """Gives the body made from the database, with where it came from; a problem says that too."""
    try:
        body = load()
    except Problem as problem:
        raise problem.with_header("X-Cache", state) from problem
    return cached(body, state)
