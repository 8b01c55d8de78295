"""Holds the comparison to simulated runs, and to runs put together from real starts."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import numpy as np

from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.schema.files import UnusableResults, read_json, write_json
from loadtests.validation.judged import METRICS, Proof, beyond, judge, prove
from loadtests.validation.output import noise_in_words, proof_table
from loadtests.validation.points import Measured, Noise, noise_of, truth_of
from loadtests.validation.simulated import TIMES, Drawn, drawn, resampled, runs_of

TITLES: Final = {
    "simulated": "{} simulated runs of four starts, noise as measured",
    "resampled": "{} runs of four real starts, drawn with replacement out of {}",
}


class Report(msgspec.Struct, frozen=True):
    runs: int
    seed: int
    measured: str
    noise: Noise
    kinds: dict[str, Proof]


def simulate(runs: int, seed: int, measured: Path, json: Path | None) -> int:
    """Prints how often the comparison is right under measured noise; 1 when a share is beyond its bound."""
    real = read_json(measured, Measured)
    noise, random = noise_of(real.points), np.random.default_rng(seed)
    if noise is None:
        raise UnusableResults(f"{measured} has too few starts of which every batch counts: measure more runs")
    kinds = {
        "simulated": _proof(drawn(noise, runs, random), dict.fromkeys(METRICS, 1 / TIMES)),
        "resampled": _proof(resampled(real.points, runs, random), truth_of(real.points)),
    }
    out, wrong = console(), []
    out.print(noise_in_words(noise, real.batch_s))
    for name, proof in kinds.items():
        out.print(proof_table(TITLES[name].format(runs, len(real.points)), proof))
        wrong += [f"{name}: {one}" for one in beyond(proof)]
    for line in wrong:
        say(line)
    if json:
        write_json(json, Report(runs, seed, measured.name, noise, kinds))
    return int(bool(wrong))


def _proof(runs: Drawn, truth: Mapping[str, float]) -> Proof:
    with TemporaryDirectory() as folder:
        return prove([judge(rounds) for rounds in runs_of(runs, Path(folder))], truth)
