"""Services that already run and that we must not restart."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loadtests.schema.plan import Plan
from loadtests.targets.base import LoadGenerator, Say, Target
from loadtests.targets.generators import generator_of
from loadtests.targets.k6 import k6_version


class RunningTarget(Target):
    """The services at the combinations' addresses; only k6's own resource use can be captured."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def url(self, name: str) -> str:
        return self._plan.urls[name]

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        """Does nothing: we must not restart these services."""

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        return generator_of(self._plan.generators, variables, log)

    def database(self, name: str) -> str:
        return name

    def versions(self) -> dict[str, str]:
        return {"k6": k6_version()}


@contextmanager
def running_target(plan: Plan, say: Say) -> Iterator[RunningTarget]:
    say("measuring the running services")
    yield RunningTarget(plan)
