"""Conditions that make a comparison fail, such as `cache.latency_p95.ratio < 20`."""

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
FORM: Final = re.compile(r"\s*(?P<name>.+?)\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<limit>[^<>=!]+?)\s*")
WORDS: Final = ("better", "worse", "same", "cannot tell")


class Figure(NamedTuple):
    """A value, null if missing, and the 95 % interval that it belongs to.

    `left_alone`: only one of several rounds is left, so the noise is unknown.
    """

    value: float | str | None
    low: float | None = None
    high: float | None = None
    left_alone: bool = False


Figures: TypeAlias = dict[str, Figure]


class UnusableGate(Exception):
    """A condition that cannot be parsed; the message has the reason and the known names."""


class Gate(NamedTuple):
    """One condition; the comparison fails if it holds or the figure is missing."""

    text: str
    name: str
    sign: str
    limit: float | str


class Judgement(msgspec.Struct, frozen=True):
    """The result of a gate: its figure with the interval, and whether it is broken."""

    gate: str
    figure: str
    value: float | str | None
    low: float | None
    high: float | None
    broken: bool
    left_alone: bool = False


def read_gate(text: str, names: Figures, help_line: str) -> Gate:
    """A condition written as NAME SIGN LIMIT; raises UnusableGate."""
    match = FORM.fullmatch(text)
    if not match:
        raise UnusableGate(f"--fail-if {text!r}: write a figure, one of {' '.join(SIGNS)} and a number; {help_line}")
    name, sign, limit = match["name"], match["sign"], _limit(match["limit"])
    if name not in names:
        raise UnusableGate(f"--fail-if {text!r}: there is no figure {name}; {help_line}")
    a_word = isinstance(limit, str)
    if limit is None or a_word != name.endswith(".verdict") or (a_word and sign not in ("==", "!=")):
        raise UnusableGate(
            f"--fail-if {text!r}: a figure is held to a number, a verdict by == or != to one of {', '.join(WORDS)}"
        )
    return Gate(text, name, sign, limit)


def judge(gates: Sequence[Gate], figures: Figures) -> list[Judgement]:
    """A gate is also broken if its figure is missing or rests on one round of several."""
    return [_judged(gate, figures[gate.name]) for gate in gates]


def in_words(judgement: Judgement) -> str:
    if judgement.value is None:
        return f"gate broken: {judgement.gate}: {judgement.figure} is missing in these results"
    value = judgement.value if isinstance(judgement.value, str) else f"{judgement.value:.4g}"
    if judgement.left_alone:
        return f"gate broken: {judgement.gate}: {judgement.figure} is {value}, of the only start that is left"
    if judgement.low is None or judgement.high is None:
        return f"gate broken: {judgement.gate}: {judgement.figure} is {value}, without an interval"
    interval = f"{judgement.low:.4g} to {judgement.high:.4g}"
    return f"gate broken: {judgement.gate}: {judgement.figure} is {value}, 95 % interval {interval}"


def _judged(gate: Gate, figure: Figure) -> Judgement:
    broken = figure.value is None or figure.left_alone or SIGNS[gate.sign](figure.value, gate.limit)
    return Judgement(gate.text, gate.name, figure.value, figure.low, figure.high, broken, figure.left_alone)


def _limit(text: str) -> float | str | None:
    if text in WORDS:
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
