"""The ledger as a report shows it: what is alike, what differs, and why that is fair."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.ledger_rules import differences
from loadtests.results_schema import Varies
from loadtests.surroundings import ledgers_in


def ledger_of(folder: Path, ledger: Any, varies: Mapping[str, Varies | None]) -> dict[str, Any] | None:
    """Gives the entries that are alike and those that differ, null where none was recorded; raises UnusableResults."""
    found = ledgers_in(folder, ledger)
    if not found:
        return None
    differing = differences(found, {name: _axes(name, varies) for name in found})
    apart = {one.entry for one in differing}
    alike = {entry: value for entry, value in next(iter(found.values())).items() if entry not in apart}
    return {"alike": alike, "differing": [one._asdict() for one in differing]}


def _axes(name: str, varies: Mapping[str, Varies | None]) -> tuple[str, bool]:
    one = varies.get(name)
    return (one.stack, one.cache) if one else (name, False)
