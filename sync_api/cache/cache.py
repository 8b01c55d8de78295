"""The bodies of cached routes: out of Redis, out of a flight that others have begun, or made here and kept."""

from collections.abc import Callable, Sequence

from shared.cache.plans import Plan
from shared.cache.steps import Allowance, CacheTrouble
from shared.http.answer import Answer, cached
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.background import Background, Call
from .door import CacheDoor
from .making import Making, Miss, loaded


class Cache:
    """Cache-aside; without CACHE_URL it hands every request through and says so. Never fails because of Redis."""

    def __init__(
        self, settings: Settings, background: Background, pool_is_busy: Callable[[], bool], metrics: Metrics
    ) -> None:
        self._metrics = metrics
        self._seconds = settings.cache_timeout
        self._door: CacheDoor | None = None
        self.state_without = "off"
        if settings.cache_url:
            self._door = CacheDoor(settings, background, metrics)
            self._making = Making(settings, self._door, background, pool_is_busy, metrics)
            self.state_without = "bypass"

    def open(self) -> None:
        """Opens the connections to Redis."""
        if self._door is not None:
            self._door.open()

    def answer(self, plan: Plan, load: Call[bytes], load_behind: Call[bytes] | None = None) -> Answer:
        """Gives the cached body, or what `load` gives and keeps it; `load_behind` takes one connection only."""
        if self._door is None:
            return loaded(load, "off")
        allowance = Allowance(self._seconds)
        try:
            found = self._door.find(plan, allowance, load)
        except CacheTrouble:
            self._metrics.cache("bypass")
            return loaded(load, "bypass")
        if found.body is None:
            return self._making.once(Miss(plan, found, allowance, load))
        self._metrics.cache(found.state)
        if found.due:
            self._making.again_behind(plan, found, load_behind or load)
        return cached(found.body, found.state)

    def drop(self, groups: Sequence[str]) -> None:
        """Ends every value of these groups; for after the commit and before the answer."""
        if self._door is not None and groups:
            self._door.drop(groups)

    def state(self) -> str:
        """Tells whether the cache is off, ok or down; nobody is to depend on it."""
        if self._door is None:
            return "off"
        is_up = self._door.is_up()
        return "ok" if is_up else "down"

    def hasten(self) -> None:
        """Ends all pauses: the service closes."""
        if self._door is not None:
            self._door.hasten()

    def close(self) -> None:
        """Closes the connections."""
        if self._door is not None:
            self._door.close()
