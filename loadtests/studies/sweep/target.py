"""The local stack, whose services are started with the settings of a point."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import PASS, Mode
from loadtests.studies.sweep.factors import Point, Setting
from loadtests.targets.local import LocalTarget

MILLISECOND = 0.001
# At most levels the service's core is full, and then the usual 100 ms give Redis up without any fault of it.
PATIENT = {"CACHE_TIMEOUT": "1"}


class SweepTarget(LocalTarget):
    def __init__(self, stack: Stack, proxy: Proxy) -> None:
        super().__init__(stack)
        self._proxy = proxy
        self._setting = Point().setting

    def begin(self, setting: Setting, names: Sequence[str]) -> None:
        """Fresh services with this setting, and an empty cache.

        Connections are opened without a delay, so that starting does not take a second for each.
        """
        self._setting = setting
        self._proxy.switch(PASS)
        self.prepare(names, restore=False)

    def aim(self, point: Point, names: Sequence[str]) -> None:
        """The distance of a point, and an empty cache: another point has asked for the same pages."""
        for name in names:
            self.forget(name)
        # Half of the round trip in each direction.
        self._proxy.switch(Mode("delay", point.database_ms * MILLISECOND / 2) if point.database_ms else PASS)

    def environment(self, name: str) -> dict[str, str]:
        environment = {**PATIENT, **self._setting.environment}
        if self._setting.behind_proxy:
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
