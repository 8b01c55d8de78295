"""k6 run loadtests/matrix.js under --execution-segment: shards are the parts of one load, and add up to it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path

import httpx
import jsonschema
import msgspec
import numpy as np
import pytest

from compose.local.ports import LOOPBACK, free
from loadtests.analysis import shards
from loadtests.analysis.read import read_rounds
from loadtests.analysis.shards import SHARDS, pool_folder
from loadtests.schema.files import LOADTESTS
from loadtests.schema.result import Result
from loadtests.targets.generators import PAUSED, RESUME
from loadtests.verdict.comparison import compare
from tests.support.k6_runs import Run, combinations_file, run_k6
from tests.support.known_service import Answer, KnownService
from tests.support.raw_points import Raw, named, values_in
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("k6")

ABORTED = 108
MANY = 4
LOAD = {"TURNS": "0", "VUS": "10", "THINK": "0.05", "WARM_UP": "1", "DURATION": "4", "PROFILE": "smoke"}
PLACES = (50, 90, 95, 99)


def segment(number: int, of: int = MANY) -> list[str]:
    """The words for shard `number`, from 1."""
    edges = [str(Fraction(edge, of)) for edge in range(of + 1)]
    return [
        "--execution-segment",
        ":".join(edges[number - 1 : number + 1]),
        "--execution-segment-sequence",
        ",".join(edges),
    ]


def run_shards(folder: Path, of: int = MANY, points: Path | None = None, /, **variables: str) -> list[Run]:
    """All shards at once, as a person starts them by hand: paused, and resumed when all are there."""
    addresses = [f"{LOOPBACK}:{free()}" for _ in range(of)]

    def run(number: int) -> Run:
        words = [*segment(number, of), "--paused", "--address", addresses[number - 1]]
        words += ["--out", f"json={points / str(number)}.json"] if points else []
        return run_k6(folder, LOADTESTS.parent, words, **{**LOAD, **variables})

    with ThreadPoolExecutor(2 * of) as threads, httpx.Client() as k6:
        running = [threads.submit(run, number) for number in range(1, of + 1)]
        wait_until(
            lambda: all(paused(k6, address) for address in addresses) or any(generator.done() for generator in running),
            "k6 is ready",
            60,
        )
        list(threads.map(partial(resume, k6), addresses))
        return [generator.result() for generator in running]


def paused(k6: httpx.Client, address: str) -> bool:
    try:
        attributes = k6.get(f"http://{address}/v1/status").json()["data"]["attributes"]
    except httpx.TransportError:
        return False
    return int(attributes["status"]) == PAUSED


def resume(k6: httpx.Client, address: str) -> None:
    k6.patch(f"http://{address}/v1/status", json=RESUME).raise_for_status()


@pytest.fixture(scope="module", autouse=True)
def unhurried() -> Iterator[None]:
    """Tests run beside these, so starts may be further apart than measuring allows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MOST_SKEW", 10)
        yield


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Run], list[KnownService], Raw]]:
    """Two services under a load of four shards, pooled, with the raw points of each shard."""
    folder, points = tmp_path_factory.mktemp("shards"), tmp_path_factory.mktemp("points")
    with ExitStack() as stack:
        services = [stack.enter_context(KnownService(name, at)) for name, at in (("sync", 0.004), ("async", 0.002))]
        runs = run_shards(folder, MANY, points, COMBINATIONS=str(combinations_file(folder, services)))
        pool_folder(folder)
        yield runs, services, values_in(points)


@pytest.mark.parametrize("name", ["sync", "async"])
def test_pooled_figures_are_those_of_the_raw_points(
    sharded: tuple[list[Run], list[KnownService], Raw], name: str
) -> None:
    runs, _, points = sharded
    result = runs[0].result(name)
    jsonschema.validate(result, msgspec.json.schema(Result))
    assert [run.status for run in runs] == [0] * MANY
    raw = named(points, combination=name, phase="measured")
    assert len(raw) == result["requests"] > 300
    assert result["latency_ms"]["avg"] == pytest.approx(np.mean(raw), rel=1e-3)
    assert [result["quantiles"][str(place)] for place in PLACES] == pytest.approx(np.percentile(raw, PLACES), rel=0.01)
    parts = [({"route": route}, part) for route, part in result["routes"].items()]
    for tags, part in [*parts, *(({"slice": str(at)}, part) for at, part in enumerate(result["timeline"]))]:
        own = named(points, combination=name, phase="measured", **tags)
        assert part["requests"] == len(own)
        assert part["latency_ms"]["p50"] == pytest.approx(np.median(own), rel=0.01)


def test_shards_are_compared_like_any_results(sharded: tuple[list[Run], list[KnownService], Raw]) -> None:
    folder = sharded[0][0].folder
    assert len(list((folder / SHARDS).iterdir())) == 2 * MANY
    comparison = compare(read_rounds(folder))
    assert set(comparison.combinations) == {"sync", "async"}
    assert comparison.pairs == {"async uncached": ("sync", "async")}


def changed_ids(service: KnownService, visitors: int) -> dict[int, list[int]]:
    """Of each visitor, the products that it has changed, in their order."""
    found = defaultdict(list)
    for line in service.requests:
        if match := re.fullmatch(r"PATCH /api/products/(\d+)", line):
            found[(int(match[1]) - 1) % visitors].append(int(match[1]))
    return found


def test_the_visitors_of_shards_are_those_of_a_whole_load(tmp_path: Path) -> None:
    changes = []
    for of in (1, 3):
        folder = tmp_path / str(of)
        folder.mkdir()
        with KnownService("sync", 0.001) as service:
            services = str(combinations_file(folder, [service]))
            load = LOAD | {"DURATION": "2", "MIX": "update_product=1", "COMBINATIONS": services}
            run_k6(folder, LOADTESTS.parent, **load) if of == 1 else run_shards(folder, of, **load)
        changes.append(changed_ids(service, int(load["VUS"])))
    whole, parts = changes
    assert sorted(whole) == sorted(parts) == list(range(10))
    for visitor, ids in whole.items():
        both = min(len(ids), len(parts[visitor]))
        assert both > 10
        assert ids[:both] == parts[visitor][:both]


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["--execution-segment", "0:1/2"], {}, "add --execution-segment-sequence="),
        (segment(2), {"VUS": "3"}, "4 segments cannot share 3 visitors"),
        (segment(2), {"TURNS": "2", "VISITORS": "3"}, "4 segments cannot share 3 visitors"),
        (segment(2), {"TURNS": "2"}, "TURNS=2 cannot be shared"),
    ],
)
def test_a_part_that_cannot_be_added_up_is_refused_before_it_begins(
    tmp_path: Path, words: list[str], variables: dict[str, str], said: str
) -> None:
    with KnownService("sync") as sync, KnownService("async") as other:
        path = combinations_file(tmp_path, [sync, other])
        run = run_k6(tmp_path, LOADTESTS.parent, words, **{**LOAD, **variables}, COMBINATIONS=str(path))
    (line,) = run.log.splitlines()
    assert said in line
    assert (run.status, run.files, sync.requests) == (ABORTED, [], [])


def test_shards_go_to_the_output_where_there_is_no_folder(tmp_path: Path) -> None:
    load = {"SHARDS": "stdout", "RESULTS": "/nowhere", "WARM_UP": "0.2", "DURATION": "1"}
    with KnownService("sync", 0.002) as service:
        services = str(combinations_file(tmp_path, [service]))
        runs = run_shards(tmp_path, 2, **load, COMBINATIONS=services)
    assert [run.files for run in runs] == [[], []]
    for number, run in enumerate(runs, 1):
        (tmp_path / f"runner-{number}.log").write_text(run.log + run.printed)
        (line,) = [line for line in run.printed.splitlines() if line.startswith("MATRIX-SHARD ")]
        assert len(line) < 120_000
    pool_folder(tmp_path)
    assert runs[0].files == ["sync.json"]
    assert runs[0].result("sync")["generators"] == 2


def _some_missing(path: str, answer: Answer) -> None:
    if path.startswith("/api/products/1"):
        answer.status = 500


def test_each_shard_has_a_word_for_what_goes_wrong(tmp_path: Path) -> None:
    with KnownService("sync", 0.001, spoil=_some_missing) as service:
        services = str(combinations_file(tmp_path, [service]))
        runs = run_shards(tmp_path, 2, COMBINATIONS=services, MIX="product=1", DURATION="1")
    assert all("sync: GET /api/products/1" in run.log for run in runs)
    pool_folder(tmp_path)
    result = runs[0].result("sync")
    assert result["failures"]["status"] == result["failed"] > 0
