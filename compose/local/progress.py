"""Progress messages while the stack starts."""

import time

from rich.console import Console
from rich.status import Status

from compose.local.failures import StackError


class Progress:
    """Writes each step to standard error: a status line on a terminal, else lines with the elapsed time."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._start = time.monotonic()
        self._status: Status | None = None

    def __call__(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(f"[{self.elapsed:5.1f} s] {line}", soft_wrap=True)
        elif self._status:
            self._status.update(line)
        else:
            self._status = self._console.status(line)
            self._status.start()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    def end(self) -> None:
        """Remove the status line."""
        if self._status:
            self._status.stop()

    def fail(self, error: StackError) -> int:
        """Print the end of the log and the error; return the exit status."""
        self.end()
        if error.log:
            self._console.print(error.log, style="dim", soft_wrap=True)
        self._console.print(f"error: {error}", style="red", soft_wrap=True)
        return error.status
