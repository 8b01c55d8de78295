"""The table of faults: it is whole, and a fault that did not take place does not pass for one that did."""

import pytest

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.fault import Row
from loadtests.faults.table import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_fault_can_be_injected_shown_and_lifted(row: Row) -> None:
    for step in ("inject", "evidence", "lift"):
        assert callable(getattr(row.fault, step))
        assert getattr(type(row.fault), step).__doc__
    assert row.meaning.endswith(".")
    assert row.after >= 6  # or nobody could see that the service is back within 5 s
    assert set(row.findings) <= set(COMBINATIONS)


def test_the_table_holds_what_can_happen_to_each_part() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    parts = {
        part: {row.name for row in ROWS if row.part == part} for part in ("Redis", "database", "service", "clients")
    }
    assert parts["Redis"] >= {"redis-killed", "redis-frozen", "redis-slow", "redis-full", "redis-restarted"}
    assert parts["database"] >= {
        "database-killed", "database-frozen", "database-full", "database-far", "commit-lost", "statement-long",
        "lock-wait", "deadlocks",
    }  # fmt: skip
    assert parts["service"] >= {"worker-killed", "terminated", "rolling", "deploy"}
    assert parts["clients"] >= {"silent-clients", "slow-senders", "disconnects", "overload"}


def test_only_combinations_with_a_cache_meet_the_faults_of_redis() -> None:
    assert all(row.concerns(cached=True) for row in ROWS)
    assert {row.part for row in ROWS if not row.concerns(cached=False)} == {"Redis"}
