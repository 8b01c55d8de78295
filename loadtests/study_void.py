"""Which steps and cells of a study (capacity, sweep) do not count, by the rules of the matrix."""

from collections.abc import Collection

from loadtests.results_schema import Result
from loadtests.void_rules import RULES


def voided(result: Result, rules: Collection[str]) -> list[str]:
    """Gives the reason of each of these rules that a result breaks; none when it counts."""
    return [reason for rule in RULES if rule.name in rules and (reason := rule.reason(result))]
