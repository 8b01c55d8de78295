"""The load in its own process: it reports what it cannot do, records within bounds, and ends with its parent."""

from typing import Any

import pytest

from compose.local import ports
from compose.local.failures import StackError
from loadtests.consistency.failures import failures
from loadtests.consistency.history import History
from loadtests.consistency.kept_writes import duplicate_orders, final_rows, last_order, lost_writes
from loadtests.consistency.process import Driver
from loadtests.consistency.stale_reads import stale_reads
from loadtests.consistency.workload import Load
from tests.support.combination import Combination
from tests.support.waiting import wait_until

SECONDS = 60.0


def driven(combination: Combination, **members: Any) -> tuple[History, int]:
    """The history of a load that ran until it was over, and the last order before it."""
    before = last_order(combination.stack, combination.name)
    load = Load(combination.name, combination.stack.service(combination.name).port, f"driver-{before}", **members)
    with Driver(load) as driver:
        wait_until(lambda: driver.counts().over, "the load is over", SECONDS)
        return driver.stop(), before


@pytest.fixture
def uncached(all_combinations: dict[str, Combination]) -> Combination:
    return all_combinations["async"]


def test_without_a_cache_no_read_is_stale_and_every_subject_is_read(uncached: Combination) -> None:
    try:
        history, before = driven(uncached, reads=600, writes=60, reads_per_write=10)
        rows = final_rows(uncached.stack, uncached.name, before, history.watched)
    finally:
        uncached.renew()
    assert stale_reads(history) == []
    assert (lost_writes(history, rows), duplicate_orders(history, rows)) == ([], [])
    assert failures(history).broken == 0
    seen = {subject for record in history.reads for subject, _ in record.levels}
    assert {"units:*", "orders"} | {f"name:{number}" for number in history.watched.names} <= seen
    written = {record.route for record in history.writes}
    assert written == {"patch", "order"}
    assert len(rows.orders) == sum(record.done for record in history.writes if record.route == "order")


def test_an_unexpected_answer_is_recorded_and_ends_the_load(uncached: Combination) -> None:
    try:
        history, _ = driven(uncached, most_records=50)
    finally:
        uncached.renew()
    assert history.full
    assert len(history.records) == 50


def test_without_a_service_the_load_names_its_first_request() -> None:
    with (
        pytest.raises(StackError, match="sync: GET /api/dashboard"),
        Driver(Load("sync", ports.free(), "run")),
    ):
        pass


def test_leaving_ends_the_process_during_a_load(uncached: Combination) -> None:
    load = Load(uncached.name, uncached.stack.service(uncached.name).port, "left")
    try:
        with Driver(load) as driver:
            wait_until(lambda: driver.counts().reads > 0, "reads are made")
        with pytest.raises(StackError, match="ended"):
            driver.counts()
    finally:
        uncached.renew()
