"""The local stack with one service up at a time, started with the settings of a point."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import PASS, Mode
from loadtests.studies.sweep.factors import Point
from loadtests.targets.local import LocalTarget

MILLISECOND = 0.001
PROXY = "proxy"
# At most levels the service's core is full, and then the usual 100 ms give Redis up without any fault of it.
PATIENT = {"CACHE_TIMEOUT": "1"}


class SweepTarget(LocalTarget):
    """One service at a time; all others are stopped."""

    def __init__(self, stack: Stack, proxy: Proxy) -> None:
        super().__init__(stack)
        self._proxy = proxy
        self._point: Point | None = None
        for service in stack.services.values():
            service.stop()

    def aim(self, point: Point) -> None:
        self._point = point

    @property
    def cores(self) -> dict[str, int]:
        return {**super().cores, PROXY: super().cores["database"]}

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        """Starts services with the settings of the point, with an empty cache and no other service running.

        Connections are opened before the delay is switched on, so that starting does not take a second for each.
        """
        for service in self._stack.services.values():
            service.stop()
        self._proxy.switch(PASS)
        super().prepare(names, restore)
        distance = self._point.injected_ms if self._point else None
        if distance:
            # Half of the round trip in each direction.
            self._proxy.switch(Mode("delay", distance * MILLISECOND / 2))

    def programs(self, name: str) -> dict[str, int]:
        programs = super().programs(name)
        return programs | ({PROXY: self._proxy.pid} if self._behind_proxy else {})

    @property
    def _behind_proxy(self) -> bool:
        return self._point is not None and self._point.injected_ms is not None

    def environment(self, name: str) -> dict[str, str]:
        if self._point is None:
            return {}
        environment = {**PATIENT, **self._point.environment}
        if self._behind_proxy:
            address = urlsplit(self._stack.service(name).settings["DATABASE_URL"])
            place = f"{address.username}@{LOOPBACK}:{self._proxy.port}"
            environment["DATABASE_URL"] = urlunsplit(address._replace(netloc=place))
        return environment


@contextmanager
def sweep_target(stack: Stack) -> Iterator[SweepTarget]:
    """With a proxy before the database, on the cores that the services do not use."""
    with Proxy(stack.database_port, cores=stack.placement.others) as proxy:
        target = SweepTarget(stack, proxy)
        try:
            yield target
        finally:
            target.close()
