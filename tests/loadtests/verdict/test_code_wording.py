"""Naive code compared with ours, on services with known ratios."""

from pathlib import Path

from loadtests.analysis.read import read_rounds
from loadtests.verdict.comparison import compare
from tests.support.simulated_turns import ALIKE, write_turns


def test_naive_code_is_compared_with_its_twin(tmp_path: Path) -> None:
    slower = {"naive-sync": 2.0, "naive-async-cached": 1.25}
    write_turns(tmp_path, factors=ALIKE | slower, noise=0.002)
    found = compare(read_rounds(tmp_path)).recommendation
    said = next(line for line in found.headline if line.startswith("Naive code"))
    assert "0.50 times sync (" in said
    assert "0.80 times async-cached (" in said
    assert "times sync (" in found.text.partition("requests per second of CPU")[2]


def test_naive_code_is_not_mentioned_if_not_measured(tmp_path: Path) -> None:
    write_turns(tmp_path, noise=0.002)
    assert "Naive" not in compare(read_rounds(tmp_path)).recommendation.text
