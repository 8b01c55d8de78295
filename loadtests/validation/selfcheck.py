"""Tests the head to head on services with a known difference: equal ones, and one with a tenth more CPU time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import Any, Final, NamedTuple

import msgspec

from compose.local.failures import StackError
from loadtests.analysis.read import COMBINATIONS, Rounds
from loadtests.report.numbers import MINUTE_S
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line, describe_checkout, describe_host
from loadtests.runner.folders import study_folder
from loadtests.runner.starts import Starts
from loadtests.schema.files import write_json
from loadtests.schema.plan import make_plan
from loadtests.schema.turns import BATCHES
from loadtests.targets.k6 import k6_version
from loadtests.validation.judged import NAMES, Proof, beyond, judge, prove
from loadtests.validation.output import noise_in_words, proof_table, run_in_words
from loadtests.validation.points import Noise, Points, noise_of, points_of, truth_of
from loadtests.validation.services import FiveServices, combinations_file, five_services

SPUN: Final = 0.1
# The light read's share of the head to head's time: with eight visitors, and with one.
BUSY, ALONE = 0.34, 0.08
# Each of five services gets the same time as each of four.
TURNS_S: Final = float(make_plan("quick").lengths["TURNS"]) * (BUSY + ALONE) * len(NAMES) / len(COMBINATIONS)
LOAD: Final = {"MIX": "product=1"}


class Options(NamedTuple):
    """Number of runs, starts per run, seconds of turns per start; minutes of turns for the true ratio, 0 for none."""

    runs: int
    starts: int
    turns_s: float
    true_minutes: float
    results: Path
    port_base: int


class Report(msgspec.Struct, frozen=True):
    """What --json writes: ratios of the slowed service by figure, `pooled` over all runs, `alone` from a long one."""

    made: dict[str, Any]
    starts: int
    turns_s: float
    batch_s: float
    service_cpu_ms: float
    spin_ms: float
    noise: Noise | None
    pooled: dict[str, float]
    alone: dict[str, float]
    proof: Proof
    points: list[Points]


def check(options: Options, json: Path | None) -> int:
    """Prints the shares; returns 1 if one is beyond its bound by more than chance explains."""
    with study_folder(options.results, "selfcheck") as folder, five_services(options.port_base) as target:
        report = measure(target, options, folder)
    out = console()
    out.print(noise_in_words(report.noise, report.batch_s))
    out.print(proof_table(f"{options.runs} runs of {options.starts} starts on real services", report.proof))
    if json:
        write_json(json, report)
    wrong = beyond(report.proof)
    for line in wrong:
        say(line)
    return int(bool(wrong))


def measure(target: FiveServices, options: Options, folder: Path) -> Report:
    made = {"command": command_line(), "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    starts = _Starts(target, options, folder)
    cpu_ms = _service_cpu_ms(_points([starts.measure(1)]))
    target.spin_ms = round(SPUN * cpu_ms, 4)
    say(f"a request needs {cpu_ms:.3f} ms of service CPU: the slowed service spins for {target.spin_ms:.3f} ms more")
    runs = []
    for number in range(1, options.runs + 1):
        runs.append(starts.measure(options.starts))
        say(f"run {number} of {options.runs}: {run_in_words(judge(runs[-1]))}")
    minutes = ceil(options.true_minutes)
    alone = starts.measure(minutes, MINUTE_S * options.true_minutes / minutes) if minutes else {}
    points = _points(runs)
    pooled, apart = truth_of(points), truth_of(_points([alone])) if alone else {}
    return Report(
        made={**made, "host": describe_host(), **describe_checkout()},
        starts=options.starts,
        turns_s=options.turns_s,
        batch_s=round(options.turns_s * BUSY / (BUSY + ALONE) / BATCHES, 4),
        service_cpu_ms=round(cpu_ms, 4),
        spin_ms=target.spin_ms,
        noise=noise_of(points),
        pooled=pooled,
        alone=apart,
        proof=prove([judge(run) for run in runs], apart or pooled),
        points=points,
    )


class _Starts:
    """Starts of the five services, each with a unique number, which seeds the orders."""

    def __init__(self, target: FiveServices, options: Options, folder: Path) -> None:
        load = LOAD | {"TURNS": f"{options.turns_s:g}"}
        file = str(combinations_file(folder, target))
        self._starts = Starts(
            target, make_plan("quick", combinations=file, stack="none", load=load), folder, k6_version()
        )
        self._number = 0

    def measure(self, count: int, turns_s: float | None = None) -> Rounds:
        # Without the origin's load.
        variables = {"DURATION": "0", **({"TURNS": f"{turns_s:g}"} if turns_s else {})}
        rounds = {}
        for _ in range(count):
            self._number += 1
            rounds[self._number] = self._starts.measure(NAMES, self._number, variables=variables)
        return rounds


def _points(rounds: Iterable[Rounds]) -> list[Points]:
    points = points_of(cells for run in rounds for cells in run.values())
    if not points:
        raise StackError("no batch counts, as the result files say: this needs a quieter machine")
    return points


def _service_cpu_ms(points: list[Points]) -> float:
    """Per request, while all services are still equal."""
    return fmean(point.service_cpu or 0.0 for start in points for point in start.values())
