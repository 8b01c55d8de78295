"""The comparison of complete results, of void results, and of a known effect."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import pytest

from loadtests.analysis import effects
from loadtests.analysis.figures import FIGURES, values_of
from loadtests.analysis.read import read_rounds
from loadtests.schema.result import Result
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.wording import NOTHING
from tests.support.simulated_results import COMBINATIONS, bound_by, document, save, simulated, write_rounds

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "loadtests.compare", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def compared(folder: Path) -> Comparison:
    return compare(read_rounds(folder))


def test_a_simulated_result_is_valid_by_the_schema_of_results() -> None:
    jsonschema.validate(document("sync"), msgspec.json.schema(Result))


@pytest.mark.parametrize("field", ["schema", "combination", "latency_ms", "requests", "started_at"])
def test_the_schema_refuses_a_result_that_lacks_a_field(field: str) -> None:
    lacking = document("sync")
    del lacking[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lacking, msgspec.json.schema(Result))


def test_ratios_are_those_of_the_simulation(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=4)
    found = compared(tmp_path).effects
    ratios = {name: found["simple"][name]["latency_avg"].ratio for name in found["simple"]}
    expected = {"cache in sync": 40, "cache in async": 20, "async uncached": 2, "async cached": 1}
    assert ratios == pytest.approx(expected)
    assert found["cache"]["latency_avg"].ratio == pytest.approx(math.sqrt(40 * 20))
    assert found["async"]["latency_avg"].ratio == pytest.approx(math.sqrt(2))
    assert found["interaction"]["latency_avg"].ratio == pytest.approx(20 / 40)


@pytest.mark.parametrize("metric", ["throughput", "service_cpu", "latency_p95"])
def test_a_ratio_above_one_is_better_in_every_metric(tmp_path: Path, metric: str) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=1)
    simple = compared(tmp_path).effects["simple"]
    assert simple["cache in sync"][metric].ratio == pytest.approx(40)


def test_a_difference_is_with_minus_without_in_the_figures_unit(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=4)
    effect = compared(tmp_path).effects["simple"]["cache in sync"]["latency_avg"]
    assert effect.difference == pytest.approx(-390)
    assert effect.difference_low <= effect.difference <= effect.difference_high


def test_ninety_five_of_a_hundred_intervals_contain_the_true_ratio() -> None:
    held = 0
    for seed in range(200):
        cells = [msgspec.convert(content, Result) for content in simulated(LATENCIES, 4, 0.02, seed)]
        rounds = [{content.combination: content for content in cells if content.round == at} for at in range(1, 5)]
        samples = effects.Samples(values_of(rounds, FIGURES), 4)
        effect = effects.simple_effect(samples, "latency_avg", "sync", "async")
        assert effect.low is not None
        assert effect.high is not None
        held += effect.low <= 2.0 <= effect.high
    # 190 are expected; 200 draws at 95 % lie outside these bounds once in a thousand times.
    assert 180 <= held <= 199


def test_a_detectable_difference_is_found_nineteen_times_in_twenty() -> None:
    chance = random.Random(3)
    # Four values of spread 1 have a standard error of a half; 5.65 is the noncentrality for 3 degrees of freedom.
    assert effects.detectable([-1.0, 1.0, -1.0, 1.0]) == pytest.approx(5.654 / math.sqrt(3), rel=0.001)
    shift = 5.654 / 2
    found = [effects.interval([chance.gauss(shift, 1) for _ in range(4)]).low for _ in range(2000)]
    assert 0.935 <= sum(low is not None and low > 0 for low in found) / 2000 <= 0.965


def test_one_round_has_no_detectable_difference() -> None:
    assert effects.detectable([1.0]) is None


def test_noise_that_a_round_shares_does_not_widen_the_interval(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=4, noise=0.01)
    effect = compared(tmp_path).effects["simple"]["async uncached"]["latency_avg"]
    assert effect.high / effect.low < 1.1


@pytest.mark.parametrize(
    ("ratio", "low", "high", "expected"),
    [
        (1.3, 1.2, 1.4, "better"),
        (0.7, 0.6, 0.8, "worse"),
        (1.04, 1.03, 1.049, "better"),
        (0.96, 0.951, 0.97, "worse"),
        (1.01, 0.98, 1.04, "same"),
        (1.025, 1.01, 1.04, "same"),
        (1.02, 1.001, 1.06, "cannot tell"),
        (1.1, 0.9, 1.2, "cannot tell"),
        (1.3, None, None, "cannot tell"),
    ],
)
def test_a_verdict_follows_from_the_interval(
    ratio: float, low: float | None, high: float | None, expected: str
) -> None:
    logarithms = [None if value is None else math.log(value) for value in (low, high)]
    assert effects.verdict(math.log(ratio), *logarithms) == expected


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.04, 0.1])
def test_a_run_of_the_recommended_length_would_decide(shift: float) -> None:
    noise = (-0.1, 0.1, -0.1, 0.1)
    found = effects.ratio_of([shift + each for each in noise])
    assert (found.verdict, found.longer is not None) == ("cannot tell", True)
    shorter = math.sqrt(found.longer or 1.0)
    assert effects.ratio_of([shift + each / shorter * 0.999 for each in noise]).verdict != "cannot tell"
    assert effects.ratio_of([shift + each / shorter * 1.01 for each in noise]).verdict == "cannot tell"


def test_one_round_gives_ratios_without_an_interval(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=1)
    effect = compared(tmp_path).effects["simple"]["cache in sync"]["latency_avg"]
    assert (effect.low, effect.high, effect.verdict) == (None, None, "cannot tell")


@pytest.mark.parametrize("field", ["failed", "checks_failed", "dropped_iterations", "requests"])
def test_a_void_cell_is_named_and_left_out(tmp_path: Path, field: str) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=2)
    spoilt = {field: 0 if field == "requests" else 3}
    save(tmp_path, document("async", 2, 1e3, **spoilt))
    comparison = compared(tmp_path)
    assert [(cell.combination, cell.round) for cell in comparison.void] == [("async", 2)]
    assert comparison.void[0].advice
    assert comparison.combinations["async"]["latency_avg"] == pytest.approx(200)
    simple = comparison.effects["simple"]
    assert simple["async uncached"]["latency_avg"].rounds == 1
    assert simple["cache in sync"]["latency_avg"].rounds == 2


def test_the_status_is_four_when_every_cell_is_void(tmp_path: Path) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, failed=1))
    done = command(tmp_path, "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["recommendation"]["headline"] == [NOTHING]


def test_the_bottleneck_is_the_busiest_part(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=2)
    found = compared(tmp_path).bottleneck
    assert (found["sync"].name, found["sync"].share) == ("database", 0.9)
    assert found["sync-cached"].name == "think time"


def test_without_the_servers_side_the_bottleneck_is_unknown_and_says_why(tmp_path: Path) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=None))
    comparison = compared(tmp_path)
    assert comparison.bottleneck["sync"].name is None
    assert "not captured" in str(comparison.bottleneck["sync"].reason)
    assert comparison.effects["async"]["service_cpu"].ratio is None


@pytest.mark.parametrize("profile", ["quick", "mixed"])
@pytest.mark.parametrize(
    ("resource", "tells"),
    [
        ("service", True),
        ("database connections", True),
        ("requests at once", True),
        ("database", False),
        ("cache", False),
        ("k6", False),
        ("think time", False),
    ],
)
def test_the_bottleneck_and_not_the_profile_decides_whether_a_load_shows_async(
    tmp_path: Path, profile: str, resource: str, tells: bool
) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, profile=profile, server=bound_by(resource)))
    comparison = compared(tmp_path)
    assert {bottleneck.name for bottleneck in comparison.bottleneck.values()} == {resource}
    assert comparison.recommendation.tells_of_async is tells
    text = comparison.recommendation.text
    assert (f"{resource} binds both" in text) is not tells
    assert ("this load cannot tell" in text) is not tells
    assert f"Under {profile} (50 VUs" in text


def test_json_has_all_documented_fields(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=4, noise=0.01)
    done = command(tmp_path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert {"combinations", "effects", "void", "bottleneck", "recommendation"} <= set(printed)
    assert set(printed["effects"]) == {"cache", "async", "interaction", "simple", "routes"}
    effect = printed["effects"]["simple"]["cache in sync"]["latency_avg"]
    assert {"ratio", "low", "high", "rounds", "verdict", "difference"} <= set(effect)
    assert effect["verdict"] == "better"


def test_the_table_names_every_combination_and_has_no_colour_in_a_pipe(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=4)
    done = command(tmp_path)
    assert done.returncode == 0
    assert {line.partition(" ")[0] for line in done.stdout.splitlines()} >= set(COMBINATIONS)
    assert "\x1b" not in done.stdout


def test_a_comparison_survives_its_own_json(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=2)
    text = msgspec.json.encode(compared(tmp_path))
    assert msgspec.json.decode(text)["combinations"]["sync"]["requests"] == 180
