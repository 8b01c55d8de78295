"""What a fault did to a combination: one cell of the matrix, as it is printed and kept."""

import msgspec


class Latency(msgspec.Struct, frozen=True):
    """Times of the answers that were as they should be, in milliseconds; None where there were none."""

    answers: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class Cell(msgspec.Struct, kw_only=True):
    """One fault on one combination. Times are in seconds, `memory_mb` is before and after.

    `failed` counts attempts by kind, as loadtests/consistency/failures.py names them; of the refused ones, those are
    `closed` whose connection was made, and closed before any byte of an answer. `failed_before` counts those from
    before the fault, `late` answers that came after their time-out, whatever they were.
    `worst_s` is the longest attempt since it began. `lasted_s` is how long it was in force. `recovery_s` is the time
    from its end to the end of the last attempt that failed or was slow, `back_with` what that attempt was. `excused`
    counts stale reads of writes whose drop Redis refused; `unanswered` orders that were committed for a connection
    that was closed without an answer.
    `broken` names the rules that the cell broke; where `finding` says why, that is the server's property.
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
        """Gives how many attempts failed in one way."""
        return self.failed.get(kind, 0)

    @property
    def fails(self) -> bool:
        """Whether a rule was broken that no server's own property explains."""
        return bool(self.broken) and not self.finding
