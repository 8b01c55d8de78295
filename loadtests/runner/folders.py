"""Results folders: one per run, and a copy of the last run, which `compare` reads."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from loadtests.schema.run import LATEST, RUN_FILE
from loadtests.schema.settings import UnusableInput

# Results and reports.
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
    """A new folder, removed if it stays empty."""
    folder = new_folder(results, profile)
    try:
        yield folder
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()


def keep(folder: Path) -> None:
    """Copies a run's finished starts to `latest`; removes the folder of a run without any."""
    if any(path.name != RUN_FILE for path in folder.glob("*.json")):
        make_latest(folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def make_latest(folder: Path) -> None:
    """Replaces the files of `latest` by this run's.

    A copy, not a link: k6 started by hand writes to `latest` and must not change an earlier run.
    """
    latest = folder.parent / LATEST
    latest.mkdir(exist_ok=True)
    for pattern in KEPT:
        for old in latest.glob(pattern):
            old.unlink()
        for path in folder.glob(pattern):
            shutil.copy2(path, latest / path.name)
