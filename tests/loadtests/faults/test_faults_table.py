"""The table of faults is complete."""

import pytest

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.fault import Fault
from loadtests.faults.table import FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_has_a_description_and_lasts_long_enough_to_be_judged(fault: Fault) -> None:
    assert fault.meaning.endswith(".")
    assert fault.after >= 6  # otherwise recovery within 5 s could not be observed
    assert set(fault.findings) <= set(COMBINATIONS)


def test_the_table_has_faults_of_each_part() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    parts = {
        part: {fault.name for fault in FAULTS if fault.part == part}
        for part in ("Redis", "database", "service", "clients")
    }
    assert parts["Redis"] >= {"redis-killed", "redis-frozen", "redis-slow", "redis-full", "redis-restarted"}
    assert parts["database"] >= {
        "database-killed", "database-frozen", "database-full", "database-far", "commit-lost", "statement-long",
        "lock-wait", "deadlocks",
    }  # fmt: skip
    assert parts["service"] >= {"worker-killed", "terminated", "rolling", "deploy"}
    assert parts["clients"] >= {"silent-clients", "slow-senders", "disconnects", "overload"}


def test_only_cached_combinations_get_the_faults_of_redis() -> None:
    assert all(fault.concerns(cached=True) for fault in FAULTS)
    assert {fault.part for fault in FAULTS if not fault.concerns(cached=False)} == {"Redis"}
