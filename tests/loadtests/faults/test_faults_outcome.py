"""Figures of a fault from a history's attempts: recovery time and latency."""

import re

from loadtests.consistency.history import History, Record, Watched
from loadtests.faults.rules import Times, latency, measures, recovery

FAULT = Times(10.0, 15.0)
NOBODY = Watched((), (), (), (), {}, {})


def read(started: float, seconds: float = 0.01, status: int = 200, fault: object = None) -> Record:
    return Record("read", "product", "/x", started, started + seconds, status, fault=fault, problem=status == 503)  # type: ignore[arg-type]


def test_a_service_has_recovered_at_the_end_of_the_last_failed_attempt() -> None:
    records = [read(9.0), read(12.0, status=503), read(16.0, 0.5, status=503), read(17.0)]
    assert recovery(records, FAULT) == (1.5, "/x, sent at +1.0 s: 503 after 0.5 s")
    assert recovery([read(9.0), read(12.0, status=503), read(17.0)], FAULT) == (0.0, "")


def test_an_attempt_without_an_answer_counts_as_failed() -> None:
    records = [read(14.0, 4.0, 0, "timed out"), read(16.0)]
    seconds, last = recovery(records, FAULT)
    assert seconds == 3.0
    assert re.search(r"/x.* -1\.0 s.* 4\.0 s", last)


def test_a_slow_answer_means_not_recovered_unless_it_was_as_slow_before() -> None:
    assert recovery([read(9.0), read(16.0, 1.25)], FAULT) == (2.25, "/x, sent at +1.0 s: 200 after 1.2 s")
    assert recovery([read(8.0, 0.5), read(16.0, 1.25)], FAULT) == (0.0, "")


def test_failures_before_the_fault_are_counted_separately() -> None:
    records = [read(9.0, status=503), read(11.0, 2.0, status=503), read(12.0, fault="closed", status=0)]
    found = measures(History("sync", "x", NOBODY, records), FAULT)
    assert (found["failed_before"], found["failed"]) == (1, {"shed": 2, "closed": 1})
    assert (found["worst_s"], found["lasted_s"]) == (2.0, 5.0)


def test_latency_is_of_successful_answers_to_requests_sent_in_the_time() -> None:
    records = [read(11.0 + number / 100, number / 1000) for number in range(1, 101)] + [read(12.0, 9.0, status=503)]
    found = latency(records, *FAULT)
    assert found.answers == 100
    assert (found.p50_ms, found.p95_ms, found.max_ms) == (50.5, 95.1, 100.0)
    assert latency(records, 0.0, 10.0).p50_ms is None
