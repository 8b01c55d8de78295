"""The proof as tables for people."""

from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.table import Table as RichTable

from loadtests.report.effects_table import TITLES, table_of, titled
from loadtests.report.numbers import MISSING
from loadtests.validation.simulation.noise import Noise
from loadtests.validation.simulation.proof import Proof, Table

SPREAD: Final = "any load: a figure 10 % worse is called worse, by the spread of the ratio of two twins"
NOISE: Final = "noise, cells of {:g} s: spread of the ratio of two twins (and what both share in a round)"
HELD: Final = "95 % intervals that hold the true ratio, {}"
HELD_MS: Final = "95 % intervals that hold the true difference in ms, {}"
IN_WORDS: Final = {"equal": "equal services", "slower": "async 10 % slower at the client"}
ALARMS: Final = "false alarms: better or worse where there is no effect"
FOUND: Final = "found: a figure of async that is 10 % worse is called worse, four rounds"
ROUNDS: Final = "found: the average of async 10 % worse, by rounds"


def tables(profile: str, noise: Noise, proof: Proof) -> Iterator[RenderableType]:
    shown: dict[str, RichTable] = {
        NOISE.format(noise.duration_s): _noise(noise),
        **{HELD.format(IN_WORDS[name]): _shares(each) for name, each in proof.coverage.items()},
        **{HELD_MS.format(IN_WORDS[name]): _shares(each) for name, each in proof.coverage_of_differences.items()},
        ALARMS: _shares(proof.false_alarms),
        FOUND: _shares(proof.found),
        ROUNDS: _rounds(proof),
    }
    yield from (titled(f"{profile}: {title}", table) for title, table in shown.items())


def spread_table(found: dict[str, dict[int, float]]) -> RenderableType:
    table = table_of("spread", [f"{rounds} rounds" for rounds in next(iter(found.values()))])
    for spread, row in found.items():
        table.add_row(spread, *(_percent(share) for share in row.values()))
    return titled(SPREAD, table)


def _noise(noise: Noise) -> RichTable:
    table = table_of("pair", TITLES.values())
    for pair, metrics in noise.pairs.items():
        cells = {name: f"{noise.between_twins:.1%} ({noise.weather:.1%})" for name, noise in metrics.items()}
        table.add_row(pair, *(cells.get(metric, MISSING) for metric in TITLES))
    return table


def _shares(shares: Table) -> RichTable:
    table = table_of("effect", TITLES.values())
    for effect, row in shares.items():
        table.add_row(effect, *(_percent(row.get(metric)) for metric in TITLES))
    return table


def _rounds(proof: Proof) -> RichTable:
    counts = sorted({rounds for row in proof.found_by_rounds.values() for rounds in row})
    table = table_of("pair", [f"{rounds} rounds" for rounds in counts])
    for pair, row in proof.found_by_rounds.items():
        table.add_row(pair, *(_percent(row.get(rounds)) for rounds in counts))
    return table


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{share:.1%}"
