"""What the local road says when it cannot go on."""

from pathlib import Path

TAIL_LINES = 15
UNUSABLE = 2
BROKEN = 1


class StackError(Exception):
    """One line that names the trouble and its cure.

    `log` holds the end of the log of the program that failed, `status` what a command exits with.
    """

    def __init__(self, line: str, *, log: str = "", status: int = BROKEN) -> None:
        super().__init__(line)
        self.log = log
        self.status = status


def unusable(line: str) -> StackError:
    """The error for input or a machine that the stack cannot start with: exit status 2."""
    return StackError(line, status=UNUSABLE)


def tail(log: Path) -> str:
    """The last lines of a log; empty if there is none."""
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
