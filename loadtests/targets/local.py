"""The stack as private local processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis

from compose.local.database_server import Connection
from compose.local.options import StackOptions
from compose.local.placement import pinned
from compose.local.processes import stop_all
from compose.local.rows import COPIES_AT_ONCE
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.schema.plan import Plan
from loadtests.targets.base import LoadGenerator, Target
from loadtests.targets.generators import generator_of
from loadtests.targets.k6 import k6_version

REDIS_TIMEOUT_S: Final = 5
SCANNED_AT_ONCE: Final = 1000


class LocalTarget(Target):
    def __init__(self, stack: Stack, generators: int = 1) -> None:
        self._stack = stack
        self._generators = generators
        self._cache = self.redis()

    @property
    def cores(self) -> dict[str, int]:
        others = len(self._stack.placement.others)
        services = len(self._stack.placement.services)
        return {"service": services, "database": others, "cache": others, "k6": others}

    def service(self, name: str) -> Service:
        return self._stack.service(name)

    def url(self, name: str) -> str:
        return self.service(name).url

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        """Starts all at once; rows are copied while the services start and get no requests."""
        services = [self.service(name) for name in names]
        stop_all([service.process for service in services], max(service.grace for service in services))
        for name in names:
            self.forget(name)
        for service in services:
            service.launch(self.environment(service.name))
        if restore:
            with ThreadPoolExecutor(COPIES_AT_ONCE) as copies:
                list(copies.map(self._stack.restore, names))
        for service in services:
            service.wait()

    def environment(self, name: str) -> dict[str, str]:  # noqa: ARG002 (a preset)
        """Additional environment variables of a service."""
        return {}

    def forget(self, name: str) -> None:
        for key in self._cache.scan_iter(match=f"{name}:*", count=SCANNED_AT_ONCE):
            self._cache.delete(key)

    def programs(self, name: str) -> dict[str, int]:
        return {
            "service": self.service(name).pid,
            "database": self._stack.database_pid,
            "cache": self._stack.cache_pid,
        }

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        with pinned(self._stack.placement.others):
            return generator_of(self._generators, variables, log)

    def administrator(self) -> Connection:
        return self._stack.admin()

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self._stack.cache_url, socket_timeout=REDIS_TIMEOUT_S)

    def database(self, name: str) -> str:
        return self._stack.database(name)

    def versions(self) -> dict[str, str]:
        cache = self._cache.info("server")
        return {"k6": k6_version(), "database": self._stack.database_version, "cache": str(cache["redis_version"])}

    def close(self) -> None:
        self._cache.close()


def stack_options(plan: Plan, say: Callable[[str], None]) -> StackOptions:
    return StackOptions(workers=plan.workers, port_base=plan.port_base, scale=plan.scale, progress=say, only=plan.names)


@contextmanager
def local_target(plan: Plan, say: Callable[[str], None]) -> Iterator[LocalTarget]:
    with Stack(stack_options(plan, say)) as stack:
        target = LocalTarget(stack, plan.generators)
        try:
            yield target
        finally:
            target.close()
