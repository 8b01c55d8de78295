"""The roads by which services get to run: local processes, containers, or whatever runs already."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias

from loadtests.compose_target import compose_target
from loadtests.ledger_text import Say
from loadtests.local_target import local_target
from loadtests.plan import Plan
from loadtests.running_target import RunningTarget
from loadtests.targets import Target

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
