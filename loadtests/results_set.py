"""Which results belong together: one load, the same combinations in every round, in an order that reads well."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from loadtests.combination_file import OURS, read_entries
from loadtests.design import RESERVED
from loadtests.results_schema import Result, Varies

COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")
# Every setting of the load that can change what is measured.
SAME_LOAD: Final = (
    "profile",
    "vus",
    "rate_rps",
    "think_time_s",
    "think",
    "warm_up_s",
    "duration_s",
    "mix",
    "routes_sha256",
    "hit_ratio_asked",
)


class UnusableResults(Exception):
    """The results cannot be compared; the message says which file, and why."""


def refuse_other_loads(files: Mapping[Path, Result]) -> None:
    """Raises UnusableResults when two results were not measured under the same load."""
    (first_path, first), *others = files.items()
    # A plain summary of k6 tells little of its load.
    same = SAME_LOAD if first.think != "unknown" else ("profile", "vus")
    for path, result in others:
        for name in same:
            here, there = getattr(result, name), getattr(first, name)
            if here != there:
                raise UnusableResults(
                    f"{path} has {name} {here}, {first_path.name} has {there}: measure all combinations under one load"
                )


def in_order(results: Iterable[Result], planned: list[str], base: str) -> list[str]:
    """Gives the names of the combinations: a base before others, then as planned or measured.

    Raises UnusableResults when there is no such base.
    """
    names = _in_order(results, planned)
    if base and base not in names:
        raise UnusableResults(f"there is no combination {base} to hold the others to: choose one of {', '.join(names)}")
    return [base, *(name for name in names if name != base)] if base else names


def _in_order(results: Iterable[Result], planned: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for result in results:
        first[result.combination] = min(result.started_at, first.get(result.combination, result.started_at))
    if planned:
        return [*planned, *sorted(set(first) - set(planned))]
    places = {name: at for at, name in enumerate(COMBINATIONS)}
    found = sorted(first, key=lambda name: (places.get(name, len(places)), first[name], name))
    # Half of the matrix is a comparison of its own; three of the four are a matrix with a hole.
    hole = set(COMBINATIONS) - set(found)
    return [*COMBINATIONS, *(name for name in found if name not in places)] if len(hole) == 1 else found


def refuse_gaps(folder: Path, names: list[str], rounds: Mapping[int, set[str]]) -> None:
    """Raises UnusableResults when a round lacks a combination, or when there is nothing to compare with."""
    for number, present in sorted(rounds.items()):
        missing = [name for name in names if name not in present]
        if missing:
            raise UnusableResults(
                f"{folder} lacks {', '.join(missing)} in round {number}: measure them, or remove that round's files"
            )
    if len(names) < 2:
        raise UnusableResults(f"{folder} holds {names[0]} alone: measure another combination to compare it with")


def varies_of(cells: Mapping[str, Result]) -> dict[str, Varies | None]:
    """Gives what each combination varies: as its result says, else as ours are known to. Raises UnusableResults."""
    known = {entry.name: entry.varies for entry in read_entries(OURS)}
    found = {name: result.varies or known.get(name) for name, result in cells.items()}
    for name, varies in found.items():
        if varies and varies.stack in RESERVED:
            raise UnusableResults(
                f"the stack of {name} is called {varies.stack}, as an effect is: give it another name"
            )
    return found
