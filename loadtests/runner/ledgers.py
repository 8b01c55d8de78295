"""The ledgers of a run: read, held to each other, and written down."""

from collections.abc import Mapping
from typing import Any, Final

from loadtests.analysis.fairness import Differing, differences, unexplained
from loadtests.observe.ledger import read_ledger
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.schema.plan import Plan
from loadtests.schema.run import Ledger
from loadtests.targets.base import Say, Target, TargetError


def _in_words(ledgers: Mapping[str, Ledger], differing: list[Differing]) -> str:
    apart = {difference.entry for difference in differing}
    alike = [entry for entry in next(iter(ledgers.values()), {}) if entry not in apart]
    differ = f"; {len(apart)} differ (compare --section ledger says why)" if apart else ""
    return f"ledger: {len(alike)} entries are alike in {', '.join(ledgers)}{differ}"


LIBRARY: Final = "library "
PYTHON: Final = "Python"


def _check_python(name: str, version: str | None, reported: str) -> None:
    """A column is called by the version that its service reports, never by the tag of an image."""
    if version and version not in (reported.split()[-1].rpartition(".")[0], reported.split()[-1]):
        raise TargetError(f"{name} runs {reported} and not {version}: measure it under the name of its version")


def read_ledgers(target: Target, plan: Plan, say: Say) -> dict[str, Ledger]:
    """Raises TargetError for what would not be a fair comparison."""
    ledgers = {name: read_ledger(target, name) for name in plan.names}
    for name, varies in plan.axes.items() if plan.file is None else ():
        _check_python(name, varies.python, ledgers[name].get(PYTHON, "none"))
    differing = differences(ledgers, plan.axes)
    say(_in_words(ledgers, differing))
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
