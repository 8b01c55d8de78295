"""The loads that can be asked for by name, as profiles.json holds them for k6 and for Python."""

from typing import Final

import msgspec

from loadtests.schema.files import LOADTESTS

FILE: Final = LOADTESTS / "profiles.json"


class Profile(msgspec.Struct, frozen=True):
    """One load; times in seconds, a mix is a weight per route."""

    vus: int
    warm_up_s: float
    duration_s: float
    think_time_s: float
    mix: dict[str, float]


def read_profiles() -> dict[str, Profile]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Profile])
