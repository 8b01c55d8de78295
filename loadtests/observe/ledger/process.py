"""What the kernel says of a cell's processes: where they may run, how much memory they may have, how they listen."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import psutil

from loadtests.observe.processes import MEGABYTE, processes_of

# The variables of a service's environment that are no addresses and may change what it does.
VARIABLES: Final = (
    "WORKERS", "POOL", "IN_FLIGHT", "FANOUT", "ACCESS_LOG", "LOG_LEVEL", "DATABASE_TLS", "ACQUIRE_TIMEOUT",
    "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT", "LOCK_TIMEOUT", "READ_TIMEOUT", "REQUEST_TIMEOUT", "CACHE_TIMEOUT",
    "CACHE_LIFETIME", "CACHE_REFRESH", "FLIGHT_TIMEOUT", "KEEP_ALIVE", "BACKLOG", "GRACE", "PYTHONOPTIMIZE",
    "PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "LD_PRELOAD",
)  # fmt: skip
CGROUPS: Final = Path("/sys/fs/cgroup")
UNLIMITED: Final = 1 << 60


def entries(programs: Mapping[str, int]) -> dict[str, str]:
    """Raises psutil.Error and OSError."""
    ledger = {"kernel": platform.release(), "cores online": str(os.cpu_count())} if programs else {}
    for program, pid in programs.items():
        ledger[f"CPU affinity of {program}"] = affinity(pid)
        ledger[f"memory limit of {program}"] = memory_limit(pid)
    if "service" in programs:
        ledger |= _service(programs["service"])
    return ledger


def affinity(pid: int) -> str:
    """The cores on which the threads of a process and of its descendants may run, each set once."""
    sets = set()
    for process in processes_of(pid):
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            try:
                sets.add(tuple(sorted(os.sched_getaffinity(int(task.name)))))
            except ProcessLookupError:
                continue
    return " | ".join(",".join(map(str, cores)) for cores in sorted(sets))


def memory_limit(pid: int) -> str:
    """The smallest limit of the control groups that a process is in."""
    limits = [value for path in _limit_files(pid) if (value := _number(path)) is not None and value < UNLIMITED]
    return f"{min(limits) // MEGABYTE} MB" if limits else "none"


def _limit_files(pid: int) -> Iterator[Path]:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        first = "memory" in controllers.split(",")
        if not first and controllers:
            continue
        root, file = (CGROUPS / "memory", "memory.limit_in_bytes") if first else (CGROUPS, "memory.max")
        group = root / path.lstrip("/")
        yield from (each / file for each in (group, *group.parents) if each.is_relative_to(root))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _service(pid: int) -> dict[str, str]:
    environ = psutil.Process(pid).environ()
    return {f"variable {name}": environ[name] for name in VARIABLES if name in environ}
