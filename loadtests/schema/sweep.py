"""The shape of sweep.json, version 1; docs/studies.md explains the figures."""

from typing import Any, Literal, TypeAlias

import msgspec

from loadtests.schema.turns import Phase

Kind: TypeAlias = Literal["flip", "none", "not shown", "too few points"]


class Flip(msgspec.Struct, frozen=True):
    """Whether the answer flips within the measured levels, and where.

    `kind` is `flip` (at a level, with its 95 % interval), `none` (`better` is the side that is better at every level),
    or `not shown`.
    """

    kind: Kind
    at: float | None = None
    low: float | None = None
    high: float | None = None
    better: bool | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One level of every factor, at which all combinations took turns.

    `services` has the first route's figures and lacks combinations without a measurement. `hit_ratio` is over the
    cached ones; `void` has a reason for each batch that does not count.
    """

    settings: dict[str, float | None]
    turns_s: float
    services: dict[str, Phase] = {}
    hit_ratio: float | None = None
    void: list[str] = []


class Value(msgspec.Struct, frozen=True):
    """How many times better the change was at one level, with a 95 % interval."""

    level: float
    ratio: float
    low: float
    high: float
    verdict: str


class Finding(msgspec.Struct, frozen=True):
    """One change (as `async uncached`) over one factor."""

    factor: str
    comparison: str
    values: list[Value]
    flip: Flip
    sentence: str


class FactorLine(msgspec.Struct, frozen=True):
    """`around` is the level of all other factors; null is a database without the proxy."""

    name: str
    title: str
    unit: str
    levels: list[float]
    around: dict[str, float | None]


class Document(msgspec.Struct, frozen=True):
    """A sweep; `complete` is false while points are missing."""

    schema: Literal[1]
    kind: Literal["sweep"]
    started_at: str
    command: str
    complete: bool
    measured_s: float
    mix: dict[str, float]
    factors: list[FactorLine]
    comparisons: dict[str, tuple[str, str]]
    findings: list[Finding]
    points: list[Point]
    run: dict[str, Any]
