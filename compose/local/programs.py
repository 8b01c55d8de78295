"""Finds and runs system programs; names the package to install if one is missing."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from compose.local.failures import StackError, tail, unusable
from compose.local.permissions import identity, open_log

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # servers are installed here; often not on PATH
CURES = {
    "redis-server": "Redis is not installed: apt install redis-server",
    "mysqld": "no MySQL or MariaDB server is installed: apt install mariadb-server",
    "nginx": "nginx is not installed: apt install nginx",
    "mariadb-install-db": "mariadb-install-db is missing: apt install mariadb-server",
}


def find(name: str) -> str | None:
    """Search PATH and the folders of the system's servers."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS]))


def need(*names: str) -> str:
    """The first installed program; StackError names the package to install."""
    for name in names:
        if path := find(name):
            return path
    raise unusable(CURES[names[0]])


def run(
    command: Sequence[str], log: Path, seconds: float, environment: dict[str, str], user: int | None = None
) -> None:
    """Run a program with its output in `log`; StackError when it fails or times out."""
    name = Path(command[0]).name
    try:
        with open_log(log) as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=seconds,
                check=True,
                env=environment,
                **identity(user),
            )
    except subprocess.TimeoutExpired:
        raise StackError(f"{name} took longer than {seconds:.0f} s", log=tail(log)) from None
    except subprocess.CalledProcessError as failed:
        line = f"{name} failed with exit status {failed.returncode}"
        raise StackError(line, log=tail(log)) from None


def version(program: str) -> str:
    command = [program, "--version"]
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
