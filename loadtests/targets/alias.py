"""One stack's services under other names and at other addresses, as a target of the load."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from compose.local.stack import Stack
from loadtests.schema.plan import Plan
from loadtests.targets.local import LocalTarget
from loadtests.targets.registry import OpenTarget


class AliasTarget(LocalTarget):
    """A running local stack, of which one service may have several names, each with an address."""

    def __init__(self, stack: Stack, services: Mapping[str, str], urls: Mapping[str, str]) -> None:
        super().__init__(stack)
        self._services = services
        self._urls = urls

    def url(self, name: str) -> str:
        return self._urls[name]

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        super().prepare(list(dict.fromkeys(self._services[name] for name in names)), restore)

    def programs(self, name: str) -> dict[str, int]:
        return super().programs(self._services[name])

    def database(self, name: str) -> str:
        return super().database(self._services[name])


def alias_target(stack: Stack, services: Mapping[str, str], urls: Mapping[str, str]) -> OpenTarget:
    """Its services are fresh at the start, for the ledger's sake."""

    @contextmanager
    def opened(_plan: Plan, _say: Callable[[str], None]) -> Iterator[AliasTarget]:
        for service in set(services.values()):
            stack.service(service).restart()
        with closing(AliasTarget(stack, services, urls)) as target:
            yield target

    return opened
