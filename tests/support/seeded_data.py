"""A data directory as the local stack fills it, for stacks to begin with a copy of."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose.local import programs
from compose.local.definition import CHECKOUT, FOLDER
from compose.local.options import StackOptions
from compose.local.stack import Stack

CACHE = CHECKOUT / ".pytest_cache" / "seeded-data"
STOP_SECONDS = 60.0


def seeded_data() -> Path:
    """Made once, and again when a file of compose/ or the server has changed."""
    data, draft = CACHE / fingerprint(), CACHE / "draft"
    CACHE.mkdir(parents=True, exist_ok=True)
    with locked(CACHE / "lock"):
        if not data.exists():
            for old in CACHE.glob("*/"):
                shutil.rmtree(old)
            fill(draft)
            draft.rename(data)
    return data


def fingerprint() -> str:
    """A hash of everything that determines the directory's content."""
    found = hashlib.sha256(programs.version(programs.need("mysqld", "mariadbd")).encode())
    for path in sorted(FOLDER.rglob("*.*")):
        if path.suffix != ".pyc":
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """One process at a time."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fill(data: Path) -> None:
    with Stack(StackOptions(only=(), seeded=None)) as stack:
        stack.components.database.process.stop(STOP_SECONDS)
        found = stack.directory / "database" / "data"
        subprocess.run(["cp", "--recursive", "--sparse=always", str(found), str(data)], check=True)
