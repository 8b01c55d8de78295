"""The target of each STACK: local processes, containers, pods of a cluster, or services that already run."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

from loadtests.schema.plan import Plan
from loadtests.targets.base import Say, Target
from loadtests.targets.compose import compose_target
from loadtests.targets.kubernetes import kubernetes_target
from loadtests.targets.local import local_target
from loadtests.targets.running import running_target

OpenTarget: TypeAlias = Callable[[Plan, Say], AbstractContextManager[Target]]

TARGETS: Final[Mapping[str, OpenTarget]] = {
    "local": local_target,
    "compose": compose_target,
    "kubernetes": kubernetes_target,
    "none": running_target,
}
