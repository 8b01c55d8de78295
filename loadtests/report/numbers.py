"""Numbers for people: three significant digits, with the unit."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from loadtests.analysis import figures

MISSING: Final = figures.MISSING
digits, times = figures.digits, figures.times
MINUTE_S: Final = 60


def milliseconds(value: float | None) -> str:
    return MISSING if value is None else f"{digits(value)} ms"


def per_second(value: float | None) -> str:
    return MISSING if value is None else f"{digits(value)} req/s"


def percent(value: float | None) -> str:
    return MISSING if value is None else "0 %" if value == 0 else f"{value * 100:.{2 if value < 0.01 else 1}f} %"


def count(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}"


def interval(effect: Mapping[str, Any]) -> str:
    """Empty without an interval, as for a single round."""
    low, high = effect["low"], effect["high"]
    return "" if low is None or high is None else f"{times(low)} to {times(high)}"


def times_better(effect: Mapping[str, Any]) -> str:
    """`335x (240 to 470)`."""
    bounds = interval(effect)
    return f"{times(effect['ratio'])}x ({bounds})" if bounds else f"{times(effect['ratio'])}x"


def plain(value: float) -> str:
    """A setting as the user writes it: `1`, `0.5`, `120`."""
    return f"{value:,.10g}"


def clock(moment: str) -> str:
    """A result file's time as `2026-11-23 04:55 UTC`; other texts unchanged."""
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return moment


def time_left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), MINUTE_S)
    return f"{minutes} min {rest} s left"
