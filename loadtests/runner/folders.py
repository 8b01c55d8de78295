"""Where results go: a folder per run, and a copy of the last run that `compare` reads."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from loadtests.schema.run import LATEST, RUN_FILE
from loadtests.schema.settings import UnusableInput

# The results and the report of them.
KEPT: Final = ("*.json", "report.*")


def new_folder(results: Path, profile: str) -> Path:
    """Raises UnusableInput."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = results.resolve() / f"{stamp}-{profile}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UnusableInput(f"RESULTS={results}: {error.strerror}, choose another folder") from error
    return folder


@contextmanager
def study_folder(results: Path, profile: str) -> Iterator[Path]:
    """A new folder, removed when nothing was written to it."""
    folder = new_folder(results, profile)
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def keep(folder: Path) -> None:
    """Makes a run's finished starts the latest; removes the folder of a run that has none."""
    if any(path.name != RUN_FILE for path in folder.glob("*.json")):
        make_latest(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def make_latest(folder: Path) -> None:
    """Makes `latest` beside it hold this run's files and no others.

    A copy and not a link: k6 by hand writes into the same folder, and must not change a past run.
    """
    latest = folder.parent / LATEST
    latest.mkdir(exist_ok=True)
    for pattern in KEPT:
        for old in latest.glob(pattern):
            old.unlink()
        for path in folder.glob(pattern):
            shutil.copy2(path, latest / path.name)
