"""The file that says which services are measured: ours, or the user's own."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from loadtests.schema.files import LOADTESTS
from loadtests.schema.result import Varies
from loadtests.schema.settings import UnusableInput, refuse

OURS: Final = LOADTESTS / "combinations.json"
# A load test of another machine is nothing to start by a slip.
LOOPBACK: Final = r"^http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$"


class Entry(msgspec.Struct, frozen=True):
    """One service: its name, where it answers, the X-Combination that it sends, what it varies, and its ready path."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    url: Annotated[str, msgspec.Meta(pattern=LOOPBACK)]
    expect: str | None = None
    varies: Varies | None = None
    ready: Annotated[str, msgspec.Meta(pattern="^/")] = "/health/ready"


Entries: TypeAlias = Annotated[list[Entry], msgspec.Meta(min_length=1)]


def read_entries(path: Path) -> list[Entry]:
    """Raises UnusableInput."""
    try:
        entries: list[Entry] = msgspec.json.decode(path.read_bytes(), type=Entries)
    except OSError as error:
        raise UnusableInput(f"COMBINATIONS={path}: it cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableInput(f"COMBINATIONS={path}: it is no list of combinations ({error})") from error
    names = [entry.name for entry in entries]
    twice = [name for name in names if names.count(name) > 1]
    return refuse("COMBINATIONS", path, f"{twice[0]} is there twice") if twice else entries
