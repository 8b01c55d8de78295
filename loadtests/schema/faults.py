"""The shape of faults.json: the fault matrix."""

from typing import Any, Literal

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Latencies of successful answers in milliseconds; None if there were none."""

    answers: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class Cell(msgspec.Struct, kw_only=True):
    """One fault on one combination. `memory_mb` is before and after.

    `failed` counts attempts by kind (loadtests/consistency/failures.py); `closed` is a connection closed before any
    byte of an answer. `late` counts answers after their time-out. `worst_s` is the longest attempt since the fault
    began. `recovery_s` is the time from the fault's end to the end of the last failed or slow attempt, `back_with`
    describes it. `excused` counts stale reads after an invalidation that Redis refused, `unanswered` orders committed
    on a connection that closed without an answer. `broken` lists the broken rules; `finding` is the property of the
    server that explains them.
    """

    fault: str
    combination: str
    started_at: str
    requests: int
    failed: dict[str, int]
    failed_before: int
    late: int
    worst_s: float
    lasted_s: float
    recovery_s: float
    lost: list[str]
    duplicates: list[str]
    stale: list[str]
    excused: int
    unanswered: int
    memory_mb: tuple[float, float]
    happened: bool
    evidence: str
    before: Latency
    during: Latency
    after: Latency
    back_with: str = ""
    broken: list[str] = []
    finding: str = ""

    def count(self, kind: str) -> int:
        return self.failed.get(kind, 0)

    @property
    def fails(self) -> bool:
        """Whether a rule is broken without a known property of the server as the reason."""
        return bool(self.broken) and not self.finding


class Run(msgspec.Struct, kw_only=True):
    """All cells of a run; `commit` is empty if unknown."""

    schema: Literal[1] = 1
    started_at: str
    minutes: float = 0.0
    command: str
    workers: int
    load: dict[str, float]
    host: dict[str, Any]
    versions: dict[str, str]
    commit: str = ""
    changed: bool = False
    cells: list[Cell] = []
