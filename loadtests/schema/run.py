"""What run.json says of the run that a folder of results is of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from loadtests.schema.files import read_json

RUN_FILE: Final = "run.json"
# The folder that holds a copy of the last run.
LATEST: Final = "latest"
# What a running combination is made of, by entry.
Ledger: TypeAlias = dict[str, str]
# By combination.
Ledgers: TypeAlias = Mapping[str, Ledger]


class RunDescription(msgspec.Struct, frozen=True):
    """On what a run was made; empty where it was k6 alone that wrote the results."""

    combinations: list[str] = []
    host: dict[str, Any] = {}
    versions: dict[str, Any] = {}
    images: dict[str, str] = {}
    ledger: Any = None
    started_at: str = ""
    profile: str = ""
    rounds: int = 0
    stack: str = ""
    workers: int = 0
    generators: int = 1
    load: dict[str, Any] = {}
    commit: str = ""
    changed: bool = False
    run_id: str = ""
    finished: bool = True
    # From the first request of the first start to the end of the last.
    measured_s: float | None = None


def read_description(folder: Path) -> RunDescription:
    """Empty when there is no run.json; raises UnusableResults."""
    path = folder / RUN_FILE
    return read_json(path, RunDescription) if path.exists() else RunDescription()
