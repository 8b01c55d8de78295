"""How requests failed, and whether they may fail so.

A request may be refused (no connection, or one closed before any byte of an answer), or answered by a 503 or 504
problem in time. Anything else breaks the rules: a hang, half an answer, another 5xx, an answer without its shape.
"""

from collections import Counter
from typing import Final

import msgspec

from loadtests.history.records import History, Record

# The service answers in 8 s whatever comes; the rest is the way there and back on a busy machine.
ANSWER_SECONDS: Final = 9.0
REFUSED: Final = frozenset({"refused", "closed"})
SHED: Final = frozenset({503, 504})
SERVER_ERROR: Final = 500
EXPECTED: Final = frozenset({200, 201, 409})


class Failures(msgspec.Struct):
    """Counts of attempts. Those in the first line are allowed, those in the second are not.

    `worst_s` is the longest that anything took, answered or not; `first` and `last` are when the first failed
    attempt started and the last one ended, 0 where none failed.
    """

    refused: int = 0
    shed: int = 0

    hung: int = 0
    cut: int = 0
    errors: int = 0
    unexpected: int = 0
    late: int = 0

    worst_s: float = 0.0
    first: float = 0.0
    last: float = 0.0

    @property
    def broken(self) -> int:
        """How many attempts ended as none may."""
        return self.hung + self.cut + self.errors + self.unexpected + self.late

    @property
    def failed(self) -> int:
        """How many attempts were not done, allowed or not."""
        return self.refused + self.shed + self.hung + self.cut + self.errors + self.unexpected


def failures(history: History, answer_seconds: float = ANSWER_SECONDS) -> Failures:
    """Gives how the attempts of a history failed; an answer after `answer_seconds` counts as late besides."""
    kinds = Counter(kind for record in history.records if (kind := kind_of(record)))
    failed = [record for record in history.records if kind_of(record)]
    return Failures(
        **kinds,
        late=sum(record.status != 0 and record.seconds > answer_seconds for record in history.records),
        worst_s=max((record.seconds for record in history.records), default=0.0),
        first=min((record.started for record in failed), default=0.0),
        last=max((record.ended for record in failed), default=0.0),
    )


def kind_of(record: Record) -> str:
    """Gives the count of Failures that an attempt belongs to, empty where it was done."""
    if record.status == 0:
        return _without_answer(record)
    if record.status in SHED and record.problem:
        return "shed"
    if record.status >= SERVER_ERROR:
        return "errors"
    return "" if record.status in EXPECTED and record.fault is None else "unexpected"


def _without_answer(record: Record) -> str:
    if record.fault in REFUSED:
        return "refused"
    return "hung" if record.fault == "timed out" else "cut"
