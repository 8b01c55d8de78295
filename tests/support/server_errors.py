"""The error list of a running server: MySQL shows it in a table, MariaDB keeps it in a file."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.seeded_servers import SeededServer

# Numbers from 10,000 on go to MySQL's own log only.
MYSQL: Final = """SELECT error_number, error_name, sql_state FROM events_errors_summary_global_by_error
WHERE error_number BETWEEN 1000 AND 9999"""
UNUSED: Final = "you should never see it"
SECTION: Final = 1000
SECTIONS: Final = 4


class ServerError(NamedTuple):
    """`text` is the name on MySQL, the message on MariaDB, in small letters; `state` is empty on MariaDB."""

    number: int
    text: str
    state: str = ""


def server_errors(server: SeededServer) -> list[ServerError]:
    ((version, charsets),) = server.rows("mysql", "SELECT VERSION(), @@character_sets_dir")
    if "MariaDB" in str(version):
        return list(messages(Path(str(charsets), "..", "english", "errmsg.sys").read_bytes()))
    rows = server.rows("performance_schema", MYSQL)
    return [
        ServerError(int(str(number)), str(name).lower().replace("_", " "), str(state)) for number, name, state in rows
    ]


def messages(file: bytes) -> Iterator[ServerError]:
    """MariaDB's errmsg.sys: how many messages each section has, how long each is, and all texts one after the other."""
    (count,) = struct.unpack_from("<H", file, 12)
    sizes = struct.unpack_from(f"<{SECTIONS}H", file, 32)
    lengths = iter(struct.unpack_from(f"<{count}H", file, 32 + 2 * SECTIONS))
    start = 32 + 2 * SECTIONS + 2 * count
    for section, size in enumerate(sizes, 1):
        for number in range(section * SECTION, section * SECTION + size):
            length = next(lengths)
            text = file[start : start + length].rstrip(b"\0").decode().lower()
            start += length
            if text != UNUSED:
                yield ServerError(number, text)
