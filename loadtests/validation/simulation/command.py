"""Checks the comparison on simulated runs of a known effect."""

import sys
from pathlib import Path

import msgspec

from loadtests.report.plain_text import console
from loadtests.schema.files import read_json, write_json
from loadtests.schema.profiles import read_profiles
from loadtests.validation.simulation.noise import FILE, Measured, Noise, lasting, noise_of
from loadtests.validation.simulation.output import spread_table, tables
from loadtests.validation.simulation.proof import Proof, beyond, found_by_spread, prove, range_of
from loadtests.validation.simulation.runs import Disturbance


class Report(msgspec.Struct, frozen=True):
    runs: int
    seed: int
    disturbance: Disturbance
    noise: dict[str, Noise]
    profiles: dict[str, Proof]
    found_by_spread: dict[str, dict[int, float]]


def simulate(runs: int, seed: int, json: Path | None) -> int:
    """Prints how often the comparison is right under each profile's noise; 1 when a share is beyond its bound."""
    out = console()
    measured, profiles = read_json(FILE, dict[str, Measured]), read_profiles()
    noises = {name: lasting(noise_of(cells), profiles[name].duration_s) for name, cells in measured.items()}
    proofs = {}
    for name, noise in noises.items():
        print(f"{name}: {runs} runs of each kind", file=sys.stderr)
        proofs[name] = prove(noise, runs, seed)
        for table in tables(name, noise, proofs[name]):
            out.print(table)
    allowed = found_by_spread(runs, seed)
    out.print(spread_table(allowed))
    wrong = [f"{name}: {one}" for name, proof in proofs.items() for one in beyond(proof, runs)]
    out.print("\n".join([*(_ranges(name, proof) for name, proof in proofs.items()), *wrong]))
    if json:
        write_json(json, Report(runs, seed, Disturbance(), noises, proofs, allowed))
    return int(bool(wrong))


def _ranges(name: str, proof: Proof) -> str:
    held, in_ms, alarms = map(range_of, (proof.coverage, proof.coverage_of_differences, {"": proof.false_alarms}))
    return (
        f"{name}: the truth is held by {held[0]:.1%} to {held[1]:.1%} of the ratios' intervals and by "
        f"{in_ms[0]:.1%} to {in_ms[1]:.1%} of the differences'; false alarms {alarms[0]:.1%} to {alarms[1]:.1%}"
    )
