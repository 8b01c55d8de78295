"""A Redis server for one test, which may kill, freeze or fill it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import redis

from compose.local import ports, programs
from tests.support.obstacles import frozen
from tests.support.waiting import wait_until

SECONDS = 15.0


class OwnRedis:
    """A server that keeps its port over restarts; entering starts it, leaving kills it."""

    def __init__(self, folder: Path, *options: str, **client_options: Any) -> None:
        self.port = ports.free()
        self._options = options
        self._client_options = client_options
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def add_options(self, *options: str) -> None:
        """For the next start."""
        self._options += options

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start an empty server and wait until it answers."""
        options = ["--port", str(self.port), "--bind", ports.LOOPBACK, "--save", "", "--dir", str(self._folder)]
        words = [programs.need("redis-server"), *options, *self._options]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "a Redis of its own answers")

    def kill(self) -> None:
        """SIGKILL; idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None

    def client(self) -> redis.Redis:
        """The caller closes it."""
        return redis.Redis(host=ports.LOOPBACK, port=self.port, socket_timeout=SECONDS, **self._client_options)

    @contextmanager
    def configured(self, **settings: str) -> Iterator[None]:
        """CONFIG SET inside the block; underscores stand for hyphens."""
        with self.client() as client:
            names = [name.replace("_", "-") for name in settings]
            before = {name: client.config_get(name)[name] for name in names}
            for name, value in zip(names, settings.values(), strict=True):
                client.config_set(name, value)
            try:
                yield
            finally:
                for name, value in before.items():
                    client.config_set(name, value)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Inside the block connections are accepted and not answered."""
        with frozen(self.pid):
            yield

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Killed inside the block: connections are refused; empty afterwards."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
