"""Processes of the stack: pinned to their cores, stopped with all their children."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from compose.local.failures import StackError, tail, unusable
from compose.local.permissions import identity, open_log
from compose.local.placement import Cores

MARK = "ASYNC_REWRITE_MATRIX_STACK"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "VIRTUAL_ENV")
INHERITED_PREFIXES = ("PYTHON", "COVERAGE", "LD_")
CHECKOUT = Path(__file__).resolve().parents[2]
KILL_SECONDS = 5.0
POLL_SECONDS = 0.03


def environment(directory: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: PATH and similar variables, a mark for `sweep`, and `extra`.

    No other variable is inherited, so a service has the same environment as in a container.
    """
    inherited = {
        name: value for name, value in os.environ.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    return {**inherited, "TMPDIR": str(directory), MARK: str(directory), **extra}


class Process:
    """A process in its own session; its output goes to `log`. Until `settle` it may use all cores."""

    def __init__(self, name: str, log: Path, cores: Cores) -> None:
        self.name = name
        self.log = log
        self._cores = cores
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """StackError when it was never started."""
        if self._running is None:
            raise StackError(f"{self.name} was not started")
        return self._running.pid

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def exit_status(self) -> int | None:
        """As subprocess reports it: negative for a signal, None while it runs or if it never started."""
        return self._running.poll() if self._running else None

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, user: int | None = None
    ) -> None:
        """Run as `user` if given, else as the current user; output is appended to the log."""
        with open_log(self.log) as output:
            self._running = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
                **identity(user),
            )

    def wait(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready`; StackError with the end of the log on a time-out or when the process exits."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.must_run()
            if time.monotonic() > deadline:
                line = f"{self.name} was not ready after {seconds:.0f} s"
                raise StackError(line, log=tail(self.log))
            time.sleep(POLL_SECONDS)

    def must_run(self) -> None:
        """StackError with the end of the log if the process has exited."""
        if self._running is not None and self._running.poll() is not None:
            line = f"{self.name} exited with status {self._running.returncode}"
            raise StackError(line, log=tail(self.log))

    def settle(self) -> None:
        """Pin all threads of the process and of its children to its cores; threads that start later inherit them."""
        settled: set[int] = set()
        while fresh := self.threads() - settled:
            for thread in fresh:
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, self._cores)
            settled |= fresh

    def threads(self) -> set[int]:
        """Thread ids of the process and of its children."""
        parent, found = psutil.Process(self.pid), set[int]()
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end meanwhile
                found |= {thread.id for thread in process.threads()}
        return found

    def terminate(self) -> None:
        """SIGTERM to this process only."""
        if self.running:
            os.kill(self.pid, signal.SIGTERM)

    def stop(self, seconds: float) -> None:
        """SIGTERM, then SIGKILL to the whole process group after `seconds`."""
        if self._running is None:
            return
        self.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(max(seconds, 0))
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        if self._running is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait(KILL_SECONDS)


def stop_all(processes: Iterable[Process], seconds: float) -> None:
    """Stop the processes in parallel, within about `seconds`."""
    ending = list(processes)
    deadline = time.monotonic() + seconds
    for process in ending:
        process.terminate()
    for process in ending:
        process.stop(deadline - time.monotonic())


def sweep(directory: Path) -> None:
    """Kill every process that carries the mark of the stack, orphans included."""
    left = [process for process in psutil.process_iter() if marked(process, directory)]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=KILL_SECONDS)


def marked(process: psutil.Process, directory: Path) -> bool:
    """Whether a process belongs to a stack in `directory`."""
    try:
        mark = process.environ().get(MARK)
    except (psutil.Error, OSError):
        return False
    return mark is not None and process.pid != os.getpid() and Path(mark).is_relative_to(directory)


def python(module: str, program: str = sys.executable) -> list[str]:
    return [program, "-m", module]


def interpreter(version: str) -> str:
    """The Python of a version, created by `tools/setup pythons`; StackError if it is missing."""
    path = CHECKOUT / f".venv-{version}" / "bin" / "python"
    if not path.exists():
        raise unusable(f"{path.parent.parent} is missing: tools/setup pythons creates it from python{version}")
    return str(path)
