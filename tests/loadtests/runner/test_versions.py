"""A column of a version of Python is called by what its service reports, or there is no run."""

import pytest

from compose.local.failures import UNUSABLE, StackError
from compose.local.processes import interpreter
from loadtests.runner import environment
from loadtests.schema.plan import make_plan
from loadtests.targets.base import TargetError
from loadtests.targets.running import RunningTarget

NAMES = "sync,sync-python3-13"


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the services say, by name."""
    versions = {"sync": "CPython 3.11.7", "sync-python3-13": "CPython 3.13.0"}
    monkeypatch.setattr(environment, "read_ledger", lambda _target, name: {"Python": versions[name]})
    return versions


def read(combinations: str = NAMES) -> dict[str, dict[str, str]]:
    plan = make_plan(combinations=combinations)
    return environment.read_ledgers(RunningTarget(plan), plan, lambda _: None)


def test_a_service_of_its_version_is_measured(reported: dict[str, str]) -> None:
    assert read()["sync-python3-13"] == {"Python": "CPython 3.13.0"}


@pytest.mark.parametrize("version", ["3.11.7", "3.1.13", "3.130.1"])
def test_a_service_of_another_version_stops_the_run(reported: dict[str, str], version: str) -> None:
    reported["sync-python3-13"] = f"CPython {version}"
    with pytest.raises(TargetError, match=rf"sync-python3-13 .*{version}.* 3\.13"):
        read()


def test_a_version_that_is_not_there_is_named_with_what_makes_it() -> None:
    with pytest.raises(StackError, match="tools/setup pythons") as missing:
        interpreter("2.7")
    assert missing.value.status == UNUSABLE


def test_the_group_is_the_four_and_the_versions() -> None:
    names = make_plan(combinations="pythons").names
    assert {"sync", "async-cached", "sync-python3-11", "async-python3-13"} < set(names)
    assert "sync-granian" not in names
