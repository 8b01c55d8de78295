"""The head to head on real services of a known difference: one short start, and the spin that makes it."""

import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from compose.local.stack import Stack
from loadtests.validation import selfcheck, spinning
from loadtests.validation.judged import METRICS, NAMES
from loadtests.validation.selfcheck import SPUN, Options, Report, measure
from loadtests.validation.services import FiveServices
from tests.support.own_services import own_service
from tests.support.stacks import free_base

SPIN_MS = 40.0


@pytest.fixture(scope="module")
def report(k6: str, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    folder = tmp_path_factory.mktemp("selfcheck")
    options = Options(runs=1, starts=1, turns_s=3.0, true_minutes=0.0, results=folder, port_base=0)
    with pytest.MonkeyPatch.context() as patched, closing(FiveServices(stack, free_base())) as target:
        patched.setitem(selfcheck.LOAD, "WARM_UP_REQUESTS", "80")
        yield measure(target, options, folder)


@pytest.mark.alone
def test_each_name_has_turns_of_its_own_and_a_verdict(report: Report) -> None:
    (start,) = report.points
    assert start.keys() == set(NAMES)
    for point in start.values():
        assert any(contrast is not None for contrast in point.contrasts)
        assert point.service_cpu
    assert (report.proof.runs, report.proof.truth.keys() <= set(METRICS)) == (1, True)
    assert report.pooled["latency_avg"] > 0


@pytest.mark.alone
def test_the_spin_is_a_tenth_of_what_a_request_costs(report: Report) -> None:
    assert 0.1 < report.service_cpu_ms < 20
    assert report.spin_ms == pytest.approx(SPUN * report.service_cpu_ms, rel=0.01)


@pytest.mark.parametrize(("spin_ms", "least"), [(SPIN_MS, 0.9), (0.0, 0.0)])
def test_a_spin_takes_its_cpu_time_in_each_request(stack: Stack, spin_ms: float, least: float) -> None:
    service = own_service(stack, "sync-cached", **{spinning.VARIABLE: str(spin_ms)})
    service.program = [spinning.__name__]
    try:
        service.start()
        with httpx.Client(base_url=service.url) as client:
            client.get("/api/products/7")
            began = time.perf_counter()
            answer = client.get("/api/products/7")
            lasted_ms = 1000 * (time.perf_counter() - began)
    finally:
        service.stop()
    assert (answer.status_code, answer.headers["X-Cache"]) == (200, "hit")
    assert least * SPIN_MS <= lasted_ms
