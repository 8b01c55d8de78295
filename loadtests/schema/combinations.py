"""The file of the measured services, ours or the user's own, and the hosts that may be loaded."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from loadtests.schema.files import LOADTESTS
from loadtests.schema.result import Varies
from loadtests.schema.settings import HOST, read_named, refuse

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
ADDRESS: Final = rf"^(https?://)({HOST})(:[0-9]{{1,5}})?$"


def moved(url: str, host: str) -> str:
    """The address on another host; addresses that are not on this machine stay."""
    return re.sub(ADDRESS, rf"\g<1>{host}\g<3>", url) if host and _host(url) in LOOPBACK else url


def must_be_allowed(name: str, value: object, urls: Collection[str], allowed: str) -> None:
    """Raises UnusableInput, naming the setting, for the first address on another machine that is not allowed."""
    known = (*LOOPBACK, *map(_plain, allowed.split(",")))
    for host in map(_host, urls):
        if host not in known:
            refuse(name, value, f"load on another machine needs its owner's consent: with it, add ALLOW_HOSTS={host}")


def _host(url: str) -> str:
    match = re.fullmatch(ADDRESS, url)
    return _plain(match[2]) if match else ""


def _plain(host: str) -> str:
    return re.sub(r"^\[(.*)\]$", r"\1", host.strip().lower())


OURS: Final = LOADTESTS / "combinations.json"


class Entry(msgspec.Struct, frozen=True):
    """One service: name, address, the X-Combination it sends, what it varies, readiness path.

    A service with some routes only has a mix of these; every combination of its run then gets this mix.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    url: Annotated[str, msgspec.Meta(pattern=ADDRESS)]
    expect: str | None = None
    varies: Varies | None = None
    ready: Annotated[str, msgspec.Meta(pattern="^/")] = "/health/ready"
    mix: dict[str, Annotated[float, msgspec.Meta(gt=0)]] = {}

    @property
    def axes(self) -> Varies:
        """A service without `varies` is a stack of its own."""
        return self.varies or Varies(self.name, cache=False)


Entries: TypeAlias = Annotated[list[Entry], msgspec.Meta(min_length=1)]


# COMBINATIONS=servers: the four and the variants that differ in this. The same as in loadtests/lib/combinations.js.
GROUPS: Final = {"servers": "server", "drivers": "driver", "pythons": "python", "naive": "code"}


def group(word: str, known: Mapping[str, Entry]) -> list[str]:
    """The combinations of a group; without a word those with default server and driver; else none."""
    factor = GROUPS.get(word, "")
    if word and not factor:
        return []
    return [name for name, entry in known.items() if not entry.axes.variant or (factor and getattr(entry.axes, factor))]


def read_entries(path: Path) -> list[Entry]:
    """Raises UnusableInput."""
    entries: list[Entry] = read_named("COMBINATIONS", path, Entries, "combination")
    return entries
