"""What became of a write."""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.http.errors import Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Committed(Generic[T]):
    """It is in the database."""

    value: T


@dataclass(frozen=True)
class Unknown(Generic[T]):
    """The commit was sent and never answered; `value` is what the write gives if it took place."""

    value: T
    problem: Problem


@dataclass(frozen=True)
class Refused:
    """Nothing was written."""

    problem: Problem


Outcome: TypeAlias = Committed[T] | Unknown[T] | Refused
