"""Cells of the fault matrix that keep every rule but for the members given."""

from pathlib import Path
from typing import Any

from loadtests.schema.faults import Cell, Latency, Run
from loadtests.schema.files import write_json

QUICK = Latency(100, 5.0, 9.0, 20.0)


def cell(**others: Any) -> Cell:
    members: dict[str, Any] = {
        "fault": "redis-killed", "combination": "sync-cached", "started_at": "2026-01-01T00:00:00Z", "requests": 500,
        "failed": {}, "failed_before": 0, "late": 0, "worst_s": 0.2, "lasted_s": 5.0, "recovery_s": 0.0, "lost": [],
        "duplicates": [], "stale": [], "excused": 0, "unanswered": 0, "memory_mb": (100.0, 101.0), "happened": True,
        "evidence": "process 7 dead", "before": QUICK, "during": QUICK, "after": QUICK,
    }  # fmt: skip
    return Cell(**members | others)


def written(folder: Path, *cells: Cell) -> Path:
    """Write the result file of a run and return its path."""
    run = Run(started_at="2026-01-01T00:00:00Z", command="x", workers=2, load={}, host={}, versions={}, cells=[*cells])
    write_json(folder / "faults.json", run)
    return folder / "faults.json"
