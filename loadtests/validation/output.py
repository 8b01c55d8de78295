"""Prints how often the comparison is right."""

from math import expm1, sqrt
from typing import Final

from rich.console import Group, RenderableType

from loadtests.report.effects_table import TITLES, table_of, titled
from loadtests.validation.judged import EQUAL, UNEQUAL, Judged, Proof
from loadtests.validation.points import Noise

COLUMNS: Final = ("true ratio", "found", "half interval", "hold it", "equal: false alarms", "hold 1")


def proof_table(title: str, proof: Proof) -> RenderableType:
    table = table_of("figure", COLUMNS)
    for metric, each in proof.shares.items():
        shares = (each.found, expm1(each.half_interval), each.slowed_held, each.false_alarms, each.equal_held)
        table.add_row(TITLES[metric], f"{proof.truth[metric]:.3f}", *(f"{share:.1%}" for share in shares))
    void = f"; {proof.void} of {proof.runs} runs are void" if proof.void else ""
    said = f"Of the equal services nothing is recommended in {proof.nothing_recommended:.1%} of runs{void}."
    return Group(titled(title, table), said)


def run_in_words(run: Judged) -> str:
    """The verdicts on the average latency."""
    if not run.effects:
        return "void"
    words = {pair: row["latency_avg"].verdict for pair, row in run.effects.items()}
    detected = sum(words[pair] == "worse" for pair in UNEQUAL)
    alarms = sum(words[pair] in ("better", "worse") for pair in EQUAL)
    return (
        f"slower than {detected} of {len(UNEQUAL)}, {alarms} of {len(EQUAL)} equal pairs told apart, "
        f"recommended: {run.answer}"
    )


def noise_in_words(noise: Noise | None, batch_s: float) -> str:
    if noise is None:
        return "Noise: unknown, as too few starts have nothing but batches that count."
    # For two services in turns, times the root of the measured seconds.
    error = sqrt(2 * batch_s) * noise.batch
    return (
        f"Noise: a ratio of two services has a standard error of {error:.1%} after a second of turns; starts differ by "
        f"{noise.start:.1%} beside that, and drift by {noise.drift:.1%}; batches have an autocorrelation of "
        f"{noise.autocorrelation:.2f} and a skewness of {noise.skewness:.1f}. In one start a p95 spreads by "
        f"{noise.latency_p95:.1%}, service CPU by {noise.service_cpu:.1%}."
    )
