"""The ledgers of a run: read and shown before anything is measured."""

from typing import Final

from loadtests.ledger import Ledger, read_ledger
from loadtests.ledger_rules import differences, unexplained
from loadtests.ledger_text import Say, show_ledger
from loadtests.plan import Plan
from loadtests.targets import Target, TargetError

LIBRARY: Final = "library "


def read_ledgers(target: Target, plan: Plan, say: Say) -> dict[str, Ledger]:
    """Gives the ledger of every combination; raises TargetError for what would not be a fair comparison."""
    ledgers = {name: read_ledger(target, name) for name in plan.names}
    judge_ledgers(ledgers, plan, say)
    return ledgers


def judge_ledgers(ledgers: dict[str, Ledger], plan: Plan, say: Say) -> None:
    """Says every entry once; raises TargetError for what would not be a fair comparison."""
    differing = differences(ledgers, plan.axes)
    show_ledger(ledgers, differing, say)
    # What runs elsewhere and was built by others is recorded, not judged.
    if lines := unexplained(differing) if plan.file is None else []:
        raise TargetError(f"not a fair comparison, nothing was measured: {'; '.join(lines)}")


def libraries(ledgers: dict[str, Ledger]) -> dict[str, str]:
    """Gives the versions that the running services have loaded, which in containers are not this program's."""
    loaded = {entry: value for ledger in ledgers.values() for entry, value in ledger.items()}
    return {entry.removeprefix(LIBRARY): loaded[entry] for entry in sorted(loaded) if entry.startswith(LIBRARY)}
