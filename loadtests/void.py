"""Cells that must not be averaged, each with its reason and what to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from loadtests.results_schema import Result


class Rule(NamedTuple):
    """Voids a cell where `broken` says so."""

    name: str
    broken: Callable[[Result], object]
    reason: Callable[[Result], str]
    advice: str


class VoidCell(msgspec.Struct, frozen=True):
    """One reason why a cell does not count."""

    combination: str
    round: int
    rule: str
    reason: str
    advice: str


RULES: Final = (
    Rule(
        "nothing measured",
        lambda result: result.requests == 0,
        lambda result: f"no request was made in {result.duration_s:g} s",
        "measure longer, or shorten the think time",
    ),
    Rule(
        "failed requests",
        lambda result: result.failed > 0,
        lambda result: f"{result.failed} of {result.requests} requests had another status or no answer",
        "read the service's log, and measure again with fewer VUs",
    ),
    Rule(
        "wrong answers",
        lambda result: result.checks_failed > 0,
        lambda result: f"{result.checks_failed} of {result.requests} answers were not what was asked for",
        "see what k6 printed: a wrong answer is no faster answer",
    ),
    Rule(
        "dropped iterations",
        lambda result: result.dropped_iterations > 0,
        lambda result: f"{result.dropped_iterations} requests were due and never sent",
        "the load generator was late: give it more VUs or more CPU",
    ),
)


def void_cells(rounds: Mapping[int, Mapping[str, Result]]) -> list[VoidCell]:
    """Gives every broken rule of every cell."""
    return [
        VoidCell(result.combination, result.round, rule.name, rule.reason(result), rule.advice)
        for cells in rounds.values()
        for result in cells.values()
        for rule in RULES
        if rule.broken(result)
    ]


def counting_cells(rounds: Mapping[int, Mapping[str, Result]], void: Sequence[VoidCell]) -> list[dict[str, Result]]:
    """Gives each round's cells without the void ones."""
    broken = {(cell.round, cell.combination) for cell in void}
    return [
        {name: result for name, result in cells.items() if (number, name) not in broken}
        for number, cells in rounds.items()
    ]
