"""What the policy asks for while it runs: the steps that each twin performs in its own way of waiting.

The policy is a generator of steps. Whoever runs it performs each step and sends back what that gave, or throws what it
raised: `cache_door.py` of a twin over a real Redis, a test one step at a time in any order.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class CacheTrouble(Exception):
    """A command that Redis refused, did not answer in time, or answered with garbage."""


class Command(msgspec.Struct, frozen=True):
    """One command to Redis; `understand` gives what its reply means and raises Garbled when it means nothing.

    A lease that nobody frees would hold others up, so the groups of its flight are dropped before Redis is used again:
    `owed_if_lost` when nobody can tell what became of the command, `owed_if_unasked` when it was not sent at all.
    """

    words: tuple[str | bytes | int, ...]
    understand: Callable[[Any], Any]
    owed_if_lost: tuple[str, ...] = ()
    owed_if_unasked: tuple[str, ...] = ()


class Load(msgspec.Struct, frozen=True):
    """The body, made from the database."""


class Pause(msgspec.Struct, frozen=True):
    """Some seconds in which somebody else gets on."""

    seconds: float


LOAD: Final = Load()
Step: TypeAlias = Command | Load | Pause
Steps: TypeAlias = Generator[Step, Any, T]


class Allowance:
    """The seconds that one request may still spend on Redis, in all its commands together."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds

    @property
    def is_low(self) -> bool:
        """Whether less than half is left: too little for a command that may as well be left out."""
        return self.left < self.seconds / 2
