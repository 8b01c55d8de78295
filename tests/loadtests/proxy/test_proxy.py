"""The proxy of the faults: the effect of each mode on a real connection, and its counts."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from compose.local.failures import StackError
from compose.local.ports import LOOPBACK
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import CUT, GARBLE, PASS, Mode
from tests.support.waiting import SLACK

SECONDS = 15.0
FAR = 0.15


class Echo:
    """`heard` holds (monotonic time, line) of each line received."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes]] = []
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Refuse new connections; idempotent."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    self.heard.append((time.monotonic(), line))
                    connection.sendall(line)
            except OSError:
                return


@pytest.fixture
def echo() -> Iterator[Echo]:
    with contextlib.closing(Echo()) as server:
        yield server


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as running:
        yield running


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, proxy.port), SECONDS) as connection:
        assert said(connection, b"first\n") == b"first\n"
        yield connection


def said(connection: socket.socket, words: bytes) -> bytes:
    """The echo of `words`; shorter if the connection ends."""
    connection.sendall(words)
    return received(connection, len(words))


def received(connection: socket.socket, length: int) -> bytes:
    answer = b""
    try:
        while len(answer) < length and (more := connection.recv(length - len(answer))):
            answer += more
    except ConnectionResetError:
        pass
    return answer


def test_pass_forwards_large_data_unchanged(client: socket.socket) -> None:
    words = b"x" * 3_000_000 + b"\n"
    assert said(client, words) == words


def test_delay_applies_in_each_direction_and_does_not_limit_throughput(
    client: socket.socket, proxy: Proxy, echo: Echo
) -> None:
    many = 200
    with proxy.switched(Mode("delay", FAR)):
        started = time.monotonic()
        for number in range(many):
            client.sendall(b"%04d\n" % number)
        answers = received(client, 5 * many)
        took = time.monotonic() - started
    assert answers == b"".join(b"%04d\n" % number for number in range(many))
    assert echo.heard[1][0] - started >= FAR
    assert 2 * FAR <= took < 2 * FAR + SLACK
    assert proxy.counts()["delayed"] >= 2


def test_a_new_connection_to_a_distant_server_takes_two_round_trips(proxy: Proxy, client: socket.socket) -> None:
    with proxy.switched(Mode("delay", FAR)):
        started = time.monotonic()
        with socket.create_connection((LOOPBACK, proxy.port), SECONDS) as another:
            assert said(another, b"hello\n") == b"hello\n"
        assert 4 * FAR <= time.monotonic() - started < 4 * FAR + SLACK


def test_delayed_data_goes_out_at_once_and_in_order_after_a_switch_to_pass(client: socket.socket, proxy: Proxy) -> None:
    proxy.switch(Mode("delay", 600))
    client.sendall(b"late\n")
    time.sleep(0.05)
    proxy.switch(PASS)
    started = time.monotonic()
    client.sendall(b"later\n")
    assert received(client, 11) == b"late\nlater\n"
    assert time.monotonic() - started < SLACK


def test_cut_resets_open_connections_refuses_new_ones_and_keeps_the_port(client: socket.socket, proxy: Proxy) -> None:
    with proxy.switched(CUT):
        assert received(client, 1) == b""
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((LOOPBACK, proxy.port), SECONDS)
        assert proxy.counts()["cut"] == 1
        assert proxy.counts()["open"] == 0
    with socket.create_connection((LOOPBACK, proxy.port), SECONDS) as again:
        assert said(again, b"back\n") == b"back\n"


def test_drip_sends_one_byte_at_a_time(client: socket.socket, proxy: Proxy) -> None:
    with proxy.switched(Mode("drip", 0.05)):
        client.sendall(b"abc\ndef\n")
        started = time.monotonic()
        pieces: list[bytes] = []
        while len(b"".join(pieces)) < 8:
            pieces.append(client.recv(100))
        assert time.monotonic() - started >= 7 * 0.05 - 0.01
    assert b"".join(pieces) == b"abc\ndef\n"
    assert len(pieces) >= 6
    assert proxy.counts()["dripped"] == 8


def test_garble_keeps_the_length_of_answers_and_changes_their_bytes(
    client: socket.socket, proxy: Proxy, echo: Echo
) -> None:
    words = b"a question\n"
    with proxy.switched(GARBLE):
        assert said(client, words) != words
    assert echo.heard[-1][1] == words
    assert proxy.counts()["garbled"] >= 1
    assert said(client, words) == words


def test_lose_forwards_the_request_and_loses_its_reply(client: socket.socket, proxy: Proxy, echo: Echo) -> None:
    with proxy.switched(Mode("lose", word="COMMIT")):
        assert said(client, b"BEGIN\n") == b"BEGIN\n"
        assert said(client, b"COMMIT\n") == b""
    assert echo.heard[-1][1] == b"COMMIT\n"
    assert proxy.counts()["lost"] == 1


def test_a_missing_server_ends_the_connection(proxy: Proxy, echo: Echo) -> None:
    echo.close()
    with socket.create_connection((LOOPBACK, proxy.port), SECONDS) as lonely:
        assert received(lonely, 1) == b""
    assert proxy.counts()["unreached"] == 1


def test_the_end_of_one_side_ends_the_other(client: socket.socket, proxy: Proxy) -> None:
    assert proxy.counts()["open"] == 1
    client.shutdown(socket.SHUT_WR)
    assert received(client, 1) == b""
    assert proxy.counts()["open"] == 0


def test_the_proxy_ends_with_its_parent(echo: Echo) -> None:
    with Proxy(echo.port) as proxy:
        process = psutil.Process(proxy.pid)
    assert not process.is_running()


def test_a_taken_port_is_an_error(echo: Echo) -> None:
    with pytest.raises(StackError, match="has ended"), Proxy(echo.port, port=echo.port):
        pass
