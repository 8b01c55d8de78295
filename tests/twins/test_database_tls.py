"""TLS to the database, on a real server with the test's own certificates: accepted and refused ones."""

import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from compose.local import definition, programs
from compose.local.database_server import MYSQL, Connection, DatabaseServer
from shared.database.faults import ConnectionLost, DatabaseFault
from shared.service.settings import SettingsError, read_settings
from tests.support.certificates import Authority, authority
from tests.support.seeded_servers import KINDS, external_server
from tests.support.twins import NAMES, Twin
from tests.support.waiting import wait_until

HOST = "127.0.0.1"
BRIEF_SECONDS, DAY = 3, 86400
ROOT, PASSWORD = "for-root", "for-this-test-only"
ACCOUNT = (
    "CREATE DATABASE shop",
    f"CREATE USER 'probe'@'%' IDENTIFIED BY '{PASSWORD}'",
    "GRANT ALL ON shop.* TO 'probe'@'%'",
)
RELOAD = "ALTER INSTANCE RELOAD TLS"
FILES = "SET GLOBAL ssl_cert = '{}', ssl_key = '{}', ssl_ca = '{}'"
# A file that MySQL may read in its container.
THERE = "/run/mysqld/shown.pem"
CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"


@dataclass(frozen=True)
class TlsServer:
    """A database server, the files of its certificate, key and authority, and two authorities."""

    connect: Callable[[], Connection]
    port: int
    install: Callable[[Path], tuple[str, ...]]
    folder: Path
    ours: Authority
    other: Authority

    def show(self, by: Authority, host: str = HOST, days: float = 30) -> None:
        """Makes the server use another certificate."""
        # MySQL accepts no expired certificate.
        brief = days < 0 and "MariaDB" not in str(self.run("SELECT VERSION()"))
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        by.sign(certificate, key, host, BRIEF_SECONDS / DAY if brief else days)
        shown = self.folder / "shown.pem"
        shown.write_bytes(b"".join(file.read_bytes() for file in (certificate, key, by.file)))
        self.run(*self.install(shown))
        time.sleep(BRIEF_SECONDS if brief else 0)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""
        with self.connect() as root, root.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def sessions(self) -> list[tuple[Any, ...]]:
        return self.run("SELECT id FROM information_schema.processlist WHERE user = 'probe'")


@pytest.fixture(scope="module")
def local(servers: None) -> Iterator[TlsServer]:
    with _running(*(f"--ssl-{what}={{0}}/shown.pem" for what in ("cert", "key", "ca"))) as running:
        yield running


@pytest.fixture(scope="module")
def external(servers: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    """MySQL in a container, with its certificate in a file there."""
    server, folder = external_server(), tmp_path_factory.mktemp("tls")
    running = TlsServer(
        lambda: server.connect(None), server.port, _into_container, folder,
        authority(folder, "ours"), authority(folder, "other"),
    )  # fmt: skip
    (before,) = running.run(*ACCOUNT, "SELECT @@ssl_cert, @@ssl_key, @@ssl_ca")
    yield running
    running.run(FILES.format(*before), RELOAD)
    running.run("DROP USER probe", "DROP DATABASE shop")


@pytest.fixture(params=KINDS)
def tls(request: pytest.FixtureRequest, servers: None) -> TlsServer:
    """A server that offers TLS."""
    running: TlsServer = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="module")
def local_plain(servers: None) -> Iterator[TlsServer]:
    mariadb = "MariaDB" in programs.version(programs.need("mysqld", "mariadbd"))
    with _running("--skip-ssl" if mariadb else "--tls-version=") as running:
        yield running


@pytest.fixture(params=KINDS)
def plain(request: pytest.FixtureRequest, servers: None) -> Iterator[TlsServer]:
    """A server without TLS."""
    if request.param == "local":
        yield request.getfixturevalue("local_plain")
        return
    running: TlsServer = request.getfixturevalue("external")
    running.show(running.ours)
    ((versions,),) = running.run("SELECT @@tls_version")
    running.run("SET GLOBAL tls_version = ''", f"{RELOAD} NO ROLLBACK ON ERROR")
    yield running
    running.run(f"SET GLOBAL tls_version = '{versions}'", RELOAD)


@pytest.fixture(params=NAMES)
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    with Twin(request.param) as running:
        yield running


@pytest.mark.parametrize("host", [HOST, "localhost"])
def test_the_right_authority_and_name_are_accepted(twin: Twin, tls: TlsServer, host: str) -> None:
    tls.show(tls.ours, host)
    assert _cipher(twin, tls, "verify", tls.ours, host).startswith("TLS")


def test_another_authority_is_refused(twin: Twin, tls: TlsServer) -> None:
    tls.show(tls.other)
    _is_refused(twin, tls, "verify", tls.ours, "certificate verify failed")


def test_an_authority_that_the_system_does_not_know_is_refused(twin: Twin, tls: TlsServer) -> None:
    tls.show(tls.ours)
    _is_refused(twin, tls, "verify", None, "certificate verify failed")


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost"])
def test_another_name_is_refused(twin: Twin, tls: TlsServer, host: str) -> None:
    tls.show(tls.ours, host)
    _is_refused(twin, tls, "verify", tls.ours, "127.0.0.1")


def test_an_expired_certificate_is_refused(twin: Twin, tls: TlsServer) -> None:
    tls.show(tls.ours, days=-1)
    _is_refused(twin, tls, "verify", tls.ours, "expired")


@pytest.mark.parametrize("days", [30, -1])
def test_without_verification_any_certificate_encrypts(twin: Twin, tls: TlsServer, days: int) -> None:
    tls.show(tls.other, "elsewhere.example", days)
    assert _cipher(twin, tls, "on", None).startswith("TLS")


def test_off_uses_no_tls_even_if_it_is_offered(twin: Twin, tls: TlsServer) -> None:
    assert _cipher(twin, tls, "off", None) == ""


@pytest.mark.parametrize("mode", ["on", "verify"])
def test_a_server_without_tls_is_refused_and_keeps_no_session(twin: Twin, plain: TlsServer, mode: str) -> None:
    _is_refused(twin, plain, mode, plain.ours if mode == "verify" else None, r"TLS|SSL|Bad handshake")
    assert _cipher(twin, plain, "off", None) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"DATABASE_TLS": "maybe"},
        {"DATABASE_TLS": "on", "DATABASE_CA_FILE": "/etc/hostname"},
        {"DATABASE_TLS": "verify", "DATABASE_CA_FILE": "/nowhere"},
        {"DATABASE_TLS": "verify", "DATABASE_CA_FILE": "/etc/hostname"},
    ],
    ids=str,
)
def test_contradictory_settings_are_refused(wrong: dict[str, str]) -> None:
    needed = {"COMBINATION": "it", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://u@127.0.0.1/d"}
    with pytest.raises(SettingsError, match=r"DATABASE_(TLS|CA_FILE)"):
        read_settings(needed | wrong)


@contextmanager
def _running(*options: str) -> Iterator[TlsServer]:
    plan = definition.read(os.environ)
    everywhere = frozenset(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may run as a user of its own
        ours, other = authority(folder, "ours"), authority(folder, "other")
        ours.sign(folder / "shown.pem", folder / "key.pem", HOST)
        with (folder / "shown.pem").open("ab") as shown:
            shown.write((folder / "key.pem").read_bytes() + ours.file.read_bytes())
        command = (*plan.database.command, *(option.format(folder) for option in options))
        server = DatabaseServer(replace(plan.database, command=command), folder / "d", everywhere, ROOT)
        try:
            server.start()
            reload = RELOAD if server.flavour is MYSQL else "FLUSH SSL"
            running = TlsServer(server.connect, server.port, lambda _: (reload,), folder, ours, other)
            running.run(*ACCOUNT)
            yield running
        finally:
            server.process.stop(5)


def _into_container(file: Path) -> tuple[str, ...]:
    """TEST_DATABASE_EXEC runs a command in the container as MySQL's user; the statements let MySQL read the file."""
    command = [*shlex.split(os.environ["TEST_DATABASE_EXEC"]), "sh", "-c", f"cat >{THERE}"]
    subprocess.run(command, input=file.read_bytes(), check=True, timeout=20)
    return FILES.format(THERE, THERE, THERE), RELOAD


def _cipher(twin: Twin, to: TlsServer, mode: str, trusted: Authority | None, host: str = HOST) -> str:
    settings = read_settings({
        "COMBINATION": twin.name, "BIND": "127.0.0.1:1", "CONNECT_TIMEOUT": "5",
        "DATABASE_URL": f"mysql://probe:{PASSWORD}@{host}:{to.port}/shop",
        "DATABASE_TLS": mode, "DATABASE_CA_FILE": str(trusted.file) if trusted else "",
    })  # fmt: skip
    raw = twin.call(twin.part("database.driver", "connect"), settings, 5.0)
    try:
        result = twin.call(twin.part("database.driver", "execute"), raw, CIPHER, (), 5.0)
        return str(result.rows[0][1])
    finally:
        twin.call(twin.part("database.driver", "close"), raw)


def _is_refused(twin: Twin, by: TlsServer, mode: str, trusted: Authority | None, why: str) -> None:
    with pytest.raises(DatabaseFault, match=why) as refused:
        _cipher(twin, by, mode, trusted)
    assert isinstance(refused.value, ConnectionLost)
    assert refused.value.problem().status == 503
    wait_until(lambda: by.sessions() == [], "the server keeps no session of it")
