"""The shape of sweep.json, version 1; docs/studies.md explains the figures."""

from typing import Any, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["flip", "between", "none", "not shown", "too few points"]


class Flip(msgspec.Struct, frozen=True):
    """Whether the answer flips within the levels that were swept, and where.

    `kind` is `flip` (at a level, with its 95 % interval), `between` (two levels, as the fit cannot say more), `none`
    (`better` says which side holds throughout, by the whole band), or `not shown`.
    """

    kind: Kind
    at: float | None = None
    low: float | None = None
    high: float | None = None
    better: bool | None = None


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One combination at one point. `counts` is false for a cell with a reason in `void`.

    `database_ms` is what a statement took at the server, on average, `injected` what the proxy did, `cpu_cores` how
    many cores each program used, and `k6_share` those of k6. Presets are those of a cell without a result.
    """

    number: int
    passed: int
    factor: str
    level: float
    settings: dict[str, float]
    combination: str
    requests: int = 0
    failed: int = 0
    throughput_rps: float = 0.0
    latency_ms: dict[str, float | None] = {}
    hit_ratio: float | None = None
    database_ms: float | None = None
    cpu_cores: dict[str, float] = {}
    k6_share: float | None = None
    limit: str | None = None
    limit_sentence: str = "not known: nothing was measured"
    injected: list[str] = []
    void: list[str]

    @property
    def counts(self) -> bool:
        return not self.void


class Value(msgspec.Struct, frozen=True):
    """How many times better the change was at one level, in one pass; a level is the measured one where it can be."""

    level: float
    passed: int
    ratio: float


class Finding(msgspec.Struct, frozen=True):
    """One change (as `async uncached`) over one factor."""

    factor: str
    comparison: str
    values: list[Value]
    flip: Flip
    sentence: str


class FactorLine(msgspec.Struct, frozen=True):
    name: str
    title: str
    unit: str
    levels: list[float]
    centre: float
    injected: bool


class Document(msgspec.Struct, frozen=True):
    """All of a sweep; `complete` is false while cells are missing."""

    schema: Literal[1]
    kind: Literal["sweep"]
    started_at: str
    command: str
    complete: bool
    minutes: float
    passes: int
    measured_s: float
    seed: int
    centre: dict[str, float]
    factors: list[FactorLine]
    comparisons: dict[str, tuple[str, str]]
    findings: list[Finding]
    cells: list[Cell]
    run: dict[str, Any]
