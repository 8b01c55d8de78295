"""The generator is held to account: what it measures of a service whose speed is known."""

import time
from functools import partial
from pathlib import Path

import pytest

from tests.support.at_once import at_once
from tests.support.k6_runs import Run, measure
from tests.support.known_service import Answer, KnownService

pytestmark = pytest.mark.usefixtures("k6")

VISITORS = 20
THINK_S = 0.4
SERVICE_TIMES = (0.05, 0.1)
WAYS_TO_THINK = ("1", "fixed")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Run]:
    """One run for each service time, at once: each asks 40 times a second, which leaves both cores idle."""

    def run(service_time: float, folder: Path) -> Run:
        with KnownService("sync", service_time) as service:
            load = {"WARM_UP": "2", "DURATION": "4", "VUS": str(VISITORS), "THINK": str(THINK_S)}
            return measure(folder, service, **load)

    calls = [partial(run, each, tmp_path_factory.mktemp("known")) for each in SERVICE_TIMES]
    return dict(zip(SERVICE_TIMES, at_once(calls), strict=True))


@pytest.mark.timed
@pytest.mark.parametrize("service_time", SERVICE_TIMES)
def test_the_measured_mean_and_rate_are_what_service_time_and_think_time_allow(
    runs: dict[float, Run], service_time: float
) -> None:
    run = runs[service_time]
    result = run.result("sync")
    assert run.status == 0
    assert result["latency_ms"]["avg"] == pytest.approx(service_time * 1000, rel=0.2)
    assert result["latency_ms"]["p50"] == pytest.approx(service_time * 1000, rel=0.2)
    expected = VISITORS / (THINK_S + service_time)
    assert result["throughput_rps"] == pytest.approx(expected, rel=0.1)
    assert result["ceiling_rps"] == pytest.approx(expected, rel=0.05)
    assert result["ceiling_without_latency_rps"] == VISITORS / THINK_S


@pytest.fixture(scope="module")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Run, list[float]]]:
    """When requests came, for each way to think; both runs at once."""

    def run(think: str, folder: Path) -> tuple[Run, list[float]]:
        times: list[float] = []

        def note(path: str, _answer: Answer) -> None:
            if path.startswith("/api"):
                times.append(time.monotonic())

        with KnownService("sync", spoil=note) as service:
            load = {"WARM_UP": "1", "DURATION": "3", "VUS": str(VISITORS), "THINK": think}
            return measure(folder, service, **load), times

    calls = [partial(run, each, tmp_path_factory.mktemp("arrivals")) for each in WAYS_TO_THINK]
    return dict(zip(WAYS_TO_THINK, at_once(calls), strict=True))


@pytest.mark.timed
@pytest.mark.parametrize("think", WAYS_TO_THINK)
def test_visitors_do_not_come_in_bursts(arrivals: dict[str, tuple[Run, list[float]]], think: str) -> None:
    run, times = arrivals[think]
    assert run.result("sync")["think"] == ("fixed" if think == "fixed" else "uniform")
    window = 0.2
    fullest = max(sum(start <= at < start + window for at in times) for start in times)
    # Spread evenly, a fifth of the visitors come in a fifth of a second; in lockstep all do.
    assert fullest <= VISITORS * 0.7


def test_popular_keys_are_asked_for_more_than_others(tmp_path: Path) -> None:
    with KnownService("sync") as service:
        measure(tmp_path, service, DURATION="3", VUS=str(VISITORS), THINK="0.02", MIX="revenue=1")
    asked = [line for line in service.requests if "revenue" in line]
    counts = sorted((asked.count(path) for path in set(asked)), reverse=True)
    assert len(asked) > 500
    # Zipf with exponent 1 over 50 keys gives the first 22 % of all requests.
    assert counts[0] / len(asked) == pytest.approx(0.22, abs=0.05)
    assert len(counts) > 40


def test_pages_are_the_first_five_of_a_category(tmp_path: Path) -> None:
    with KnownService("sync") as service:
        run = measure(tmp_path, service, DURATION="2", VUS=str(VISITORS), THINK="0.05", MIX="products=1")
    assert run.status == 0
    ends = {line.partition("after=")[2] for line in service.requests if "after=" in line}
    assert ends == {"20", "40", "60", "80"}
