"""Errors of the local stack."""

from pathlib import Path

TAIL_LINES = 15
UNUSABLE = 2
BROKEN = 1


class StackError(Exception):
    """A one-line message with the cause and the remedy.

    `log` is the tail of the failed program's log, `status` the exit status of the command.
    """

    def __init__(self, line: str, *, log: str = "", status: int = BROKEN) -> None:
        super().__init__(line)
        self.log = log
        self.status = status


def unusable(line: str) -> StackError:
    """An unusable option or machine: exit status 2."""
    return StackError(line, status=UNUSABLE)


def tail(log: Path) -> str:
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
