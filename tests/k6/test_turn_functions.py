"""What the scripts of k6 reckon without a request: whose turn it is, robust means, contrasts, effects."""

import json
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.schema.files import LOADTESTS
from loadtests.verdict.comparison import compare
from tests.support.k6_runs import run_script
from tests.support.simulated_turns import write_turns
from tools import write_quantiles

pytestmark = pytest.mark.usefixtures("k6")

SCRIPT = Path(__file__).with_name("functions.js")
LATENCIES = [2.0, 2.0, 20.0, 1.0]
EVEN = [1.0, 2.0, 3.0, 4.0, 5.0]
ROUNDS = [
    [0, [[0, 1.0], [0, 3.0], [1, 4.0]]],
    *[[0, [[0, 5.0]]]] * 3,
    [1, [[0, 8.0], [1, 2.0]]],
]
ROUTES = ["create_order", "product", "revenue", "dashboard", "order"]
FACTORS = {"sync": 1.0, "sync-cached": 0.5, "async": 1.02, "async-cached": 0.7}

Answers = dict[str, Any]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_turns(folder, starts=1, factors=FACTORS, noise=0.04)
    for path in folder.iterdir():
        content = json.loads(path.read_text())
        stack, _, cached = content["combination"].partition("-")
        content["varies"] = {"stack": stack, "cache": bool(cached)}
        if path.stem == "async":
            content["turns"]["product"][3]["void"] = "1 of 100 answers failed or were wrong"
        path.write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def answers(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    written = tmp_path_factory.mktemp("functions") / "answers.json"
    given = {
        "latencies": LATENCIES,
        "seeds": [1, 2],
        "samples": [EVEN, [*EVEN, 1000.0], [7.0, 7.0, 7.0]],
        "rounds": ROUNDS,
        "routes": ROUTES,
    }
    variables = {"GIVEN": json.dumps(given), "FOLDER": str(results), "WRITTEN": str(written)}
    run = run_script(SCRIPT, written.parent, LOADTESTS.parent, variables)
    assert run.status == 0, run.log
    found: Answers = json.loads(written.read_text())
    return found


def test_each_round_has_every_service_once_in_an_order_of_its_own(answers: Answers) -> None:
    for orders in answers["orders"]:
        assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
        assert len(set(map(tuple, orders))) == math.factorial(4)
    assert answers["orders"][0] != answers["orders"][1]


def test_each_service_follows_each_other_about_equally_often(answers: Answers) -> None:
    for orders in answers["orders"]:
        followed = Counter(pair for order in orders for pair in pairwise(order))
        assert len(followed) == 12
        # 150 on average, with a standard deviation of 10.6.
        assert all(100 < count < 200 for count in followed.values())


def test_a_slow_service_has_longer_turns_and_the_others_the_shortest(answers: Answers) -> None:
    turns, guards = answers["schedule"]["turns"], answers["schedule"]["guards"]
    assert [turns[place] for place in (0, 1, 3)] == [30, 30, 30]
    assert guards == pytest.approx([8, 8, 26, 8])
    assert turns[2] == pytest.approx(70)


def test_turns_follow_each_other_without_a_gap(answers: Answers) -> None:
    lengths = answers["schedule"]["turns"]
    turns: list[dict[str, float]] = []
    for at, turn in enumerate(answers["turns"]):
        assert turn["ends"] > 1000 + at
        if not turns or turn["ends"] != turns[-1]["ends"]:
            turns.append(turn)
    for before, turn in pairwise(turns):
        assert turn["ends"] - before["ends"] == pytest.approx(lengths[int(turn["service"])])
        closes = min(turn["ends"], answers["schedule"]["ends"]) - answers["schedule"]["guards"][int(turn["service"])]
        assert turn["closes"] == pytest.approx(closes)
    rounds = Counter(turn["round"] for turn in turns)
    assert list(rounds.values())[:-1] == [4] * (len(rounds) - 1)


def test_a_moment_belongs_to_a_tenth_of_its_phase(answers: Answers) -> None:
    assert answers["batches"] == [0, 0, 0, 1, 9, 9]


def test_a_robust_mean_is_the_mean_but_for_what_lies_far_out(answers: Answers) -> None:
    even, far, equal = answers["means"]
    assert even == pytest.approx(fmean(EVEN))
    # Where the sum of the deviations is 0, none counted as more than 1.345 * 1.4826 * 2, the median deviation.
    assert far == pytest.approx(3 + 1.345 * 1.4826 * 2 / 5, abs=1e-6)
    assert equal == 7


def test_only_rounds_in_which_all_have_answered_are_contrasted(answers: Answers) -> None:
    # Means of 2 and 4 ms in batch 0, 8 and 2 ms in batch 1.
    first, second = answers["contrasts"]
    assert [batch for batch, _ in first] == [0, 1]
    assert [value for _, value in first] == pytest.approx([math.log(0.5) / 2, math.log(4) / 2])
    assert [value for _, value in second] == pytest.approx([-value for _, value in first])


def test_routes_have_their_phases_and_writes_come_last(answers: Answers) -> None:
    phases = answers["phases"]
    assert [phase["name"] for phase in phases] == [
        "product", "product_alone", "revenue", "dashboard", "order", "create_order",
    ]  # fmt: skip
    assert [phase["visitors"] for phase in phases] == [8, 1, 1, 8, 8, 8]
    assert sum(phase["seconds"] for phase in phases) == pytest.approx(100)


def test_loads_come_between_the_turns_of_reads_and_of_writes_in_drawn_order(answers: Answers) -> None:
    orders = [sorted(starts, key=starts.__getitem__) for starts in answers["starts"]]
    for order, starts in zip(orders, answers["starts"], strict=True):
        assert (order[0], order[-1]) == ("turns", "turns_of_writes")
        # What one without cache leaves the database to do falls into the warm-up of one with it.
        assert [name.endswith("-cached") for name in order[1:-1]] == [False, True, False, True]
        times = [starts[name] for name in order[1:]]
        assert [after - before for before, after in pairwise(times)] == pytest.approx([4] * 4)
        # Seventeen seconds of reads, and what is between their phases.
        assert times[0] > 17
    assert len(set(map(tuple, orders))) > 2


def test_python_and_k6_find_the_same_effects_in_the_same_batches(answers: Answers, results: Path) -> None:
    effects = compare(read_rounds(results)).effects
    columns = {"mix": effects, **effects["routes"]}
    for column, found in answers["effects"].items():
        for name, effect in found.items():
            wanted = columns[column]["simple"][name]["latency_avg"]
            assert effect["verdict"] == wanted.verdict
            for figure in ("ratio", "low", "high"):
                assert effect[figure] == pytest.approx(getattr(wanted, figure), rel=1e-12), (column, name, figure)
    assert {effect["verdict"] for effect in answers["effects"]["mix"].values()} == {"better", "same", "worse"}


def test_the_table_of_effects_fits_a_terminal(answers: Answers) -> None:
    lines = answers["table"].splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[:14] for line in lines if "(" in line] == [
        "cache in sync ", "cache in async", "async uncached", "async cached  ",
    ]  # fmt: skip
    assert "1 of 50 batches" in answers["table"]


def test_the_quantiles_of_k6_are_those_of_python() -> None:
    assert write_quantiles.FILE.read_text() == write_quantiles.text()
