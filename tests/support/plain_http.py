"""HTTP/1.1 on a socket, to test pipelining and when a server closes a connection."""

import socket
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

SECONDS = 30.0
END = b"\r\n\r\n"


def request(path: str) -> bytes:
    """A keep-alive GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@dataclass
class Wire:
    """One connection to a service."""

    url: str
    _received: bytes = field(default=b"", init=False)

    def __enter__(self) -> Self:
        address = urlsplit(self.url)
        self._socket = socket.create_connection((address.hostname, address.port), SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, words: bytes) -> None:
        self._socket.sendall(words)

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body)."""
        self.send(request(path))
        return self.answer()

    def answer(self) -> tuple[int, bytes]:
        """(status, body) of the next answer."""
        while END not in self._received:
            self._more()
        head, _, self._received = self._received.partition(END)
        length = _length(head)
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return int(head.split(b" ", 2)[1]), body

    def wait_for_end(self) -> None:
        """Wait until the server closes the connection; fails when it sends anything more."""
        assert self._socket.recv(1) == b""

    def _more(self) -> None:
        received = self._socket.recv(65536)
        assert received, "the server closed the connection"
        self._received += received


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
