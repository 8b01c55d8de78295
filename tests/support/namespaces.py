"""Linux network namespaces as machines of their own, each linked to this one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from loadtests.targets.generators import Place

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
# This machine, as all of them see it. The net is one of those for benchmarks (RFC 2544).
HERE = "198.18.1.1"
PORT = 6565


@contextmanager
def namespaces(many: int) -> Iterator[list[Place]]:
    """This number of namespaces, each with a place for a k6."""
    names = [f"matrix-{os.getpid()}-{number}" for number in range(1, many + 1)]
    try:
        for number, name in enumerate(names, 1):
            _make(name, number)
        yield [
            Place([*AS_ROOT, "ip", "netns", "exec", name], f"198.18.{number}.2", PORT)
            for number, name in enumerate(names, 1)
        ]
    finally:
        for name in names:
            subprocess.run([*AS_ROOT, "ip", "netns", "delete", name], check=False, timeout=10)


def _make(name: str, number: int) -> None:
    here, there = f"matrix{number}", "eth0"
    _ip("netns", "add", name)
    _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
    _ip("address", "add", f"198.18.{number}.1/24", "dev", here)
    _ip("link", "set", here, "up")
    _ip("-netns", name, "address", "add", f"198.18.{number}.2/24", "dev", there)
    _ip("-netns", name, "link", "set", there, "up")
    _ip("-netns", name, "route", "add", "default", "via", f"198.18.{number}.1")


def _ip(*words: str) -> None:
    subprocess.run([*AS_ROOT, "ip", *words], check=True, timeout=10)
