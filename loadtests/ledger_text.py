"""The ledger for people: what is alike, what differs and why."""

from collections.abc import Callable, Mapping

from loadtests.ledger import Ledger
from loadtests.ledger_rules import Differing

Say = Callable[[str], None]


def show_ledger(ledgers: Mapping[str, Ledger], differing: list[Differing], say: Say) -> None:
    """Says every entry once: those that are alike in one line each, then those that differ with the reason."""
    apart = {one.entry for one in differing}
    alike = {entry: value for entry, value in next(iter(ledgers.values()), {}).items() if entry not in apart}
    say(f"ledger: {len(alike)} entries are alike in {', '.join(ledgers)}")
    for entry, value in alike.items():
        say(f"  {entry}: {value or 'empty'}")
    if apart:
        say(f"ledger: {len(apart)} entries differ")
    for one in differing:
        say(f"  {one.entry}: {_values(one)} ({one.reason or 'WITHOUT A REASON'})")


def _values(one: Differing) -> str:
    """Each value once, with the combinations that have it."""
    names: dict[str | None, list[str]] = {}
    for name, value in one.values.items():
        names.setdefault(value, []).append(name)
    return "; ".join(f"{'none' if value is None else value} in {', '.join(who)}" for value, who in names.items())
