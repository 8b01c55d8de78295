"""The load: profiles by name; routes, ours or from a user's file."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from loadtests.schema.files import LOADTESTS
from loadtests.schema.settings import read_named

FILE: Final = LOADTESTS / "profiles.json"


class Lengths(msgspec.Struct, frozen=True):
    """Seconds of the parts of a start: the head to head, and warm-up and measured time of each combination."""

    turns_s: float
    warm_up_s: float
    duration_s: float


class Profile(msgspec.Struct, frozen=True):
    """One load; times are in seconds, a mix has a weight per route."""

    vus: int
    warm_up_s: float
    duration_s: float
    think_time_s: float
    mix: dict[str, float]
    # Weights of the head to head, if there is one.
    turns_s: float = 0.0
    # How often a run starts the services, and the parts of each start.
    starts: int = 4
    start: Lengths | None = None


def read_profiles() -> dict[str, Profile]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Profile])


# As in loadtests/lib/journeys.js.
JOURNEYS: Final = ("products", "product", "page", "revenue", "dashboard", "order", "create_order", "update_product")
WRITES: Final = frozenset({"create_order", "update_product"})
MOST_KEYS: Final = 1_000_000

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Listed: TypeAlias = Annotated[list[Any], msgspec.Meta(min_length=1)]


class Range(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Whole numbers, the first of which is the most frequent."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.last - self.first + 1 <= MOST_KEYS:
            raise ValueError('a key is a list, or {"from": 1, "to": 2000}')


class OwnRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request with keys drawn for each, and the check of its answer."""

    name: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]+$")]
    path: Annotated[str, msgspec.Meta(pattern="^/")]
    method: Method = "GET"
    weight: Annotated[float, msgspec.Meta(gt=0)] = 1
    keys: dict[str, Listed | Range] = {}
    body: Any = None
    headers: dict[str, str] = {}
    status: Annotated[int, msgspec.Meta(ge=100, lt=600)] = 200
    check: dict[str, Any] = {}

    def __post_init__(self) -> None:
        text = f"{self.path} {msgspec.json.encode(self.body or '').decode()}"
        missing = [key for key in re.findall(r"\{([A-Za-z0-9_]+)\}", text) if key not in self.keys]
        if missing:
            raise ValueError(f"route {self.name} names the key {missing[0]}, which is not under keys")


Routes: TypeAlias = Annotated[list[OwnRoute], msgspec.Meta(min_length=1)]


def read_routes(path: Path) -> list[OwnRoute]:
    """Raises UnusableInput for a file that k6 would reject."""
    routes: list[OwnRoute] = read_named("ROUTES", path, Routes, "route")
    return routes
