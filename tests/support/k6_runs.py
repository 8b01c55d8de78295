"""Runs of k6 against services of a test."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.schema.files import LOADTESTS
from loadtests.targets.k6 import OFFLINE, find_k6
from tests.support.known_service import KnownService

TIMEOUT_S = 100
FAILED_RUN = 99
# Without the load of each service, which follows the turns of reads.
TURNS_ALONE = {"DURATION": "0"}
ANNOUNCED = re.compile(r"turns of (\S+) from (\d+) to (\d+) in 10 batches")
MEASURED = re.compile(r"(\S+) is measured from (\d+) for ")


@dataclass(frozen=True)
class Run:
    """Exit status, output and result folder of a run of k6."""

    status: int
    printed: str
    log: str
    folder: Path

    def result(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        return content

    @property
    def files(self) -> list[str]:
        """The names of the result files."""
        return sorted(path.name for path in self.folder.glob("*.json"))


def combinations_file(folder: Path, services: Sequence[KnownService], **changes: Any) -> Path:
    """Write a combinations.json for these services; `changes` apply to each entry."""
    path = folder / "services" / "combinations.json"
    path.parent.mkdir(exist_ok=True)
    entries = [
        {
            "name": service.name or "sync",
            "url": service.url,
            "expect": service.name,
            "varies": {
                "stack": (service.name or "sync").split("-")[0],
                "cache": (service.name or "").endswith("cached"),
            },
            **changes,
        }
        for service in services
    ]
    path.write_text(json.dumps(entries))
    return path


def run_k6(folder: Path, cwd: Path = LOADTESTS.parent, words: Sequence[str] = (), **variables: str) -> Run:
    """Run the matrix with these variables; RESULTS defaults to `folder`."""
    return run_script(LOADTESTS / "matrix.js", folder, cwd, variables, words)


def run_script(script: Path, folder: Path, cwd: Path, variables: Mapping[str, str], words: Sequence[str] = ()) -> Run:
    environment = {"PROFILE": "smoke", "RESULTS": str(folder), **OFFLINE, **variables}
    done = subprocess.run(
        [find_k6(), "run", "--quiet", "--no-color", "--address", "", *words, str(script)],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PWD": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, folder)


def measure(folder: Path, *services: KnownService, **variables: str) -> Run:
    """Measure the services for one second each, after a short warm-up."""
    path = combinations_file(folder, services)
    return run_k6(
        folder, LOADTESTS.parent, **{"WARM_UP": "0.2", "DURATION": "1", **variables, "COMBINATIONS": str(path)}
    )
