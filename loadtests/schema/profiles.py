"""The loads that can be asked for by name, as profiles.json holds them for k6 and for Python."""

from collections.abc import Collection
from typing import Final

import msgspec

from loadtests.schema.files import LOADTESTS

FILE: Final = LOADTESTS / "profiles.json"
WRITES: Final = frozenset({"create_order", "update_product"})
# Profiles that are no rounds of cells, and the module whose main measures them.
STUDIES: Final = {"capacity": "loadtests.studies.capacity.command", "sweep": "loadtests.studies.sweep.command"}


class Profile(msgspec.Struct, frozen=True):
    """One load; times in seconds, a mix is a weight per route."""

    vus: int
    warm_up_s: float
    duration_s: float
    think_time_s: float
    mix: dict[str, float]


def read_profiles() -> dict[str, Profile]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Profile])


def writes(mix: Collection[str]) -> bool:
    """Whether a load of these routes changes rows."""
    return not WRITES.isdisjoint(mix)
