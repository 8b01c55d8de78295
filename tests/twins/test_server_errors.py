"""The servers' own lists of errors: each number that a service can meet is in its server's class."""

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from shared.database.faults import (
    AccessDenied,
    Busy,
    ConnectionLost,
    DatabaseFault,
    LockTimedOut,
    ReadOnly,
    StatementRejected,
    StatementTimedOut,
    TransactionUndone,
    kind_of,
)
from tests.support.seeded_servers import KINDS, SeededServer
from tests.support.sides import server_of

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


Kinds = tuple[type[DatabaseFault], ...]
WAITS: Final[Kinds] = (LockTimedOut, TransactionUndone)
# Patterns of messages, and the classes that fit.
WORDS: Final[Mapping[str, Kinds]] = {
    r"access ?denied|is blocked because|account.*locked|not allowed to connect": (AccessDenied,),
    r"shutdown|was killed|connection closed|too many connections|offline|global conn limit": (ConnectionLost,),
    r"deadlock|lock wait|wait on a lock|lock (aborted|nowait)|restarting transaction|please retry": WAITS,
    r"time ?out|timed out|time exceeded": (ConnectionLost, StatementTimedOut, Busy, *WAITS),
    r"read[ -]only": (ReadOnly,),
    r"temporary err|connection .*busy|xa retry|not enough resources|mdl out of resources": (Busy, ConnectionLost),
}
# Classes by MySQL's SQLSTATE.
STATES: Final[Mapping[str, Kinds]] = {
    "08": (ConnectionLost, ReadOnly, AccessDenied),
    **dict.fromkeys(["21", "22001", "22004", "22007", "22008", "22012", "23"], (StatementRejected,)),
    "25006": (ReadOnly,),
    "28": (AccessDenied,),
    "40": (TransactionUndone,),
    "70": (StatementTimedOut,),
    "XA10": (TransactionUndone,),
}
# The reverse. From 4000 on, numbers have other meanings on MySQL and MariaDB; no service of ours meets them.
SAYS: Final[Mapping[type[DatabaseFault], str]] = {
    AccessDenied: r"denied|not allowed|blocked|host|password|plugin|auth|secure|owner|locked",
    ReadOnly: r"read[ -]?only|read ?lock|unknown com|option",
    LockTimedOut: r"lock",
    TransactionUndone: r"deadlock|transaction|changed|checkread|retry|re-?prepare|rb(rollback|timeout)",
    StatementTimedOut: r"timeout|exceeded|interrupted|abort",
}
APART: Final = 4000
# Statements that no service sends: replication, backups, roles, plugins, variables, JSON, results that are too large.
ELSEWHERE: Final = {
    1153, 1189, 1190, 1207, 1218, 1620, 1621, 1639, 1704, 1875, 1876,
    3025, 3068, 3095, 3202, 3630, 3699, 3836, 3840, 3907, 4011, 4156, 4192,
}  # fmt: skip


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> list[ServerError]:
    return server_errors(server_of(request.param, request))


def test_an_error_has_the_class_of_its_server_code(server: list[ServerError]) -> None:
    wrong = [
        (error, kind_of(error.number).__name__)
        for error in server
        if error.number not in ELSEWHERE and not all(kind_of(error.number) in kinds for kinds in _fitting(error))
    ]
    assert wrong == []


def test_an_error_in_a_class_is_told_by_its_message(server: list[ServerError]) -> None:
    wrong = [
        (error, kind_of(error.number).__name__)
        for error in server
        if error.number < APART and not re.search(SAYS.get(kind_of(error.number), ""), error.text)
    ]
    assert wrong == []


def _fitting(error: ServerError) -> Iterator[Kinds]:
    yield from (kinds for words, kinds in WORDS.items() if re.search(words, error.text))
    yield from (kinds for state, kinds in STATES.items() if error.state.startswith(state))
