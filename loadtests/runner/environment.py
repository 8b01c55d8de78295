"""The environment of a run, for run.json: host, checkout, and the ledgers, which are compared with each other."""

import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import psutil

from loadtests.analysis.fairness import Differing, differences, unexplained
from loadtests.observe.ledger import read_ledger
from loadtests.schema.plan import Plan
from loadtests.schema.run import Ledger
from loadtests.targets.base import Say, Target, TargetError

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
    """The command of this process, in a form to type again."""
    return shlex.join(["python", "-m", "loadtests", *sys.argv[1:]])


ROOT: Final = Path(__file__).parents[2]
TIMEOUT_S: Final = 10


def describe_checkout() -> dict[str, Any]:
    """Empty outside a checkout or without git."""
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


def _in_words(ledgers: Mapping[str, Ledger], differing: list[Differing]) -> str:
    apart = {difference.entry for difference in differing}
    alike = [entry for entry in next(iter(ledgers.values()), {}) if entry not in apart]
    differ = f"; {len(apart)} differ (compare --section ledger says why)" if apart else ""
    return f"ledger: {len(alike)} entries are alike in {', '.join(ledgers)}{differ}"


LIBRARY: Final = "library "
PYTHON: Final = "Python"


def _check_python(name: str, version: str | None, reported: str) -> None:
    """A column is named after the version that its service reports, not after an image's tag."""
    if version and version not in (reported.split()[-1].rpartition(".")[0], reported.split()[-1]):
        raise TargetError(f"{name} runs {reported} and not {version}: measure it under the name of its version")


def read_ledgers(target: Target, plan: Plan, say: Say) -> dict[str, Ledger]:
    """Raises TargetError if the comparison would not be fair."""
    ledgers = {name: read_ledger(target, name) for name in plan.names}
    for name, varies in plan.axes.items() if plan.file is None else ():
        _check_python(name, varies.python, ledgers[name].get(PYTHON, "none"))
    differing = differences(ledgers, plan.axes)
    say(_in_words(ledgers, differing))
    # Other people's services elsewhere are recorded, not judged.
    if lines := unexplained(differing) if plan.file is None else []:
        raise TargetError(f"not a fair comparison: {'; '.join(lines)}")
    return ledgers


def libraries(ledgers: dict[str, Ledger]) -> dict[str, str]:
    """The library versions of the running services; in containers they are not this program's."""
    loaded = {entry: value for ledger in ledgers.values() for entry, value in ledger.items()}
    return {entry.removeprefix(LIBRARY): loaded[entry] for entry in sorted(loaded) if entry.startswith(LIBRARY)}


def describe_study(target: Target, plan: Plan, ledgers: dict[str, Ledger]) -> dict[str, Any]:
    """The description of a study's run, for its file."""
    return {
        "stack": plan.stack,
        "workers": plan.workers,
        "host": describe_host(),
        **describe_checkout(),
        "versions": target.versions() | libraries(ledgers),
        "ledger": ledgers,
    }
