"""The steps that the cache policy yields.

The policy is a generator. Its driver performs each step and sends the result back, or throws the exception:
`cache/redis.py` of a twin over a real Redis, a test over a model, one step at a time.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")


class CacheTrouble(Exception):
    """A command that was not sent, or that Redis refused, answered late or answered with a malformed reply."""


class Command(msgspec.Struct, frozen=True):
    """A Redis command; `parse` converts its reply and raises Garbled for a malformed one.

    Groups to drop before Redis is used again: `owed_if_lost` when the outcome of the command is unknown,
    `owed_if_skipped` when it was not sent.
    """

    words: tuple[str | bytes | int, ...]
    parse: Callable[[Any], Any]
    owed_if_lost: tuple[str, ...] = ()
    owed_if_skipped: tuple[str, ...] = ()
    # If False, an error reply opens the breaker too.
    may_be_refused: bool = True


class Load(msgspec.Struct, frozen=True):
    """Load the body from the database."""


class Pause(msgspec.Struct, frozen=True):
    """Wait for another worker's load."""

    seconds: float


LOAD: Final = Load()
Step: TypeAlias = Command | Load | Pause
Steps: TypeAlias = Generator[Step, Any, T]


class Allowance:
    """The seconds that one request may spend on Redis, over all its commands."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = seconds

    @property
    def is_low(self) -> bool:
        """Less than half is left: skip optional commands."""
        return self.left < self.seconds / 2
