"""Users and file modes: servers never run as root, and only the owner reads a stack's files."""

import os
import pwd
import random
from pathlib import Path
from typing import IO, TypedDict

import psutil

from compose.local.failures import unusable

# systemd's range for DynamicUser=, which no distribution assigns. Not `nobody`, used by other services, nor `mysql` and
# `redis`, which own the files of the machine's servers.
UNPRIVILEGED = range(61184, 65520)
MAY_ENTER = 0o001


class Identity(TypedDict):
    """The arguments of subprocess that choose the user of a program."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


def server_user() -> int | None:
    """As root, a uid without user or process; otherwise None: servers run as the current user."""
    if os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    taken |= {process.info["uids"].real for process in psutil.process_iter(["uids"]) if process.info["uids"]}
    return random.choice([uid for uid in UNPRIVILEGED if uid not in taken])


def identity(user: int | None) -> Identity:
    return Identity(user=user, group=user, extra_groups=None if user is None else [])


def make_folder(folder: Path, user: int | None = None) -> None:
    """Create a folder of mode 0700 unless it exists."""
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700)
    if user is not None:
        folder.parent.chmod(0o711)
        must_be_reached(folder)
        os.chown(folder, user, user)


def give(folder: Path, user: int | None) -> None:
    """Change the owner of a folder and its content to `user`."""
    if user is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)


def must_be_reached(folder: Path) -> None:
    """StackError if other users cannot traverse one of the parents."""
    for parent in folder.parents:
        if not parent.stat().st_mode & MAY_ENTER:
            raise unusable(
                f"other users cannot enter {parent}, and servers do not run as root: set TMPDIR to another folder"
            )


def open_log(file: Path) -> IO[bytes]:
    """Open a log for appending, with mode 0600; never through a symbolic link."""
    return open(file, "ab", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o600))


def write_secret(file: Path, text: str, user: int | None = None) -> None:
    """Create a file of mode 0600 that belongs to `user`."""
    file.unlink(missing_ok=True)
    with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        output.write(text)
        if user is not None:
            os.fchown(output.fileno(), user, user)
