"""Snapshots of all counters before and after a measured time, and their difference."""

import time
from contextlib import ExitStack
from typing import Any, Final, NamedTuple, Self

import pymysql
import redis

from loadtests.observe.database import Digest, Threads, read_digests, read_status, read_threads, statements_between
from loadtests.observe.processes import busy_between, read_cores
from loadtests.schema.server import Statement
from loadtests.targets.base import Target
from loadtests.targets.prometheus import increase, read_counters

GROWING: Final = (
    "total_connections_received", "total_commands_processed", "rejected_connections", "expired_keys", "evicted_keys",
    "keyspace_hits", "keyspace_misses", "total_net_input_bytes", "total_net_output_bytes", "used_cpu_sys",
    "used_cpu_user", "total_error_replies",
)  # fmt: skip
STANDING: Final = ("used_memory", "used_memory_peak", "connected_clients", "blocked_clients")


def read_info(client: "redis.Redis") -> dict[str, float]:
    """Raises a RedisError."""
    info: Any = client.info()
    return {name: float(info[name]) for name in (*GROWING, *STANDING) if name in info}


def info_between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """The increase of each counter, and the final values of other figures."""
    grown = {name: round(after[name] - before[name], 6) for name in GROWING if name in before and name in after}
    return grown | {name: after[name] for name in STANDING if name in after}


class Snapshot(NamedTuple):
    """All counters at one time; empty for servers that are not ours."""

    at: float
    cores: dict[str, tuple[float, float]]
    counters: dict[str, float]
    status: dict[str, float]
    digests: dict[str, Digest]
    redis: dict[str, float]


class Difference(NamedTuple):
    seconds: float
    busy: dict[str, float]
    counters: dict[str, float]
    status: dict[str, float]
    statements: list[Statement]
    redis: dict[str, float]


class Snapshots:
    """Takes snapshots of combinations; entering opens the connections, so that snapshots are quick."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._database = self._target.administrator()
        self._redis = self._target.redis()
        for each in (self._database, self._redis):
            if each is not None:
                self._closing.callback(each.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def take(self, name: str) -> Snapshot:
        at, cores = time.time(), read_cores()
        counters = read_counters(self._target.url(name))
        status, digests = self._of_database(self._target.database(name))
        return Snapshot(at, cores, counters, status, digests, self._of_redis())

    def threads(self, pid: int | None) -> Threads | None:
        """The threads of the database server; null if it is not ours or they cannot be read."""
        if self._database is None or pid is None:
            return None
        try:
            return read_threads(self._database, pid)
        except (pymysql.Error, OSError):
            return None

    def _of_database(self, schema: str) -> tuple[dict[str, float], dict[str, Digest]]:
        if self._database is None:
            return {}, {}
        try:
            return read_status(self._database), read_digests(self._database, schema)
        except pymysql.Error:
            return {}, {}

    def _of_redis(self) -> dict[str, float]:
        try:
            return read_info(self._redis) if self._redis is not None else {}
        except redis.RedisError:
            return {}


def difference(before: Snapshot, after: Snapshot) -> Difference:
    return Difference(
        seconds=after.at - before.at,
        busy=busy_between(before.cores, after.cores),
        counters=increase(before.counters, after.counters),
        status={name: value - before.status[name] for name, value in after.status.items() if name in before.status},
        statements=statements_between(before.digests, after.digests),
        redis=info_between(before.redis, after.redis),
    )
