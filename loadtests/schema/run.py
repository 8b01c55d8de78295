"""run.json: the description of the run in a results folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from loadtests.schema.files import read_json

RUN_FILE: Final = "run.json"
# The folder with a copy of the last run.
LATEST: Final = "latest"
# The settings and versions of a running combination, by entry.
Ledger: TypeAlias = dict[str, str]
# By combination.
Ledgers: TypeAlias = Mapping[str, Ledger]


class RunDescription(msgspec.Struct, frozen=True):
    """How and where a run was made; empty for results that k6 alone wrote."""

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
    """Empty without a run.json; raises UnusableResults."""
    path = folder / RUN_FILE
    return read_json(path, RunDescription) if path.exists() else RunDescription()
