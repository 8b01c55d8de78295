"""Errors of the local stack."""

from pathlib import Path

TAIL_LINES = 15
UNUSABLE = 2
BROKEN = 1


class StackError(Exception):
    """One line that says what is wrong and how to mend it.

    `log` holds the end of the log of the program that failed, `status` what a command exits with.
    """

    def __init__(self, line: str, *, log: str = "", status: int = BROKEN) -> None:
        super().__init__(line)
        self.log = log
        self.status = status


def unusable(line: str) -> StackError:
    """An option or a machine that cannot be used: exit status 2."""
    return StackError(line, status=UNUSABLE)


def tail(log: Path) -> str:
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
