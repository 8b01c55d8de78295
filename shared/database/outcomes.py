"""The three outcomes of a write transaction."""

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.http.errors import Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Committed(Generic[T]):
    value: T


@dataclass(frozen=True)
class Unknown(Generic[T]):
    """The commit was sent and not confirmed; `value` is the result if it took place."""

    value: T
    problem: Problem


@dataclass(frozen=True)
class Refused:
    problem: Problem


Outcome: TypeAlias = Committed[T] | Unknown[T] | Refused
