"""Options of the local stack."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compose.local.failures import unusable

HIGHEST_PORT = 65535
HIGHEST_SCALE = 999
HIGHEST_WORKERS = 64
MOST_SERVICES = 21


def seeded_data() -> Path | None:
    """The variable SEEDED_DATA."""
    folder = os.environ.get("SEEDED_DATA")
    return Path(folder) if folder else None


@dataclass(frozen=True)
class StackOptions:
    """StackError names an option that is out of range.

    Services listen on `port_base` + 1 and following. `scale` multiplies the data. `environment` is added to every
    service's. `only` names the services to start (default: all). `progress` is called with each step. `down` stops a
    stack in the `foreground`. `seeded` is a data directory of the same scale, copied instead of loading the data.
    """

    workers: int = 1
    port_base: int = 8000
    scale: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    only: Collection[str] | None = None
    progress: Callable[[str], None] | None = None
    foreground: bool = False
    seeded: Path | None = field(default_factory=seeded_data)

    def __post_init__(self) -> None:
        within("WORKERS", self.workers, 1, HIGHEST_WORKERS)
        within("PORT_BASE", self.port_base, 0, HIGHEST_PORT - MOST_SERVICES)
        within("SCALE", self.scale, 1, HIGHEST_SCALE)

    def say(self, line: str) -> None:
        if self.progress:
            self.progress(line)

    def ports(self, names: Collection[str], defaults: Collection[str]) -> dict[str, int]:
        """The port of each service to start; `names` are all services, in the order of their ports."""
        unknown = set(self.only or ()) - set(names)
        if unknown:
            known = ", ".join(names)
            raise unusable(f"there is no combination {sorted(unknown)[0]!r}: choose from {known}")
        selected = defaults if self.only is None else self.only
        return {name: self.port_base + number for number, name in enumerate(names, 1) if name in selected}


def within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise unusable(f"{name} is {value}: use a whole number from {low} to {high}")


def whole(name: str, text: str) -> int:
    """Raises StackError."""
    if not text.isdecimal():
        raise unusable(f"{name} is {text}: use a whole number")
    return int(text)
