"""The database server's accounts: each has a password or is locked, and none of a service reaches a file."""

import re
from collections.abc import Iterator

import pymysql
import pytest

from loadtests.schema.combinations import OURS, read_entries
from tests.support.seeded_servers import KINDS, SHOPS, SeededServer, seeded_server

pytestmark = pytest.mark.usefixtures("servers")

ACCOUNTS = "SELECT user, host, plugin, authentication_string FROM mysql.user"
# Wrong password, missing password, and a locked account on MySQL and on MariaDB.
REFUSED = {1045, 1698, 3118, 4151}
# An anonymous account would accept an unknown name.
NAMES = ["root", "mysql", "mariadb.sys", "nobody"]


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[SeededServer]:
    with seeded_server(request.param) as running:
        yield running


def account(combination: str) -> str:
    return "shop_" + re.sub(r"\W", "_", combination)


def test_every_account_has_a_password_or_is_locked(server: SeededServer) -> None:
    accounts = server.rows("mysql", ACCOUNTS)
    for user, host, _, secret in accounts:
        definition = str(server.rows("mysql", f"SHOW CREATE USER '{user}'@'{host}'"))
        assert secret or "ACCOUNT LOCK" in definition, (user, host)
    users = {str(user) for user, *_ in accounts if "." not in str(user)}
    assert {"root", *SHOPS} <= users <= {"root", *(account(entry.name) for entry in read_entries(OURS))}


def test_passwords_are_checked_by_the_server_and_not_by_the_client(server: SeededServer) -> None:
    plugins = {str(plugin) for _, _, plugin, _ in server.rows("mysql", ACCOUNTS)}
    assert plugins <= {"mysql_native_password", "caching_sha2_password"}


@pytest.mark.parametrize("user", NAMES)
def test_nobody_connects_without_a_password(server: SeededServer, user: str) -> None:
    with pytest.raises(pymysql.err.OperationalError) as refused:
        pymysql.connect(host=server.host, port=server.port, user=user, password="")
    assert refused.value.args[0] in REFUSED


def test_no_service_has_a_right_on_the_whole_server(server: SeededServer) -> None:
    for shop in SHOPS:
        grants = [str(row[0]) for row in server.rows("mysql", f"SHOW GRANTS FOR '{shop}'@'%'")]
        assert [line for line in grants if " ON *.* " in line and not line.startswith("GRANT USAGE ")] == []


def test_the_server_reads_and_writes_no_files_for_its_clients(server: SeededServer) -> None:
    found = {str(name): value for name, value in server.rows("mysql", "SHOW GLOBAL VARIABLES")}
    assert (found["local_infile"], found["general_log"]) == ("OFF", "OFF")
    assert found.get("have_symlink", "DISABLED") == "DISABLED"
    files, data = str(found["secure_file_priv"]), str(found["datadir"])
    assert files not in ("", "/")  # any folder
    assert not data.startswith(files)
