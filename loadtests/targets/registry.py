"""The roads by which services get to run: local processes, containers, or whatever runs already."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias

from loadtests.observe.ledger.check import Say
from loadtests.schema.plan import Plan
from loadtests.targets.base import Target
from loadtests.targets.compose import compose_target
from loadtests.targets.local import local_target
from loadtests.targets.running import RunningTarget

Road: TypeAlias = Callable[[Plan, Say], AbstractContextManager[Target]]


@contextmanager
def running_target(plan: Plan, say: Say) -> Iterator[RunningTarget]:
    """Gives what runs already."""
    say("measuring what is running")
    yield RunningTarget(plan)


ROADS: Final[Mapping[str, Road]] = {
    "local": local_target,
    "compose": compose_target,
    "none": running_target,
}
