"""Where results go: a folder per run, and a copy of the last run that `compare` reads."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.observe.ledger.read import changes
from loadtests.schema.plan import NEWEST, Plan
from loadtests.schema.run import LATEST, RUN_FILE, Ledger, read_description
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
    """Makes a run's finished cells the latest; removes the folder of a run that has none."""
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


# What of run.json has to be the same for cells to belong to one run.
SAME: Final = (
    "profile",
    "rounds",
    "stack",
    "workers",
    "load",
    "combinations",
    "services_sha256",
    "routes_sha256",
    "host",
    "commit",
)


def resumed_folder(plan: Plan) -> Path:
    """Raises UnusableInput."""
    if plan.resume == NEWEST:
        folders = sorted(path.parent for path in plan.results.resolve().glob(f"*/{RUN_FILE}"))
        unfinished = [folder for folder in folders if read_description(folder).finished is False]
        if not unfinished:
            raise UnusableInput(f"RESUME: there is no interrupted run in {plan.results}")
        return unfinished[-1]
    folder = Path(plan.resume or "").resolve()
    if not (folder / RUN_FILE).exists():
        raise UnusableInput(f"RESUME={plan.resume}: there is no {RUN_FILE} in it, so it is no run's folder")
    return folder


def refuse_other_plan(folder: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises UnusableInput when the run was started with another plan or load."""
    for name in SAME:
        if before.get(name) != now.get(name):
            raise UnusableInput(
                f"{folder.name} was started with {name} {before.get(name)}, this is {now.get(name)}: "
                "resume with the same, or start a new run"
            )


def refuse_other_ledgers(folder: Path, before: dict[str, Ledger], now: dict[str, Ledger]) -> None:
    """Raises UnusableInput when an entry is not what it was."""
    for name, ledger in now.items():
        for change in changes(before.get(name, {}), ledger):
            raise UnusableInput(
                f"{folder.name} has another ledger: {change.entry} of {name} was {change.before}, "
                f"it is {change.after} now: start a new run"
            )


def is_there(folder: Path, name: str, number: int) -> bool:
    """Whether a cell was measured to its end, void or not."""
    path = folder / f"{name}.round-{number}.json"
    try:
        return "server" in msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError):
        return False
