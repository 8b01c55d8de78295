"""The loads that can be asked for by name, as profiles.json holds them for k6 and for Python."""

from typing import Final

import msgspec

from loadtests.schema.files import LOADTESTS

FILE: Final = LOADTESTS / "profiles.json"


class Lengths(msgspec.Struct, frozen=True):
    """Seconds that a part of a start lasts: the head to head, and for each combination warm-up and measured time."""

    turns_s: float
    warm_up_s: float
    duration_s: float


class Profile(msgspec.Struct, frozen=True):
    """One load; times in seconds, a mix is a weight per route."""

    vus: int
    warm_up_s: float
    duration_s: float
    think_time_s: float
    mix: dict[str, float]
    # Of the head to head; none without.
    turns_s: float = 0.0
    # How often a run starts the services, and what each of its starts lasts.
    starts: int = 4
    start: Lengths | None = None


def read_profiles() -> dict[str, Profile]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Profile])
