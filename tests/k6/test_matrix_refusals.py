"""k6 refuses to start where its figures would mean nothing."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest

from compose.local.ports import free
from loadtests.schema.files import LOADTESTS
from tests.support.k6_runs import combinations_file, measure, run_k6
from tests.support.known_service import Answer, KnownService

pytestmark = pytest.mark.usefixtures("k6")

ABORTED = 108
# k6 starts all visitors before it refuses.
FEW = {"VUS": "1", "TURNS": "0"}


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


def test_setup_follows_no_redirect(tmp_path: Path) -> None:
    def redirect(_path: str, answer: Answer) -> None:
        answer.status, answer.headers["Location"] = 302, "http://127.0.0.1:9/elsewhere"

    with KnownService("sync", spoil=redirect) as service:
        run = measure(tmp_path, service)
    assert run.status != 0
    assert "redirect to http://127.0.0.1:9/elsewhere" in run.log
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
        ("TURNS", "2x", "give seconds, as 30, 30s or 2m"),
        ("DURATION", "2x", "give seconds, as 30, 30s or 2m"),
        ("MIX", "prices=1", "the routes are products, product"),
        ("MIX", "products", "write it as products=70,revenue=30"),
        ("MIX", "products=0", "one number at least must be above 0"),
        ("COMBINATIONS", "sync,rust", "the names are sync, sync-cached, async, async-cached"),
        ("COMBINATIONS", "sync,sync", "sync is there twice"),
        ("PORT_BASE", "none", "give a port number"),
        ("COMBINATIONS", "nowhere.json", "no such file"),
        ("MIX", "toString=1", "the routes are products, product"),
        ("ROUTES", "nowhere.json", "no such file"),
        ("ROUTES", "README.md", "it cannot be read"),
        ("RESULTS", "nowhere/at/all", "mkdir -p nowhere/at/all"),
        ("SERVICE_HOST", "192.0.2.5", "add ALLOW_HOSTS=192.0.2.5"),
        ("SERVICE_HOST", "a b", "give the name or the address of a machine"),
    ],
)
def test_a_bad_value_ends_the_run_with_its_cure_in_one_line(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    run = run_k6(tmp_path, LOADTESTS.parent, **FEW | {variable: value})
    (line,) = run.log.splitlines()
    assert run.status == ABORTED
    assert f"{variable}={value}" in line or f"{variable}={LOADTESTS.parent}/{value}" in line
    assert "cannot be used" in line
    assert words in line
    assert run.files == []


def test_each_mistake_has_a_line(tmp_path: Path) -> None:
    run = run_k6(tmp_path, VUS="ten", DURATION="2x", MIX="prices=1")
    named = [
        name for line in run.log.splitlines() for name in ("VUS=ten", "DURATION=2x", "MIX=prices=1") if name in line
    ]
    assert (run.status, sorted(named)) == (ABORTED, ["DURATION=2x", "MIX=prices=1", "VUS=ten"])


def test_a_segment_without_its_sequence_writes_no_results_where_another_process_ran_setup(tmp_path: Path) -> None:
    # As parts of a load are started: paused and without setup, and sent what the first one's gave.
    with KnownService("sync") as service:
        address = f"127.0.0.1:{free()}"
        words = ["--no-setup", "--paused", "--address", address, "--execution-segment", "0:1/2"]
        part = partial(run_k6, tmp_path, words=words, DURATION="1")
        with ThreadPoolExecutor() as threads:
            running = threads.submit(part, COMBINATIONS=str(combinations_file(tmp_path, [service])))
            with httpx.Client(base_url=f"http://{address}/v1", transport=httpx.HTTPTransport(retries=8)) as k6:
                k6.put("/setup", json={"run": "x"}).raise_for_status()
                attributes = {"type": "status", "id": "default", "attributes": {"paused": False}}
                k6.patch("/status", json={"data": attributes}).raise_for_status()
        run = running.result()
    assert "sync is measured from" in run.log
    assert run.files == []
