"""Lost writes, duplicate orders and forbidden failures, in hand-made histories."""

import pytest

from loadtests.consistency.failures import failures
from loadtests.consistency.kept_writes import duplicate_orders, lost_writes
from tests.support.histories import history, lost, ordered, priced, read, rows


def test_an_acknowledged_write_in_the_database_is_not_lost() -> None:
    kept = history(priced(101, 1.0, 2.0), ordered(1, 1.0, 2.0), ordered(2, 1.0, 2.0))
    assert lost_writes(kept, rows((1001, 2), (1002, 3), price=101, sold=(1, 1))) == []


def test_an_acknowledged_order_that_is_missing_or_different_is_lost() -> None:
    ordered_once = history(ordered(1, 1.0, 2.0))
    assert lost_writes(ordered_once, rows()) == ["run-1: order 1001 is gone"]
    assert lost_writes(ordered_once, rows((1001, 9), sold=(0, 0))) == ["run-1: order 1001 is another"]


def test_stock_that_does_not_match_the_orders_is_lost() -> None:
    assert lost_writes(history(ordered(1, 1.0, 2.0)), rows((1001, 2))) == ["sold:5: 1 by the orders, 0 by the stock"]


def test_an_unanswered_write_may_be_in_the_database_or_not() -> None:
    order = history(ordered(1, 1.0, 2.0, **lost()))
    assert lost_writes(order, rows()) == []
    assert lost_writes(order, rows((1001, 2), sold=(0, 1))) == []
    patches = history(priced(101, 1.0, 2.0), priced(102, 3.0, 4.0, **lost()))
    assert lost_writes(patches, rows(price=101)) == []
    assert lost_writes(patches, rows(price=102)) == []
    assert lost_writes(patches, rows(price=100)) == ["price:1: 101 was acknowledged last, the database has 100"]


def test_two_orders_for_one_key_are_duplicates() -> None:
    attempts = history(ordered(1, 1.0, 2.0, **lost()), ordered(1, 3.0, 4.0, attempt=2))
    assert duplicate_orders(attempts, rows((1001, 2))) == []
    assert duplicate_orders(attempts, rows((1000, 2), (1001, 2))) == ["run-1: 2 orders in the database, 1 in answers"]


def test_two_answers_that_name_different_orders_are_duplicates() -> None:
    attempts = history(ordered(1, 1.0, 2.0), ordered(1, 3.0, 4.0, attempt=2, made=7))
    assert duplicate_orders(attempts, rows((1001, 2))) == ["run-1: 1 orders in the database, 2 in answers"]


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (lost("refused"), "refused"),
        (lost("closed"), "refused"),
        (lost("cut"), "cut"),
        (lost("garbled"), "cut"),
        (lost("timed out"), "hung"),
        ({"status": 503, "problem": True}, "shed"),
        ({"status": 504, "problem": True}, "shed"),
        ({"status": 503}, "errors"),
        ({"status": 500, "problem": True}, "errors"),
        ({"status": 502}, "errors"),
        ({"status": 404, "problem": True}, "unexpected"),
        ({"fault": "garbled"}, "unexpected"),
    ],
)
def test_every_failure_is_counted_by_its_kind(members: dict[str, object], kind: str) -> None:
    found = failures(history(read("orders", 7, 1.0, 2.0, **members), read("orders", 7, 1.0, 1.5)))
    assert {name for name in ("refused", "shed", "hung", "cut", "errors", "unexpected") if getattr(found, name)} == {
        kind
    }
    assert (found.broken, found.worst_s) == (int(kind not in {"refused", "shed"}), 1.0)


def test_an_answer_after_its_time_is_late_whatever_its_status() -> None:
    assert failures(history(read("orders", 7, 1.0, 9.9))).broken == 0
    assert failures(history(read("orders", 7, 1.0, 10.1))).late == 1
    assert failures(history(read("orders", 7, 1.0, 10.1, status=503, problem=True))).broken == 1
