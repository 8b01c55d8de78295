"""One start on the real stack: a result for each combination, with the server's side of its load and of its turns."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from compose.local.stack import Stack
from loadtests.observe.database import cpu_by_user, read_threads
from loadtests.schema.plan import make_plan
from loadtests.schema.result import Result
from tests.support.cells import OwnTarget, restart, starts_of
from tests.support.stacks import COMBINATIONS

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("servers", "k6")]

LOAD = {"MIX": "product=3,create_order=1", "TURNS": "6", "WARM_UP": "0.2", "DURATION": "1", "VUS": "5", "THINK": "0.05"}


@pytest.fixture(scope="module")
def found(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Result]]:
    folder = tmp_path_factory.mktemp("start")
    plan = make_plan("smoke", port_base=stack.options.port_base, results=folder, load=LOAD)
    said: list[str] = []
    with closing(OwnTarget(stack)) as target:
        starts = starts_of(target, plan, folder, said.append)
        yield starts.measure(COMBINATIONS, 1, variables={"WARM_UP_REQUESTS": "80"})
    assert sorted(path.name for path in folder.glob("*.json")) == sorted(
        f"{name}.round-1.json" for name in COMBINATIONS
    )
    assert set(said) >= {*COMBINATIONS, "turns of product", "turns of create_order"}
    restart(stack, COMBINATIONS)


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_load_of_each_has_its_own_window(found: dict[str, Result], name: str) -> None:
    server = found[name].server
    assert server is not None
    assert server.window_s == pytest.approx(1, abs=0.5)
    assert server.programs.keys() == {"service", "database", "cache", "k6"}
    # A request that is under way at one end of the measured time may be counted on one side alone.
    counted = server.counters["http_requests_total{route=get_product,status=200}"]
    assert counted == pytest.approx(found[name].routes["product"].requests, abs=5)
    assert server.service_cpu_ms_per_request
    assert not server.ledger_changes


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_turns_of_each_have_what_they_cost(found: dict[str, Result], name: str) -> None:
    cached = name.endswith("cached")
    reads, writes = (found[name].head_to_head[phase] for phase in ("product", "create_order"))
    batches = [batch for batch in found[name].turns["product"] if batch.requests]
    assert all(batch.service_cpu_ms and 0.1 < batch.service_cpu_ms < 20 for batch in batches)
    whole = sum((batch.service_cpu_ms or 0) * batch.requests for batch in batches) / reads.requests
    assert reads.service_cpu_ms == pytest.approx(whole, rel=0.01)
    # On a machine that is busy with something else a phase of two seconds can pass without an answer of a service.
    for phase in (reads, *([writes] if writes.requests else [])):
        assert (phase.database_cpu_ms or 0) > 0.01
        assert bool(phase.cache_cpu_ms) is cached


@pytest.mark.parametrize("stack_of", ["sync", "async"])
def test_a_cache_takes_reads_off_the_database(found: dict[str, Result], stack_of: str) -> None:
    spent = [found[name].head_to_head["product"].database_cpu_ms for name in (stack_of, f"{stack_of}-cached")]
    assert None not in spent
    assert (spent[1] or 0) < (spent[0] or 0)


def test_the_databases_work_is_told_by_who_it_is_for(stack: Stack) -> None:
    with closing(stack.admin()) as worker, closing(stack.admin()) as watching, worker.cursor() as cursor:
        before = read_threads(watching, stack.database_pid)
        began = time.monotonic()
        cursor.execute("SELECT BENCHMARK(2000000, MD5('a'))")
        lasted = time.monotonic() - began
        spent = cpu_by_user(before, read_threads(watching, stack.database_pid))
    assert 0.05 < spent["root"] < 1.2 * lasted
    assert all(seconds < 0.05 for user, seconds in spent.items() if user != "root")
