"""k6 refuses to start where its figures would mean nothing."""

from pathlib import Path

import pytest

from loadtests.schema.plan import HERE
from tests.support.k6_runs import combinations_file, measure, run_k6
from tests.support.known_service import KnownService


@pytest.mark.parametrize(
    ("ready", "name", "words"),
    [
        (503, "sync", "sync at {url}/health/ready is not ready (status 503)"),
        (200, "async", "sync at {url}/health/ready is another service, it says it is async"),
        (200, None, "sync at {url}/health/ready is another service, it sends no X-Combination"),
    ],
)
def test_setup_refuses_a_service_that_cannot_be_measured(
    tmp_path: Path, ready: int, name: str | None, words: str
) -> None:
    with KnownService(name, ready=ready) as service:
        path = combinations_file(tmp_path, [service], name="sync", expect="sync")
        run = run_k6(tmp_path, COMBINATIONS=str(path))
    assert run.status != 0
    assert words.format(url=service.url) in run.log
    assert run.files == []


def test_a_service_that_is_expected_to_send_no_name_is_measured(tmp_path: Path) -> None:
    with KnownService(None) as service:
        run = measure(tmp_path, service)
    assert run.status == 0
    assert run.result("sync")["requests"] > 0


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PROFILE", "huge", "the profiles are origin, quick, smoke, mixed"),
        ("VUS", "0", "give a whole number from 1"),
        ("VUS", "ten", "give a whole number from 1"),
        ("ROUND", "-1", "give a whole number from 1"),
        ("THINK", "-1", "the word fixed"),
        ("THINK", "long", "the word fixed"),
        ("DURATION", "0", "give seconds, as 30, 30s or 2m"),
        ("DURATION", "2x", "give seconds, as 30, 30s or 2m"),
        ("MIX", "prices=1", "the routes are products, product"),
        ("MIX", "products", "write it as products=70,revenue=30"),
        ("MIX", "products=0", "one weight at least must be above 0"),
        ("COMBINATIONS", "sync,rust", "the names are sync, sync-cached, async, async-cached"),
        ("COMBINATIONS", "sync,sync", "sync is there twice"),
        ("PORT_BASE", "none", "give a port number"),
        ("RESULTS", "nowhere/at/all", "mkdir -p nowhere/at/all"),
    ],
)
def test_a_bad_value_ends_the_run_with_its_cure(tmp_path: Path, variable: str, value: str, words: str) -> None:
    run = run_k6(tmp_path, HERE.parent, **{variable: value})
    assert run.status != 0
    assert f"{variable}={value} cannot be used" in run.log
    assert words in run.log
    assert run.files == []
