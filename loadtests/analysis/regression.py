"""Changes since an earlier run on the same host: each combination is compared with itself."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from loadtests.analysis.effects import Effect, Unit, ratio_of, shown
from loadtests.analysis.figures import FIGURES, MORE_IS_BETTER, values_of
from loadtests.analysis.head_to_head import mix_of_start
from loadtests.analysis.read import Rounds, first_result, read_rounds, read_run_of, refuse_other_load
from loadtests.analysis.void import counting_results, void_results
from loadtests.schema.files import UnusableResults
from loadtests.schema.run import RunDescription

# The entries that identify a machine; its system may have been updated, which the ledger shows.
SAME_HOST: Final = ("cpu", "cores", "memory_gb")


# Without a change and with it.
Pair: TypeAlias = tuple[str, str]
# A service's port does not change its speed.
OWN_TO_A_RUN: Final = frozenset({"address"})


class Regression(msgspec.Struct, frozen=True):
    """A figure that is shown to be worse than before."""

    combination: str
    metric: str
    ratio: float
    low: float
    high: float


class Against(msgspec.Struct, frozen=True):
    """Each figure relative to the earlier one, above 1 is better now; and the regressions."""

    folder: str
    compared: dict[str, dict[str, Effect]]
    regressions: list[Regression]
    # Combinations without a ledger in both runs: their settings may differ.
    without_ledger: list[str]


def against(folder: Path, earlier: Path) -> Against:
    """Raises UnusableResults if the two folders must not be compared."""
    now, before = read_rounds(folder), read_rounds(earlier)
    refuse_other_load(folder, first_result(now), earlier, first_result(before))
    names = [name for name in next(iter(now.values())) if name in next(iter(before.values()))]
    if not names:
        raise UnusableResults(f"{folder} and {earlier} have no combination in common")
    without_ledger = _refuse_other_conditions(folder, earlier, names)
    pairs = list(_paired(now, before))
    compared = {name: {metric: ratio_of(_changes(pairs, name, metric)) for metric in FIGURES} for name in names}
    return Against(str(earlier), compared, list(_regressions(compared)), without_ledger)


def of_files(earlier: Path, effects: Mapping[str, Mapping[str, Effect]], pairs: Mapping[str, Pair]) -> Against:
    """For k6's own summaries, which are compared with the first."""
    compared = {pairs[name][1]: dict(row) for name, row in effects.items()}
    return Against(str(earlier), compared, list(_regressions(compared)), [])


def _regressions(compared: Mapping[str, Mapping[str, Effect]]) -> Iterator[Regression]:
    effects = {(name, metric): effect for name, row in compared.items() for metric, effect in row.items()}
    for name, metric in shown(effects):
        effect = effects[name, metric]
        if effect.ratio and effect.low and effect.high and effect.ratio < 1:
            yield Regression(name, metric, effect.ratio, effect.low, effect.high)


def _paired(now: Rounds, before: Rounds) -> Iterator[tuple[Unit, Unit]]:
    """Pairs starts by number: they had the same requests in the same order."""
    ours, theirs = _units(now), _units(before)
    return ((ours[number], theirs[number]) for number in ours if number in theirs)


def _units(rounds: Rounds) -> dict[int, Unit]:
    """The weighted mix of the head to head by start, else the load."""
    counting = dict(zip(rounds, counting_results(rounds, void_results(rounds)), strict=True))
    turned = {number: mix_of_start(cells) for number, cells in rounds.items()}
    if any(turned.values()):
        return turned
    return {number: values_of([cells], FIGURES)[0] for number, cells in counting.items()}


def _changes(pairs: Sequence[tuple[Unit, Unit]], name: str, metric: str) -> list[float]:
    sign = 1.0 if metric in MORE_IS_BETTER else -1.0
    figures = [(now.get(name, {}).get(metric), before.get(name, {}).get(metric)) for now, before in pairs]
    return [sign * math.log(now / before) for now, before in figures if now and before]


def _refuse_other_conditions(folder: Path, earlier: Path, names: Sequence[str]) -> list[str]:
    """The combinations without a ledger in both runs."""
    now, before = read_run_of(folder), read_run_of(earlier)
    _refuse_other_host(folder, now, earlier, before)
    ours, theirs = _comparable(now.ledger, names), _comparable(before.ledger, names)
    entry = first_difference(ours, theirs) or first_difference(now.versions, before.versions, "versions")
    if entry is not None:
        raise UnusableResults(f"the ledgers of {folder} and {earlier} differ in {entry}: measure both under one")
    return [name for name in names if not ours[name]]


def _refuse_other_host(folder: Path, now: RunDescription, earlier: Path, before: RunDescription) -> None:
    for name in SAME_HOST:
        ours, theirs = now.host.get(name), before.host.get(name)
        if ours is None or theirs is None:
            missing = folder if ours is None else earlier
            raise UnusableResults(
                f"{missing} does not say on which host it was measured: measure it with `make matrix`"
            )
        if ours != theirs:
            raise UnusableResults(f"{folder} is of a host with {name} {ours}, {earlier} of one with {theirs}")


def _comparable(ledger: Any, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The entries of the combinations in both runs, without those that may differ in every run."""
    whole = ledger if isinstance(ledger, dict) else {}
    return {name: _entries(whole.get(name)) for name in names}


def _entries(entries: Any) -> dict[str, Any]:
    known = entries if isinstance(entries, dict) else {}
    return {key: value for key, value in known.items() if key not in OWN_TO_A_RUN}


def first_difference(first: Any, second: Any, path: str = "") -> str | None:
    """The first entry in which two JSON values differ, with both values; null when they are equal."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in dict.fromkeys([*first, *second]):
            difference = first_difference(first.get(key), second.get(key), f"{path}.{key}" if path else str(key))
            if difference is not None:
                return difference
        return None
    return None if first == second else f"{path or 'all'} ({first} and {second})"
