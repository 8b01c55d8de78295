"""Local stacks on free ports."""

import os
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager

from compose.local import ports
from compose.local.options import MOST_SERVICES, StackOptions
from compose.local.stack import Stack
from loadtests.targets.local import LocalTarget

COMBINATIONS = ("sync", "sync-cached", "async", "async-cached")
# Below the ephemeral ports.
LOWEST_PORT, HIGHEST_PORT = 12_000, 32_000


def stack_of(
    only: Collection[str] | None = None,
    environment: Mapping[str, str] | None = None,
    workers: int = 2,
) -> Stack:
    """A stack that is not started yet, with all four services or those in `only`."""
    return Stack(
        StackOptions(
            workers=workers,
            port_base=free_base(),
            only=only,
            environment=environment or {},
        )
    )


def free_base() -> int:
    """A port followed by free ports for every service."""
    while True:
        base = random.choice(own_ports()[:: MOST_SERVICES + 1])
        if not any(ports.taken(base + number) for number in range(1, MOST_SERVICES + 1)):
            return base


def own_ports() -> range:
    """The ports of this xdist worker."""
    # A chosen port stays free for seconds, until its server listens; two workers must not choose the same.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    each = (HIGHEST_PORT - LOWEST_PORT) // workers
    return range(LOWEST_PORT + number * each, LOWEST_PORT + (number + 1) * each)


def target_of(stack: Stack) -> Callable[..., AbstractContextManager[LocalTarget]]:
    """A target factory that ignores its arguments and returns this running stack."""

    @contextmanager
    def opened(*_: object) -> Iterator[LocalTarget]:
        with closing(LocalTarget(stack)) as target:
            yield target

    return opened
