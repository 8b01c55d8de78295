"""The stack's Redis server."""

import secrets
from pathlib import Path

import redis

from compose.local import ports, programs
from compose.local.definition import Definition
from compose.local.permissions import make_folder, server_user, write_secret
from compose.local.placement import Cores
from compose.local.processes import Process, environment

START_SECONDS = 60


class CacheServer:
    """Redis on a free port of loopback, with a password and without persistence."""

    def __init__(self, definition: Definition, directory: Path, cores: Cores) -> None:
        self._definition = definition
        self._directory = directory
        self._user = server_user()
        # Not on the command line, which every user of the machine can read.
        self._password = secrets.token_hex()
        self._configuration = directory.parent / "cache.conf"
        self.process = Process("Redis", directory.parent / "cache.log", cores)
        self.port = ports.free()

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The URL with another port, such as a proxy's."""
        return f"redis://:{self._password}@{ports.LOOPBACK}:{port}/0"

    def start(self) -> None:
        """Start or restart the server and wait until it answers."""
        make_folder(self._directory, self._user)
        write_secret(self._configuration, f"requirepass {self._password}\n", self._user)
        options = ["--bind", ports.LOOPBACK, "--port", str(self.port), "--dir", str(self._directory)]
        # A process title overwrites the environment, by which the stack recognises its processes.
        options += ["--set-proc-title", "no"]
        settings = environment(self._directory, {})
        command = [programs.need("redis-server"), str(self._configuration), *self._definition.command, *options]
        self.process.start(command, settings, self._directory, user=self._user)
        self.process.wait(self._answers, START_SECONDS)
        self.process.settle()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
