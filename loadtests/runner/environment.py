"""On what a run was made, for run.json."""

import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import psutil

GIGABYTE: Final = 1024**3


def describe_host() -> dict[str, Any]:
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / GIGABYTE, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def command_line() -> str:
    """The command that this process runs, as a person types it again."""
    return shlex.join(["python", "-m", "loadtests", *sys.argv[1:]])


ROOT: Final = Path(__file__).parents[2]
TIMEOUT_S: Final = 10


def describe_checkout() -> dict[str, Any]:
    """Empty where this is no checkout, or git is missing."""
    commit, changed = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return {} if commit is None or changed is None else {"commit": commit, "changed": bool(changed)}


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
