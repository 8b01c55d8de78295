"""Stacks for tests: real servers and services on ports that are free."""

import os
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager

from compose.local import ports
from compose.local.options import StackOptions
from compose.local.stack import Stack
from loadtests.targets.local import LocalTarget

COMBINATIONS = ("sync", "sync-cached", "async", "async-cached")
# Below the ports that the system gives to clients, so that none of those is in the way.
LOWEST_PORT, HIGHEST_PORT = 12_000, 32_000


def stack_of(
    only: Collection[str] | None = None,
    environment: Mapping[str, str] | None = None,
    workers: int = 2,
) -> Stack:
    """Gives a stack that is not entered yet: all four services, or those named in `only`."""
    return Stack(
        StackOptions(
            workers=workers,
            port_base=free_base(),
            only=only,
            environment=environment or {},
        )
    )


def free_base() -> int:
    """Gives a port with four free ports behind it."""
    while True:
        base = random.choice(own_ports()[::10])
        if not any(ports.taken(base + number) for number in range(1, len(COMBINATIONS) + 1)):
            return base


def own_ports() -> range:
    """Gives the ports that no test process beside this one chooses from."""
    # A port that is chosen stays free until its server listens, seconds later.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    many = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    each = (HIGHEST_PORT - LOWEST_PORT) // many // 10 * 10
    return range(LOWEST_PORT + number * each, LOWEST_PORT + (number + 1) * each)


def target_of(stack: Stack) -> Callable[..., AbstractContextManager[LocalTarget]]:
    """Opens a target of a stack which is running already, whatever it is asked for."""

    @contextmanager
    def opened(*_: object) -> Iterator[LocalTarget]:
        with closing(LocalTarget(stack)) as target:
            yield target

    return opened
