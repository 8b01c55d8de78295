"""Tests the comparison on simulated runs, and on runs combined from real starts."""

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import msgspec
import numpy as np

from loadtests.analysis.read import COMBINATIONS, Rounds, read_rounds
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.schema.files import UnusableResults, read_json, write_json
from loadtests.schema.result import Cache, Result
from loadtests.schema.turns import BATCHES, Batch, BatchLatency, Latency, Phase
from loadtests.validation.judged import METRICS, NAMES, PHASE, SLOWED, Proof, beyond, judge, prove
from loadtests.validation.output import noise_in_words, proof_table
from loadtests.validation.points import (
    AGE,
    Array,
    Measured,
    Noise,
    Points,
    contrasts_of,
    logarithms_of,
    noise_of,
    truth_of,
)

STARTS: Final = 4
NEGLIGIBLE: Final = 1e-9
TIMES: Final = 1.1
SLOWER: Final = log(TIMES) * (np.arange(len(NAMES)) == NAMES.index(SLOWED))
LEVEL_MS: Final = 10.0
REQUESTS: Final = 60
VISITORS: Final = 8
# Smaller values are treated as 0.
LEAST_SKEWNESS: Final = 0.01


class Drawn(NamedTuple):
    """Logarithms of milliseconds, by run, start and service; contrasts also by batch, NaN if void."""

    contrasts: Array
    percentiles: Array
    cpu: Array


def drawn(noise: Noise, runs: int, random: np.random.Generator) -> Drawn:
    """The slowed service is a tenth slower in every figure."""
    shape = (runs, STARTS, len(NAMES))
    drift, start, percentiles, cpu = random.standard_normal((4, *shape))
    contrasts = _autocorrelated(noise, shape, random) + noise.drift * drift[..., None] * AGE
    contrasts += (noise.start * start + SLOWER)[..., None]
    return Drawn(
        contrasts - contrasts.mean(axis=2, keepdims=True),
        log(2 * LEVEL_MS) + SLOWER + noise.latency_p95 * percentiles,
        SLOWER + noise.service_cpu * cpu,
    )


def _autocorrelated(noise: Noise, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """An autoregressive series of first order over the batches; steps have a gamma distribution shifted to mean 0."""
    lag = noise.autocorrelation
    skewness = noise.skewness * (1 - lag**3) / (1 - lag**2) ** 1.5
    gamma = (2 / max(LEAST_SKEWNESS, abs(skewness))) ** 2
    steps = random.standard_gamma(gamma, (*shape, BATCHES)) - gamma
    values: Array = np.copysign(noise.batch, skewness) * steps / sqrt(gamma)
    for batch in range(1, BATCHES):
        values[..., batch] = lag * values[..., batch - 1] + sqrt(1 - lag**2) * values[..., batch]
    return values


def resampled(points: Sequence[Points], runs: int, random: np.random.Generator) -> Drawn:
    """Draws real starts, and for each start the names of the equal services."""
    starts = random.integers(len(points), size=(runs, STARTS, 1))
    equal = random.permuted(np.tile(np.arange(len(COMBINATIONS)), (runs, STARTS, 1)), axis=2)
    services = np.concatenate([equal, np.full((runs, STARTS, 1), len(COMBINATIONS))], axis=2)
    percentiles, cpu = (logarithms_of(points, metric) for metric in ("latency_p95", "service_cpu"))
    contrasts = contrasts_of(points)[starts, services]
    # A start drawn twice would be rejected as a copy.
    contrasts = contrasts + random.normal(scale=NEGLIGIBLE, size=contrasts.shape)
    return Drawn(contrasts, percentiles[starts, services], cpu[starts, services])


def runs_of(drawn: Drawn, folder: Path) -> Iterator[Rounds]:
    """Writes each run to files and reads it like a user's."""
    for run in zip(*drawn, strict=True):
        for number, start in enumerate(zip(*run, strict=True), 1):
            for name, *figures in zip(NAMES, *start, strict=True):
                result = _result(name, number, *figures)
                (folder / f"{name}.round-{number}.json").write_bytes(msgspec.json.encode(result))
        yield read_rounds(folder)


def _result(name: str, number: int, contrasts: Array, percentile: float, cpu: float) -> Result:
    # Percentiles exist only for whole starts.
    p95 = None if np.isnan(percentile) else exp(percentile)
    whole = Latency(LEVEL_MS, 0.0, None, None, p95, None, None)
    batches = [_batch(at, float(contrast), exp(cpu)) for at, contrast in enumerate(contrasts)]
    requests = sum(batch.requests for batch in batches)
    return Result(
        schema=1,
        combination=name,
        profile="quick",
        round=number,
        started_at=f"2026-01-01T00:{number:02}:00Z",
        duration_s=1.0,
        vus=1,
        think_time_s=0.0,
        requests=1,
        failed=0,
        checks_failed=0,
        dropped_iterations=0,
        throughput_rps=1.0,
        latency_ms=whole,
        routes={},
        cache=Cache(),
        turns={PHASE: batches},
        head_to_head={PHASE: Phase(PHASE, VISITORS, requests, whole)},
        weights={PHASE: 1.0},
    )


def _batch(number: int, contrast: float, cpu: float) -> Batch:
    """A void batch stays void."""
    void, known = ("as measured", None) if np.isnan(contrast) else (None, contrast)
    return Batch(number, REQUESTS, 0, 0, void, BatchLatency(LEVEL_MS, None, None), known, service_cpu_ms=cpu)


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
    """Prints how often the comparison is right under measured noise; returns 1 if a share is beyond its bound."""
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
        wrong += [f"{name}: {fault}" for fault in beyond(proof)]
    for line in wrong:
        say(line)
    if json:
        write_json(json, Report(runs, seed, measured.name, noise, kinds))
    return int(bool(wrong))


def _proof(runs: Drawn, truth: Mapping[str, float]) -> Proof:
    with TemporaryDirectory() as folder:
        return prove([judge(rounds) for rounds in runs_of(runs, Path(folder))], truth)
