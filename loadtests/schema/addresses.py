"""On which machines load may go: this one, and those that ALLOW_HOSTS names. As loadtests/lib/addresses.js has it."""

import re
from collections.abc import Collection
from typing import Final

from loadtests.schema.settings import HOST, refuse

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
ADDRESS: Final = rf"^(https?://)({HOST})(:[0-9]{{1,5}})?$"


def moved(url: str, host: str) -> str:
    """The address on another machine; one that is elsewhere already stays."""
    return re.sub(ADDRESS, rf"\g<1>{host}\g<3>", url) if host and _host(url) in LOOPBACK else url


def must_be_allowed(name: str, value: object, urls: Collection[str], allowed: str) -> None:
    """Raises UnusableInput for the first that is not this machine and not allowed, in the name of who said so."""
    known = (*LOOPBACK, *map(_plain, allowed.split(",")))
    for host in map(_host, urls):
        if host not in known:
            refuse(name, value, f"load on another machine needs its owner's leave: with it, add ALLOW_HOSTS={host}")


def _host(url: str) -> str:
    match = re.fullmatch(ADDRESS, url)
    return _plain(match[2]) if match else ""


def _plain(host: str) -> str:
    return re.sub(r"^\[(.*)\]$", r"\1", host.strip().lower())
