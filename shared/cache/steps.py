"""What the policy asks for while it runs: the steps that each twin performs in its own way of waiting.

The policy is a generator of steps. Whoever runs it performs each step and sends back the result, or throws what it
raised: `cache/cache.py` of a twin over a real Redis, a test one step at a time in any order.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class CacheTrouble(Exception):
    """A command that was not sent, or that Redis refused, did not answer in time, or answered with garbage."""


class Command(msgspec.Struct, frozen=True):
    """One command to Redis; `parse` turns its reply into a result and raises Garbled for what cannot be its reply.

    Groups whose drop is owed, so that they are dropped before Redis is used again: `owed_if_lost` when nobody can tell
    what became of the command, `owed_if_skipped` when it was not sent at all.
    """

    words: tuple[str | bytes | int, ...]
    parse: Callable[[Any], Any]
    owed_if_lost: tuple[str, ...] = ()
    owed_if_skipped: tuple[str, ...] = ()
    # A refusal that must not be is trouble too: the breaker opens.
    may_be_refused: bool = True


class Load(msgspec.Struct, frozen=True):
    """The body, from the database."""


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
        """Too little is left for a command that may as well be left out."""
        return self.left < self.seconds / 2
