"""Every kind of stack starts a service with the variables of Compose: local processes and Kubernetes."""

from collections.abc import Callable

import pytest

from compose.local import definition
from compose.local.service import localised
from tests.support.manifests import environment
from tests.support.stacks import COMBINATIONS

Starter = Callable[[str, definition.Plan], dict[str, str]]


def local(name: str, plan: definition.Plan) -> dict[str, str]:
    return localised(plan.combinations[name], 8009, 3999, "redis://127.0.0.1:6999/0", plan.secrets)


def kubernetes(name: str, _: definition.Plan) -> dict[str, str]:
    return environment("laptop", name)


@pytest.mark.parametrize("name", COMBINATIONS)
@pytest.mark.parametrize(
    ("starter", "may_differ"),
    [(local, {"BIND", "DATABASE_URL", "DATABASE_PASSWORD_FILE", "CACHE_URL"}), (kubernetes, set())],
)
def test_a_service_gets_the_environment_of_the_compose_file(starter: Starter, may_differ: set[str], name: str) -> None:
    plan = definition.read({})
    expected, started = plan.combinations[name].environment, starter(name, plan)
    assert started.keys() == expected.keys()
    assert {key for key in expected if expected[key] != started[key]} <= may_differ
    assert started["COMBINATION"] == name
    assert started["DATABASE_URL"].endswith(f"/shop_{name.replace('-', '_')}")
    assert bool(started["CACHE_URL"]) is name.endswith("cached")


def test_a_variable_reaches_a_local_service() -> None:
    own = local("sync", definition.read({"POOL": "7", "FANOUT": ""}))
    assert (own["POOL"], own["FANOUT"]) == ("7", "parallel")
    assert own["DATABASE_URL"].endswith("@127.0.0.1:3999/shop_sync")
