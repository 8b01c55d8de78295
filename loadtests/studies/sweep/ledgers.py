"""The ledgers of a sweep: each setting that services are started with has its own, read before all cells."""

from collections.abc import Mapping
from typing import TypeAlias

from loadtests.observe.ledger.read import changes, read_ledger
from loadtests.runner.ledgers import judge_ledgers
from loadtests.schema.plan import Plan
from loadtests.schema.run import Ledger
from loadtests.studies.sweep.factors import Point
from loadtests.studies.sweep.target import SweepTarget
from loadtests.targets.base import Say

# By combination.
Ledgers: TypeAlias = dict[str, Ledger]


def read_settings(target: SweepTarget, plan: Plan, settings: Mapping[str, Point], say: Say) -> dict[str, Ledgers]:
    """The ledgers of every setting; raises TargetError for what would not be a fair comparison.

    The first is printed completely, of the others only what differs.
    """
    found: dict[str, Ledgers] = {}
    for setting, point in settings.items():
        target.aim(point)
        found[setting] = {name: _started(target, name) for name in plan.names}
        shown = elsewhere(found).get(setting)
        say(f"ledger with {setting}{', where it is another' if shown else ''}")
        judge_ledgers(shown or found[setting], plan, say)
    return found


def elsewhere(found: Mapping[str, Ledgers]) -> dict[str, Ledgers]:
    """For each setting but the first, the entries that differ from it in any combination."""
    first, *others = found
    return {setting: _apart(found[first], found[setting]) for setting in others}


def _started(target: SweepTarget, name: str) -> Ledger:
    target.prepare([name], False)
    return read_ledger(target, name)


def _apart(first: Ledgers, other: Ledgers) -> Ledgers:
    entries = {change.entry for name in other for change in changes(first[name], other[name])}
    return {
        name: {entry: value for entry, value in ledger.items() if entry in entries} for name, ledger in other.items()
    }
