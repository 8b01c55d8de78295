"""Which reads of a history break the guarantee, and which only seem to."""

import pytest

from loadtests.consistency.history import Record
from loadtests.consistency.stale_reads import largest_age, stale_reads
from tests.support.histories import history, lost, ordered, priced, read


def verdicts(*records: Record, failed_drops: tuple[tuple[float, float], ...] = ()) -> list[str]:
    return [finding.verdict for finding in stale_reads(history(*records), failed_drops)]


def test_a_read_after_the_answer_has_to_show_the_write() -> None:
    (finding,) = stale_reads(history(priced(101, 1.0, 2.0), read("price:1", 100, 2.5, 3.0)))
    assert (finding.verdict, finding.seen, finding.wanted, finding.age) == ("stale", 100, 101, 0.5)
    assert verdicts(priced(101, 1.0, 2.0), read("price:1", 101, 2.5, 3.0)) == []


@pytest.mark.parametrize("started", [0.5, 1.5, 2.0])
@pytest.mark.parametrize("level", [100, 101])
def test_a_read_that_overlaps_the_write_may_see_either(started: float, level: int) -> None:
    assert verdicts(priced(101, 1.0, 2.0), read("price:1", level, started, 3.0)) == []


def test_a_read_may_see_a_write_that_is_not_answered_yet() -> None:
    assert verdicts(priced(101, 1.0, 2.0), priced(102, 3.0, 9.0), read("price:1", 102, 3.5, 4.0)) == []


def test_a_read_from_before_any_write_was_sent_cannot_see_it() -> None:
    assert verdicts(priced(101, 5.0, 6.0), read("price:1", 101, 3.5, 4.0)) == ["impossible"]
    assert verdicts(ordered(1, 5.0, 6.0), read("orders", 8, 3.5, 4.0)) == ["impossible"]


@pytest.mark.parametrize("first", [lost("closed"), lost("timed out"), {"status": 503}, {"status": 504}])
def test_a_write_without_an_answer_may_be_seen_but_need_not(first: dict[str, object]) -> None:
    for level in (100, 101):
        assert verdicts(priced(101, 1.0, 2.0, **first), read("price:1", level, 2.5, 3.0)) == []


def test_an_unanswered_write_may_overwrite_the_next_one_but_only_for_a_while() -> None:
    late = priced(101, 1.0, 2.0, **lost())
    assert verdicts(late, priced(102, 3.0, 4.0), read("price:1", 101, 5.0, 6.0)) == ["undecided"]
    assert verdicts(late, priced(102, 20.0, 21.0), read("price:1", 101, 22.0, 23.0)) == ["stale"]
    assert verdicts(late, priced(102, 3.0, 4.0), read("price:1", 100, 5.0, 6.0)) == ["stale"]


def test_a_write_answered_at_the_second_try_must_be_seen_from_then_on() -> None:
    attempts = [priced(101, 1.0, 2.0, **lost()), priced(101, 2.5, 3.5, attempt=2)]
    assert verdicts(*attempts, read("price:1", 100, 3.0, 4.0)) == []
    assert verdicts(*attempts, read("price:1", 100, 3.6, 4.0)) == ["stale"]


def test_counters_must_include_the_orders_of_all_writers() -> None:
    orders = [ordered(1, 1.0, 4.0), ordered(2, 1.0, 2.0), ordered(3, 1.0, 9.0)]
    assert verdicts(*orders, read("orders", 9, 5.0, 6.0)) == []
    assert verdicts(*orders, read("orders", 10, 5.0, 6.0)) == []
    (finding,) = stale_reads(history(*orders, read("orders", 8, 5.0, 6.0)))
    assert (finding.verdict, finding.wanted, finding.age) == ("stale", 9, 1.0)
    (finding,) = stale_reads(history(*orders, read("orders", 7, 5.0, 6.0)))
    assert finding.age == 3.0


def test_a_level_below_the_first_answers_is_stale_without_any_write() -> None:
    assert verdicts(read("orders", 6, 1.0, 2.0)) == ["stale"]
    assert verdicts(ordered(1, 3.0, 4.0), read("orders", 6, 1.0, 2.0), failed_drops=((0.5, 9.0),)) == ["stale"]


def test_a_replayed_order_counts_once() -> None:
    attempts = [ordered(1, 1.0, 2.0), ordered(1, 3.0, 4.0, attempt=2)]
    assert verdicts(*attempts, read("orders", 8, 5.0, 6.0)) == []
    assert verdicts(*attempts, read("orders", 9, 5.0, 6.0)) == ["impossible"]


def test_a_stale_read_is_excused_by_a_failed_drop_only_if_all_missed_writes_are() -> None:
    writes = [priced(101, 1.0, 2.0), priced(102, 5.0, 6.0)]
    late = read("price:1", 100, 7.0, 8.0)
    assert verdicts(*writes, late, failed_drops=((0.5, 7.0),)) == ["failed drop"]
    assert verdicts(*writes, late, failed_drops=((0.5, 1.5), (5.9, 6.5))) == ["failed drop"]
    assert verdicts(*writes, late, failed_drops=((0.5, 3.0),)) == ["stale"]
    assert verdicts(*writes, read("price:1", 101, 7.0, 8.0), failed_drops=((0.5, 3.0),)) == ["stale"]


def test_a_read_without_an_answer_is_not_judged() -> None:
    assert verdicts(priced(101, 1.0, 2.0), read("price:1", 100, 2.5, 3.0, status=503)) == []


def test_the_largest_age_is_that_of_the_oldest_data_read() -> None:
    reads = [read("price:1", 100, start, start + 1) for start in (2.5, 12.0, 7.0)]
    assert largest_age(stale_reads(history(priced(101, 1.0, 2.0), *reads))) == 10.0
    assert largest_age([]) == 0.0
