"""Records which process started a stack, so that `down` finds it."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from compose.local.definition import CHECKOUT
from compose.local.failures import StackError
from compose.local.permissions import write_secret
from compose.local.processes import sweep

PREFIX = "async-rewrite-matrix-"
FILE = "owner.json"
END_SECONDS = 60
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Owner:
    """The process that started a stack. The start time distinguishes it from a later process with the same id."""

    pid: int
    started: float
    checkout: str
    foreground: bool

    def process(self) -> psutil.Process | None:
        """None when it has exited."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def claim(foreground: bool) -> Path:
    """A new temporary directory, owned by this process."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    me = psutil.Process()
    owner = Owner(me.pid, me.create_time(), str(CHECKOUT), foreground)
    write_secret(directory / FILE, json.dumps(asdict(owner)))
    return directory


def stacks() -> Iterator[tuple[Path, Owner]]:
    """The stacks of this checkout and user."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        file = directory / FILE
        try:
            is_mine = directory.lstat().st_uid == os.geteuid() and not directory.is_symlink()
            owner = Owner(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            continue  # just removed, another user's, or another program's
        if is_mine and owner.checkout == str(CHECKOUT):
            yield directory, owner


def end(directory: Path, owner: Owner) -> str | None:
    """Stop a foreground stack, or remove a killed one's leftovers; return the message for the user.

    A stack in use by a test or a measurement is left alone: None.
    """
    process = owner.process()
    if process is None:
        sweep(directory)
        shutil.rmtree(directory, ignore_errors=True)
        return f"removed the leftovers of a killed stack in {directory}"
    if not owner.foreground:
        return None
    process.terminate()
    deadline = time.monotonic() + END_SECONDS
    while owner.process():
        if time.monotonic() > deadline:
            raise StackError(f"the stack of process {owner.pid} did not end within {END_SECONDS} s")
        time.sleep(POLL_SECONDS)
    return f"ended the stack of process {owner.pid}"
