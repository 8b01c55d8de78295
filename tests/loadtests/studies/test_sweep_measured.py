"""Points of a sweep on the real stack: their settings and ledgers."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from compose.local.stack import Stack
from loadtests.cli.main import main
from loadtests.observe.ledger import read_ledger
from loadtests.runner.environment import describe_checkout
from loadtests.schema.result import Result
from loadtests.schema.sweep import Document
from loadtests.studies.sweep import command as measuring
from loadtests.studies.sweep import run as measured
from loadtests.studies.sweep.factors import Point
from loadtests.studies.sweep.run import SweepRun, SweepTarget, sweep_target
from tests.support.cells import restart
from tests.support.command_line import read_sweep

pytestmark = pytest.mark.usefixtures("servers", "k6")

FAR, COLD = Point(database_ms=100), Point(concurrency=2, hit_ratio=0.5, connections=4)
NAMES = ["sync-cached", "async-cached"]


@pytest.fixture
def target(stack: Stack) -> Iterator[SweepTarget]:
    """The shared stack as the target of a sweep; afterwards its services are reset."""
    try:
        with sweep_target(stack) as target:
            yield target
    finally:
        restart(stack, stack.services)


@pytest.mark.timed
def test_points_are_measured_on_the_real_stack_with_their_settings(
    stack: Stack, target: SweepTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "WARM_UP", {True: "80", False: "40"})
    words = ["--combinations", ",".join(NAMES), "--port-base", str(stack.options.port_base)]
    asked, plan = read_sweep(*words)
    run = SweepRun(asked._replace(turns_s=3.0), plan, tmp_path, target)
    sweep = run.measure({point.setting: [point] for point in (FAR, COLD)})
    far, cold = sweep.points
    assert [set(point.services) for point in sweep.points] == [set(NAMES)] * 2
    assert all(service.requests for point in sweep.points for service in point.services.values())
    for service in far.services.values():
        assert (service.latency_ms.max or 0) > 100
    assert {service.visitors for service in cold.services.values()} == {2}
    assert cold.hit_ratio == pytest.approx(0.5, abs=0.1)
    results = [msgspec.json.decode(path.read_bytes(), type=Result) for path in tmp_path.glob("*.round-1.json")]
    assert all("100 ms" in injected for each in results for injected in each.injected)
    assert [len(each.injected) for each in results] == [1, 1]
    assert {result.combination: list(result.turns) for result in results} == {name: ["page"] for name in NAMES}
    elsewhere = sweep.run["ledger_elsewhere"][str(COLD.setting)]
    assert {ledger["variable POOL"] for ledger in elsewhere.values()} == {"4"}
    assert read_ledger(target, "sync-cached")["variable POOL"] == "4"
    assert sweep.run.items() >= describe_checkout().items()
    assert msgspec.json.decode((tmp_path / "sweep.json").read_bytes(), type=Document) == sweep


def test_twins_that_differ_in_a_setting_stop_the_sweep_before_measuring(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Uneven(SweepTarget):
        def environment(self, name: str) -> dict[str, str]:
            given = super().environment(name)
            return given | ({"KEEP_ALIVE": "5"} if (name, given["POOL"]) == ("async", "4") else {})

    monkeypatch.setattr(measuring, "Stack", lambda _: nullcontext(stack))
    monkeypatch.setattr(measured, "SweepTarget", Uneven)
    words = ["--factors", "connections", "--combinations", "sync,async", "--results", str(tmp_path)]
    try:
        assert main(["sweep", *words, "--port-base", str(stack.options.port_base)]) == 1
    finally:
        restart(stack, stack.services)
    said = capsys.readouterr().err
    assert re.search("keep-alive time, s: sync .*75, async .*5", said)
    assert list(tmp_path.iterdir()) == []
