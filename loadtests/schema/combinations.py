"""The file that says which services are measured: ours, or the user's own."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from loadtests.schema.files import LOADTESTS
from loadtests.schema.result import Varies

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


class UnusableFile(Exception):
    """The file does not say which services there are; the message says why."""


def read_entries(path: Path) -> list[Entry]:
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[Entry])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableFile(f"{path} is no list of combinations: {error}") from error
    names = [entry.name for entry in entries]
    repeated = [name for name in names if names.count(name) > 1]
    if not names or repeated:
        raise UnusableFile(
            f"{path} is no list of combinations: {repeated[0] + ' is there twice' if names else 'empty'}"
        )
    return entries
