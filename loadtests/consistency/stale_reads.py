"""Finds reads that break the cache's guarantee: started after a write was answered, but with the value before it.

Each subject is judged separately. A read that starts after a write's answer must show the write; until then it may show
either value. The value of a write without an answer may appear, but need not.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final, Literal, NamedTuple, TypeAlias

from loadtests.consistency.history import REGISTERS, History, Record

# How long after sending an unanswered write may still be committed: the service ends every request within 8 s.
SETTLED_SECONDS: Final = 10.0
Window: TypeAlias = tuple[float, float]
Verdict: TypeAlias = Literal["stale", "failed drop", "undecided", "impossible"]


class Finding(NamedTuple):
    """A read without a level that it had to show, and for how many seconds that data had been stale."""

    read: Record
    subject: str
    seen: int
    wanted: int
    age: float
    verdict: Verdict

    def __str__(self) -> str:
        showed = (
            f"{self.read.path} ({self.read.cache}) at {self.read.started:.4f} s showed {self.subject} at {self.seen}"
        )
        return f"{self.verdict}: {showed}; {self.wanted} was answered {self.age:.4f} s before"


class _Write(NamedTuple):
    started: float
    ended: float
    level: int


class _Subject:
    """All writes of one subject: a read that starts after `ends` must show at least the level in `floors`."""

    def __init__(self, name: str, base: int, writes: Sequence[Sequence[Record]]) -> None:
        self._register = name.partition(":")[0] in REGISTERS
        self._base = base
        attempted = sorted((attempts[0].started, _amount(name, attempts)) for attempts in writes)
        self._starts = [started for started, _ in attempted]
        self._ceilings = self._rising([level for _, level in attempted])
        self.answered = sorted(_answered(name, writes), key=lambda write: write.ended)
        self.ends = [write.ended for write in self.answered]
        self.floors = self._rising([write.level for write in self.answered])
        self.settled = dict(_floating(name, writes)) if self._register else {}

    def floor(self, moment: float) -> int:
        """The lowest level that a read started at this moment may show."""
        return self.floors[bisect_left(self.ends, moment)]

    def ceiling(self, moment: float) -> int:
        """The highest level possible at this moment."""
        return self._ceilings[bisect_right(self._starts, moment)]

    def missed(self, seen: int, moment: float) -> list[_Write]:
        """The writes answered before this moment that the level `seen` does not include."""
        first = max(bisect_right(self.floors, seen) - 1, 0)
        return self.answered[first : bisect_left(self.ends, moment)]

    def _rising(self, levels: Sequence[int]) -> list[int]:
        return list(accumulate(levels, max if self._register else int.__add__, initial=self._base))


def stale_reads(history: History, failed_drops: Sequence[Window] = ()) -> list[Finding]:
    """Every read below the answered level, or above any level ever sent.

    `failed_drops` are the times in which the service counted invalidations refused by Redis: if all writes that a read
    missed are in one of these, the verdict is `failed drop`.
    """
    subjects = _subjects(history)
    return [finding for read in history.reads for finding in _judged(read, subjects, failed_drops)]


def largest_age(findings: Sequence[Finding]) -> float:
    return max((finding.age for finding in findings), default=0.0)


def _judged(read: Record, subjects: Mapping[str, _Subject], windows: Sequence[Window]) -> Iterator[Finding]:
    for name, seen in read.levels if read.done else ():
        subject = subjects.get(name)
        if subject is None:
            continue
        floor = subject.floor(read.started)
        if seen < floor:
            missed = subject.missed(seen, read.started)
            # A level below the base misses writes of an earlier history: they have no time here.
            age = read.started - missed[0].ended if missed else 0.0
            yield Finding(read, name, seen, floor, age, _verdict(subject, seen, missed, windows))
        elif seen > (ceiling := subject.ceiling(read.ended)):
            yield Finding(read, name, seen, ceiling, 0.0, "impossible")


def _verdict(subject: _Subject, seen: int, missed: Sequence[_Write], windows: Sequence[Window]) -> Verdict:
    if not missed:
        return "stale"
    if all(write.started < subject.settled.get(seen, 0.0) for write in missed):
        return "undecided"
    if all(any(write.started < end and begin < write.ended for begin, end in windows) for write in missed):
        return "failed drop"
    return "stale"


def _subjects(history: History) -> dict[str, _Subject]:
    attempts: defaultdict[str, list[Record]] = defaultdict(list)
    for record in history.writes:
        attempts[record.key].append(record)
    writes: defaultdict[str, list[list[Record]]] = defaultdict(list)
    for records in attempts.values():
        records.sort(key=lambda record: record.started)
        for name, _ in records[0].levels:
            writes[name].append(records)
    # A subject missing in the first answers, such as a product below the best sellers, has no base to count from.
    return {name: _Subject(name, base, writes[name]) for name, base in history.watched.base.items()}


def _answered(name: str, writes: Sequence[Sequence[Record]]) -> Iterator[_Write]:
    for attempts in writes:
        done = [record for record in attempts if record.done]
        if done:
            first = min(done, key=lambda record: record.ended)
            yield _Write(first.started, first.ended, _amount(name, attempts))


def _floating(name: str, writes: Sequence[Sequence[Record]]) -> Iterator[tuple[int, float]]:
    for attempts in writes:
        lost = [record.started for record in attempts if record.status in {0, 503, 504}]
        if lost:
            yield _amount(name, attempts), max(lost) + SETTLED_SECONDS


def _amount(name: str, attempts: Sequence[Record]) -> int:
    return dict(attempts[0].levels)[name]
