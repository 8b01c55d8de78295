"""The ledger for people: what is alike, what differs and why."""

from collections.abc import Mapping
from typing import Any, Final

from loadtests.analysis.fairness import Differing, differences, unexplained
from loadtests.observe.ledger.read import read_ledger
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.schema.plan import Plan
from loadtests.schema.run import Ledger
from loadtests.targets.base import Say, Target, TargetError


def show_ledger(ledgers: Mapping[str, Ledger], differing: list[Differing], say: Say) -> None:
    """Entries that are equal in one line each, then those that differ with the reason."""
    apart = {difference.entry for difference in differing}
    equal = {entry: value for entry, value in next(iter(ledgers.values()), {}).items() if entry not in apart}
    say(f"ledger: {len(equal)} entries are alike in {', '.join(ledgers)}")
    for entry, value in equal.items():
        say(f"  {entry}: {value or 'empty'}")
    if apart:
        say(f"ledger: {len(apart)} entries differ")
    for difference in differing:
        say(f"  {difference.entry}: {_values(difference)} ({difference.reason or 'WITHOUT A REASON'})")


def _values(entry: Differing) -> str:
    """Each value once, with the combinations that have it."""
    names: dict[str | None, list[str]] = {}
    for name, value in entry.values.items():
        names.setdefault(value, []).append(name)
    return "; ".join(f"{'none' if value is None else value} in {', '.join(who)}" for value, who in names.items())


LIBRARY: Final = "library "


def read_ledgers(target: Target, plan: Plan, say: Say) -> dict[str, Ledger]:
    """Raises TargetError for what would not be a fair comparison."""
    ledgers = {name: read_ledger(target, name) for name in plan.names}
    differing = differences(ledgers, plan.axes)
    show_ledger(ledgers, differing, say)
    # What runs elsewhere and was built by others is recorded, not judged.
    if lines := unexplained(differing) if plan.file is None else []:
        raise TargetError(f"not a fair comparison: {'; '.join(lines)}")
    return ledgers


def libraries(ledgers: dict[str, Ledger]) -> dict[str, str]:
    """The versions that the running services have loaded, which in containers are not this program's."""
    loaded = {entry: value for ledger in ledgers.values() for entry, value in ledger.items()}
    return {entry.removeprefix(LIBRARY): loaded[entry] for entry in sorted(loaded) if entry.startswith(LIBRARY)}


def describe_study(target: Target, plan: Plan, ledgers: dict[str, Ledger]) -> dict[str, Any]:
    """What a study's file says of how it was measured."""
    return {
        "stack": plan.stack,
        "workers": plan.workers,
        "host": describe_host(),
        **describe_checkout(),
        "versions": target.versions() | libraries(ledgers),
        "ledger": ledgers,
    }
