"""Which code a run was made with."""

import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
TIMEOUT_S: Final = 10


def describe_checkout() -> dict[str, Any]:
    """Gives the commit, and whether files of it were changed; nothing where this is no checkout, or git is missing."""
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
