"""Who may touch what a stack runs and writes: servers are never root, files are read by their owner only."""

import os
import pwd
import random
from pathlib import Path
from typing import IO, TypedDict

import psutil

from compose.local.failures import unusable

# systemd's range for services without a user of their own (DynamicUser=): no distribution gives these ids to anybody.
# Not `nobody`, which other services run as, nor `mysql` and `redis`, which own the files of the machine's own servers.
UNPRIVILEGED = range(61184, 65520)
MAY_ENTER = 0o001


class Identity(TypedDict):
    """The arguments of subprocess that choose the user of a program."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


def server_user() -> int | None:
    """An uid that no user and no process has, if we are root; else None: the servers run as we do."""
    if os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    taken |= {process.info["uids"].real for process in psutil.process_iter(["uids"]) if process.info["uids"]}
    return random.choice([uid for uid in UNPRIVILEGED if uid not in taken])


def identity(user: int | None) -> Identity:
    return Identity(user=user, group=user, extra_groups=None if user is None else [])


def make_folder(folder: Path, user: int | None = None) -> None:
    """A folder that only its owner may enter, where it is missing."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700)
    if user is not None:
        folder.parent.chmod(0o711)
        must_be_reached(folder)
        os.chown(folder, user, user)


def must_be_reached(folder: Path) -> None:
    """An error with the cure if an unprivileged user cannot enter one of the parents."""
    for parent in folder.parents:
        if not parent.stat().st_mode & MAY_ENTER:
            raise unusable(f"only its owner may enter {parent}, and servers do not run as root: set TMPDIR elsewhere")


def open_log(file: Path) -> IO[bytes]:
    """A log to write to the end of; only its owner may read it."""
    return open(file, "ab", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o600))


def write_secret(file: Path, text: str, user: int | None = None) -> None:
    """A new file that only `user` and root may read."""
    file.unlink(missing_ok=True)
    with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        output.write(text)
        if user is not None:
            os.fchown(output.fileno(), user, user)
