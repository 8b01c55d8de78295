"""Programs of the stack while they run: started on their cores, stopped with all their children."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from compose.local.failures import StackError, tail
from compose.local.permissions import identity, open_log
from compose.local.placement import Cores, pinned

MARK = "ASYNC_REWRITE_MATRIX_STACK"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "VIRTUAL_ENV")
KEPT_PREFIXES = ("PYTHON", "COVERAGE", "LD_")
KILL_SECONDS = 5.0
POLL_SECONDS = 0.03


def environment(directory: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """A child's environment: its directory as a mark, what programs need from ours, and `extra`.

    Nothing else of ours gets through: a service sees what it would see in a container.
    """
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    return {**kept, "TMPDIR": str(directory), MARK: str(directory), **extra}


class Process:
    """One program of the stack, in a session of its own, with its output in `log`."""

    def __init__(self, name: str, log: Path, cores: Cores) -> None:
        self.name = name
        self.log = log
        self._cores = cores
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process that was started; an error when none was."""
        if self._running is None:
            raise StackError(f"{self.name} does not run")
        return self._running.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_status(self) -> int | None:
        """What it has ended with, the negative number of a signal; nothing while it runs or when it never did."""
        return self._running.poll() if self._running else None

    def start(
        self, command: Sequence[str], surroundings: Mapping[str, str], folder: Path, user: int | None = None
    ) -> None:
        """Starts the program, as `user` if there is one; what it prints goes to the end of its log."""
        with open_log(self.log) as output, pinned(self._cores):
            self._running = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=dict(surroundings),
                start_new_session=True,
                **identity(user),
            )

    def wait(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns when `ready` says so; an error with the log's end if that does not come."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.must_run()
            if time.monotonic() > deadline:
                line = f"{self.name} was not ready after {seconds:.0f} s"
                raise StackError(line, log=tail(self.log))
            time.sleep(POLL_SECONDS)

    def must_run(self) -> None:
        """An error with the log's end if the program has ended by itself."""
        if self._running is not None and self._running.poll() is not None:
            line = f"{self.name} ended by itself with exit status {self._running.returncode}"
            raise StackError(line, log=tail(self.log))

    def move(self, cores: Cores) -> None:
        """Moves all its threads to these cores; threads that start later inherit them."""
        moved: set[int] = set()
        while fresh := self.threads() - moved:
            for thread in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, cores)
            moved |= fresh

    def threads(self) -> set[int]:
        """The ids of its threads."""
        return {thread.id for thread in psutil.Process(self.pid).threads()}

    def ask(self) -> None:
        """Asks the program to end (SIGTERM)."""
        if self.running:
            os.kill(self.pid, signal.SIGTERM)

    def stop(self, seconds: float) -> None:
        """Ends the program: asked to, it has `seconds`; what is left of it then is killed."""
        if self._running is None:
            return
        self.ask()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(max(seconds, 0))
        self.kill()

    def kill(self) -> None:
        """Kills the program at once (SIGKILL), with all that it started."""
        if self._running is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait(KILL_SECONDS)


def stop_all(processes: Iterable[Process], seconds: float) -> None:
    """Ends several programs at once, within about `seconds`."""
    ending = list(processes)
    deadline = time.monotonic() + seconds
    for process in ending:
        process.ask()
    for process in ending:
        process.stop(deadline - time.monotonic())


def sweep(directory: Path) -> None:
    """Kills every process that carries the mark of the stack, whoever its parent is by now."""
    left = [process for process in psutil.process_iter() if marked(process, directory)]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=KILL_SECONDS)


def marked(process: psutil.Process, directory: Path) -> bool:
    """Whether a process was started by a stack in `directory`, or by one of its programs."""
    try:
        mark = process.environ().get(MARK)
    except (psutil.Error, OSError):
        return False
    return mark is not None and process.pid != os.getpid() and Path(mark).is_relative_to(directory)


def python(module: str) -> list[str]:
    """The command that runs a module of this checkout with this Python."""
    return [sys.executable, "-m", module]
