"""Sessions of both twins: equal for the server, and they send and read the same."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pymysql.constants import CLIENT

from shared.database.faults import DatabaseFault
from shared.shop import statements
from tests.support.seeded_servers import KINDS
from tests.support.sides import SIDES, Side, server_of, side_of
from tests.support.twins import NAMES

# Variables that identify the session or its time, or that the server chose.
OF_ONE_SESSION = {
    "pseudo_thread_id", "timestamp", "rand_seed1", "rand_seed2", "last_insert_id", "insert_id",
    "identity", "in_transaction", "statement_id", "proxy_user", "external_user", "error_count",
    "warning_count", "last_gtid", "gtid_seq_no", "original_commit_timestamp",
}  # fmt: skip
COLUMNS = "name, request_hash, location, body, created_at"
KEY = "SELECT location, body FROM idempotency_keys"
TEXTS = ["plain", "Zürich Ω 漢字", "🦊🍋", "quote ' and \\ and \" and %s", "\x00\x1a\r\n"]


@pytest.fixture(params=SIDES, ids="-".join)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    name, kind = request.param
    with side_of(name, server_of(kind, request)) as running:
        yield running


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> Iterator[list[Side]]:
    server = server_of(request.param, request)
    with ExitStack() as running:
        yield [running.enter_context(side_of(name, server)) for name in NAMES]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_stored_unchanged(side: Side, text: str) -> None:
    connection = side.connection()
    found = side.rows(connection, "SELECT %s, HEX(%s), CHAR_LENGTH(%s)", text, text, text)
    assert found == [(text, text.encode().hex().upper(), len(text))]


def test_stored_text_and_nulls_are_read_unchanged(side: Side) -> None:
    connection = side.connection()
    side.call(connection.begin)
    insert = f"INSERT INTO idempotency_keys ({COLUMNS}) VALUES (%s, '', %s, NULL, NOW())"
    side.call(connection.run, insert, "🦊", "🍋")
    found = side.rows(connection, f"{KEY} WHERE name = %s", "🦊")
    side.call(connection.roll_back)
    assert found == [("🍋", None)]
    assert side.rows(connection, f"{KEY} WHERE name = %s", "🦊") == []


def test_the_server_sees_the_same_session_from_both_twins(both: list[Side]) -> None:
    sync, asynchronous = (_variables(side) for side in both)
    assert len(sync) > 300
    differing = {name for name in sync | asynchronous if sync.get(name) != asynchronous.get(name)}
    assert {name: (sync[name], asynchronous[name]) for name in differing - OF_ONE_SESSION} == {}


def test_a_session_has_the_settings_that_the_service_needs(side: Side) -> None:
    variables = _variables(side)
    isolation = variables.get("transaction_isolation") or variables["tx_isolation"]
    assert isolation == "REPEATABLE-READ"
    assert variables["time_zone"] == "+00:00"
    assert variables["character_set_client"] == "utf8mb4"
    assert variables["innodb_lock_wait_timeout"] == "2"
    assert "STRICT_TRANS_TABLES" in variables["sql_mode"]


def test_both_drivers_announce_the_same_capabilities_except_multiple_statements(both: list[Side]) -> None:
    sync, asynchronous = (_raw(side).client_flag for side in both)
    assert sync ^ asynchronous == CLIENT.MULTI_STATEMENTS


def test_no_statement_of_ours_contains_a_second_one() -> None:
    texts = [text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str)]
    texts += [made(50) for made in (statements.lock_products, statements.categories_of, statements.insert_lines)]
    assert len(texts) > 20
    assert [text for text in texts if ";" in text] == []


def test_a_value_never_becomes_a_statement(side: Side) -> None:
    connection = side.connection()
    text = "'; DROP TABLE idempotency_keys; SELECT '"
    assert side.rows(connection, "SELECT %s", text) == [(text,)]
    assert side.rows(connection, "SELECT COUNT(*) >= 0 FROM idempotency_keys") == [(1,)]


def test_no_file_of_the_service_can_be_loaded(side: Side) -> None:
    connection = side.connection()
    with pytest.raises(DatabaseFault):
        side.call(connection.run, "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE idempotency_keys")


def _variables(side: Side) -> dict[str, str]:
    return dict(side.rows(side.connection(), "SHOW SESSION VARIABLES"))


def _raw(side: Side) -> Any:
    settings = side.settings()
    raw = side.call(side.twin.part("database.driver", "connect"), settings, settings.connect_timeout)
    side.closing.callback(side.call, side.twin.part("database.driver", "close"), raw)
    return raw
