"""Several k6 share one load: one schedule, figures of all together, and a start that is void where one is not there."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest
from msgspec.structs import replace

from loadtests.analysis.read import read_rounds
from loadtests.analysis.shards import SHARDS
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import Mode
from loadtests.runner.folders import new_folder
from loadtests.runner.matrix import measure_matrix
from loadtests.runner.starts import Starts
from loadtests.schema.plan import Plan, make_plan
from loadtests.schema.result import Result
from loadtests.schema.run import read_description
from loadtests.schema.shard import Part
from loadtests.targets.base import LoadGenerator
from loadtests.targets.generators import Generators, Place, beside_each_other
from loadtests.targets.k6 import GeneratorFailed, VoidStart
from loadtests.targets.running import RunningTarget
from loadtests.verdict.comparison import compare
from tests.support.cells import begin_of, broken_rules, starts_of
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.namespaces import HERE, namespaces
from tests.support.obstacles import frozen
from tests.support.raw_points import Raw, named, values_in
from tests.support.unsettled import REPLACED, settling

pytestmark = pytest.mark.usefixtures("k6")

MANY = 4
NAMES = ("sync", "async")
LOAD = {"VUS": "12", "THINK": "0.1", "WARM_UP": "0.5", "DURATION": "4", "TURNS": "5"}
FAR_S = 0.02
Started = Callable[[Generators, Path], object]


class PlacedTarget(RunningTarget):
    """Generators at given places, each of which writes its raw points; `started` is told of them."""

    def __init__(self, plan: Plan, places: list[Place], points: Path, started: Started = lambda *_: None) -> None:
        super().__init__(plan)
        self._places = [
            place._replace(before=[*place.before, "env", f"K6_OUT=json={points / str(number)}.json"])
            for number, place in enumerate(places, 1)
        ]
        self._started = started

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        generators = Generators(self._places, variables, log)
        threading.Thread(target=self._started, args=(generators, log), daemon=True).start()
        return generators


def starts_with(file: Path, places: list[Place], *started: Started) -> Starts:
    """Of the services in a file, in the folder above it."""
    folder = file.parent.parent
    (folder / "points").mkdir()
    load = {"ALLOW_HOSTS": HERE}
    plan = make_plan("smoke", stack="none", combinations=str(file), generators=len(places), load=load)
    return starts_of(PlacedTarget(plan, places, folder / "points", *started), plan, folder)


Measured = tuple[dict[str, Result], Raw, Path]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Two services in turns and under a load of four k6."""
    folder = tmp_path_factory.mktemp("generators")
    with ExitStack() as stack:
        services = [stack.enter_context(KnownService(name, at)) for name, at in zip(NAMES, (0.006, 0.003), strict=True)]
        results = starts_with(combinations_file(folder, services), beside_each_other(MANY)).measure(NAMES, 1, {}, LOAD)
    return results, values_in(folder / "points"), folder


@pytest.mark.alone
def test_the_load_of_several_is_that_of_the_raw_points(measured: Measured) -> None:
    results, points, _ = measured
    for name, result in results.items():
        raw = named(points, combination=name, phase="measured")
        assert (result.generators, result.requests) == (MANY, len(raw))
        assert result.quantiles["50"] == pytest.approx(np.percentile(raw, 50), rel=0.01)
        assert result.quantiles["99"] == pytest.approx(np.percentile(raw, 99), rel=0.01)
        assert result.start_skew_s <= result.duration_s / 12 / 10


@pytest.mark.alone
def test_each_batch_of_turns_is_that_of_the_raw_points(measured: Measured) -> None:
    results, points, _ = measured
    for service, result in enumerate(results.values()):
        for phase, (name, batches) in enumerate(result.turns.items()):
            assert sum(batch.requests for batch in batches) == result.head_to_head[name].requests > 0
            whole = named(points, f"turns_{phase}_{service}_latency")
            assert result.head_to_head[name].latency_ms.p50 == pytest.approx(np.percentile(whole, 50), rel=0.01)
            for batch in batches:
                metric = f"turns_{phase}_{service}_{batch.batch}"
                raw, contrasts = named(points, f"{metric}_latency"), named(points, f"{metric}_contrast")
                assert batch.requests == len(raw)
                found = (batch.latency_ms.avg, batch.latency_ms.p50, batch.latency_ms.p95)
                expected = (np.mean(raw), np.percentile(raw, 50), np.percentile(raw, 95)) if raw else None
                assert found == (pytest.approx(expected, rel=0.01) if expected else (None, None, None))
                assert batch.contrast == (pytest.approx(np.mean(contrasts)) if contrasts else None)


@pytest.mark.alone
def test_one_schedule_holds_for_all_and_one_k6_sends_what_is_asked_one_at_a_time(measured: Measured) -> None:
    results, _, folder = measured
    shards = [msgspec.json.decode(path.read_bytes(), type=Part) for path in sorted((folder / SHARDS).glob("sync.*"))]
    asked = {name: [shard.head_to_head[name].requests for shard in shards] for name in results["sync"].turns}
    assert [len(asked), len(shards)] == [4, MANY]
    for name, requests in asked.items():
        alone = results["sync"].head_to_head[name].visitors == 1
        assert [count > 0 for count in requests] == [True, *[not alone] * (MANY - 1)]
    for result in results.values():
        for batches in result.turns.values():
            overlapping = sum(batch.overlapping for batch in batches)
            assert overlapping <= 0.1 * sum(batch.requests for batch in batches)


def quiet(result: Result) -> Result:
    """As on a machine where no k6 waits for a core."""
    turns = {name: [replace(batch, void=None) for batch in batches] for name, batches in result.turns.items()}
    return replace(result, turns=turns)


@pytest.mark.alone
def test_intervals_survive_pooling(measured: Measured) -> None:
    (cells,) = read_rounds(measured[2]).values()
    comparison = compare({1: {name: quiet(result) for name, result in cells.items()}})
    effect = comparison.effects["simple"]["async uncached"]["latency_avg"]
    low, ratio, high = (value or 0.0 for value in (effect.low, effect.ratio, effect.high))
    assert 1 < low < ratio < high < 3


def test_one_k6_that_is_killed_voids_its_start(tmp_path: Path) -> None:
    def kill(generators: Generators, log: Path) -> None:
        begin_of(log)
        time.sleep(1)
        os.kill(generators.pids[2], signal.SIGKILL)

    with KnownService("sync", 0.002) as service:
        starts = starts_with(combinations_file(tmp_path, [service]), beside_each_other(MANY), kill)
        with pytest.raises(VoidStart, match=f"generator 3 of {MANY}: k6 ended with status -9"):
            starts.measure(["sync"], 1, {}, {**LOAD, "DURATION": "30"})
    assert not list(tmp_path.glob("*.json"))
    assert not [each for each in psutil.process_iter(["name", "cmdline"]) if str(tmp_path) in str(each.info["cmdline"])]


@pytest.mark.timed
def test_one_k6_that_comes_round_late_holds_the_whole_back(tmp_path: Path) -> None:
    def halt(generators: Generators, log: Path) -> None:
        begin_of(log)
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            while True:
                time.sleep(0.3)
                with frozen(generators.pids[1]):
                    time.sleep(0.3)

    with KnownService("sync", 0.002) as service:
        starts = starts_with(combinations_file(tmp_path, [service]), beside_each_other(2), halt)
        result = starts.measure(["sync"], 1, {}, {**LOAD, "VUS": "40"})["sync"]
    assert "generator 2: visitors came round" in broken_rules(result)["load generator"]


def test_a_mistake_is_said_as_of_one_k6(tmp_path: Path) -> None:
    with KnownService("sync") as service:
        starts = starts_with(combinations_file(tmp_path, [service]), beside_each_other(2))
        with pytest.raises(GeneratorFailed, match="2 segments cannot share 1 visitors"):
            starts.measure(["sync"], 1, {}, {**LOAD, "VUS": "1"})


@pytest.mark.timed
def test_a_void_start_of_a_run_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REPLACED, settling)
    killed = threading.Event()

    def kill_once(generators: Generators, log: Path) -> None:
        begin_of(log)
        if not killed.is_set():
            killed.set()
            os.kill(generators.pids[1], signal.SIGKILL)

    (tmp_path / "points").mkdir()
    with KnownService("sync", 0.004) as sync, KnownService("async", 0.002) as other:
        file, load = combinations_file(tmp_path, [sync, other]), {**LOAD, "TURNS": "0", "DURATION": "1"}
        folder = new_folder(tmp_path, "smoke")
        plan = make_plan("smoke", stack="none", combinations=str(file), rounds=2, generators=2, load=load)
        target = PlacedTarget(plan, beside_each_other(2), tmp_path / "points", kill_once)
        measure_matrix(plan, folder, lambda *_: nullcontext(target))
    rounds = read_rounds(folder)
    assert {number: set(cells) for number, cells in rounds.items()} == {2: set(NAMES)}
    assert len(list((folder / SHARDS).glob("*.json"))) == 4
    assert read_description(folder).generators == 2


@pytest.mark.alone
def test_generators_on_four_machines_one_of_them_far_away(tmp_path: Path) -> None:
    with ExitStack() as stack:
        places = stack.enter_context(namespaces(MANY))
        services = [stack.enter_context(KnownService(name, 0.004, host=HERE)) for name in NAMES]
        ports = [int(service.url.rpartition(":")[2]) for service in services]
        proxies = [stack.enter_context(Proxy(port, host=HERE)) for port in ports]
        for proxy in proxies:
            proxy.switch(Mode("delay", FAR_S / 2))
        file = combinations_file(tmp_path, services)
        far = file.with_name("far.json")
        entries = [
            entry | {"url": f"http://{HERE}:{proxy.port}"}
            for entry, proxy in zip(json.loads(file.read_text()), proxies, strict=True)
        ]
        far.write_text(json.dumps(entries))
        placed = [*places[:-1], places[-1]._replace(before=[*places[-1].before, "env", f"COMBINATIONS={far}"])]
        results = starts_with(file, placed).measure(NAMES, 1, {}, {**LOAD, "TURNS": "0"})
        points = values_in(tmp_path / "points")
    for name, result in results.items():
        raw = named(points, combination=name, phase="measured")
        assert (result.requests, result.generators) == (len(raw), MANY)
        found = [result.quantiles[place] or 0.0 for place in ("50", "90", "95", "99")]
        assert found == pytest.approx(np.percentile(raw, (50, 90, 95, 99)), rel=0.01)
        # A quarter of the requests came from far away.
        assert 4 <= found[0] < 4 + 1000 * FAR_S <= found[1]
        assert result.start_skew_s <= result.duration_s / 12 / 10
