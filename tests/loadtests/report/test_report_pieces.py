"""The days of a report in pieces: each day once, and no month in two pieces."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from shared.shop.answers import PIECE_MONTHS, Days, report_pieces

LAST = (date(2026, 6, 30), date(2026, 1, 1), date(2024, 2, 29))


def days_of(piece: Days) -> list[date]:
    first, last = piece
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("length", [1, 30, 90, 92, 180, 365])
def test_the_pieces_have_each_day_once_in_order(last: date, length: int) -> None:
    whole = (last - timedelta(days=length - 1), last)
    assert [day for piece in report_pieces(whole) for day in days_of(piece)] == days_of(whole)


@pytest.mark.parametrize("last", LAST)
def test_no_month_is_in_two_pieces(last: date) -> None:
    pieces = report_pieces((last - timedelta(days=364), last))
    assert len(pieces) > 1
    for earlier, later in pairwise(pieces):
        assert (earlier[1].year, earlier[1].month) != (later[0].year, later[0].month)


@pytest.mark.parametrize("last", LAST)
def test_no_piece_is_longer_than_a_statement_may_take(last: date) -> None:
    for piece in report_pieces((last - timedelta(days=364), last)):
        assert len({(day.year, day.month) for day in days_of(piece)}) <= PIECE_MONTHS


def test_a_short_report_is_one_piece() -> None:
    days = (date(2026, 6, 1), date(2026, 6, 30))
    assert report_pieces(days) == [days]
