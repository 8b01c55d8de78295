"""The private Redis server."""

from pathlib import Path

import redis

from compose.local import ports, programs
from compose.local.definition import Definition
from compose.local.placement import Cores
from compose.local.processes import Process, environment

START_SECONDS = 60


class CacheServer:
    """A server of its own on a free port of loopback; it keeps nothing on disk."""

    def __init__(self, definition: Definition, directory: Path, cores: Cores) -> None:
        self._definition = definition
        self._directory = directory
        self.process = Process("Redis", directory.parent / "cache.log", cores)
        self.port = ports.free()

    @property
    def url(self) -> str:
        """Where its first database is, as redis-py wants it."""
        return f"redis://{ports.LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Starts the server, empty, and returns when it answers; also after it has ended."""
        self._directory.mkdir(exist_ok=True)
        program, *options = self._definition.command
        place = ["--bind", ports.LOOPBACK, "--port", str(self.port), "--dir", str(self._directory)]
        # Its title would be written over its environment, by which the stack knows its processes.
        place += ["--set-proc-title", "no"]
        surroundings = environment(self._directory, {})
        self.process.start([programs.need(program), *options, *place], surroundings, self._directory)
        self.process.wait(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
