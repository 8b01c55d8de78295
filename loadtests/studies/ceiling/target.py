"""The local stack, and on each of its servers a bare constant answer as one service more."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from compose.local import ports
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.targets.local import LocalTarget

TWINS: Final = ("sync", "async")
COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")


def ceiling_of(name: str) -> str:
    """What no service on the server of this one can pass."""
    return f"{name.partition('-')[0]}-ceiling"


NAMES: Final = (*COMBINATIONS, *(ceiling_of(twin) for twin in TWINS))


class Ceiling(Service):
    """Of a service's readiness it has the open port."""

    def __init__(self, stack: Stack, twin: str) -> None:
        name, port = ceiling_of(twin), ports.free()
        settings = stack.service(twin).settings | {"BIND": f"{ports.LOOPBACK}:{port}", "COMBINATION": name}
        super().__init__(name, port, settings, stack.directory / name, stack.placement.services)
        self.program = ["loadtests.studies.ceiling.app", twin]

    def ready(self) -> bool:
        return ports.taken(self.port)


class CeilingTarget(LocalTarget):
    def database(self, name: str) -> str:
        """A constant answer has none, and its server's service has one."""
        return super().database(name if name in COMBINATIONS else name.partition("-")[0])


@contextmanager
def ceiling_target(stack: Stack) -> Iterator[CeilingTarget]:
    stack.services.update({ceiling_of(twin): Ceiling(stack, twin) for twin in TWINS})
    try:
        with closing(CeilingTarget(stack)) as target:
            yield target
    finally:
        for twin in TWINS:
            stack.services.pop(ceiling_of(twin)).stop()
