"""Cells that must not be averaged, each with its reason and what to do."""

from collections.abc import Mapping, Sequence

import msgspec

from loadtests.results_schema import Result
from loadtests.void_rules import RULES


class VoidCell(msgspec.Struct, frozen=True):
    """One reason why a cell does not count."""

    combination: str
    round: int
    rule: str
    reason: str
    advice: str


def void_cells(rounds: Mapping[int, Mapping[str, Result]]) -> list[VoidCell]:
    """Gives every broken rule of every cell."""
    return [
        VoidCell(result.combination, result.round, rule.name, reason, rule.advice)
        for cells in rounds.values()
        for result in cells.values()
        for rule in RULES
        if (reason := rule.reason(result))
    ]


def counting_cells(rounds: Mapping[int, Mapping[str, Result]], void: Sequence[VoidCell]) -> list[dict[str, Result]]:
    """Gives each round's cells without the void ones."""
    broken = {(cell.round, cell.combination) for cell in void}
    return [
        {name: result for name, result in cells.items() if (number, name) not in broken}
        for number, cells in rounds.items()
    ]
