"""Cells of a sweep over the real stack: what they vary, their ledgers, and when they are void."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compose.local.ports import taken
from compose.local.stack import Stack
from loadtests.cli.main import main
from loadtests.runner.environment import describe_checkout
from loadtests.runner.ledgers import describe_study
from loadtests.schema.result import Result
from loadtests.schema.sweep import Document
from loadtests.studies.sweep import command as measuring
from loadtests.studies.sweep import target as sweeping
from loadtests.studies.sweep.cell import cell_of
from loadtests.studies.sweep.factors import CENTRE_NAME, Point, settings_of
from loadtests.studies.sweep.ledgers import elsewhere, read_settings
from loadtests.studies.sweep.run import SweepRun
from loadtests.studies.sweep.target import SweepTarget, sweep_target
from tests.support.command_line import read_sweep
from tests.support.simulated_results import document, server
from tests.support.sweep_cells import EVERY

pytestmark = pytest.mark.usefixtures("servers", "k6")

COLD, FAR, POOL = Point("hit_ratio", 0.5), Point("database_ms", 100), Point("connections", 4)


@pytest.mark.parametrize(
    ("changes", "side", "reason"),
    [
        ({}, {"ledger_changes": [{"entry": "isolation", "before": "1", "after": "2"}]}, "isolation was 1, then 2"),
        ({}, {"counters": {"cache_events_total{event=refused}": 2}}, "Redis was bypassed or refused 2 times"),
        ({"failed": 1}, {}, "1 of 360 requests had another status or no answer"),
        ({"requests": 0}, {}, "no request was finished in 8 s"),
        ({}, {}, ""),
    ],
)
def test_a_cell_that_breaks_a_rule_is_void(changes: dict[str, Any], side: dict[str, Any], reason: str) -> None:
    content = document("sync-cached", **changes, server={**server(20), **side})
    found = cell_of(msgspec.convert(content, Result), 1, 1, COLD)
    assert found.void == ([reason] if reason else [])


def test_services_that_are_started_alike_have_one_ledger() -> None:
    settings = settings_of(EVERY)
    assert next(iter(settings.values())).factor == CENTRE_NAME
    assert len(settings) == 1 + 4 + 3 + 1
    assert COLD.setting == Point(CENTRE_NAME, 0).setting
    assert FAR.setting == "POOL=16 IN_FLIGHT=32 behind the proxy"


@pytest.fixture
def target(stack: Stack) -> Iterator[SweepTarget]:
    """The shared stack as a sweep uses it: one service up at a time; afterwards all are up again."""
    try:
        with sweep_target(stack) as target:
            yield target
    finally:
        for service in stack.services.values():
            service.restart()


@pytest.mark.alone
def test_points_are_measured_over_the_real_stack_with_what_they_vary(
    stack: Stack, target: SweepTarget, tmp_path: Path
) -> None:
    words = ["--factors", "database_ms,hit_ratio", "--combinations", "sync-cached", "--minutes", "2"]
    asked, plan = read_sweep(*words, "--port-base", str(stack.options.port_base))
    asked = asked._replace(passes=1, measured_s=1.0)
    chosen = [(1, point, "sync-cached") for point in (COLD, FAR, POOL)]
    said: list[str] = []
    ledgers = read_settings(target, plan, {point.setting: point for _, point, _ in chosen}, said.append)
    run = describe_study(target, plan, next(iter(ledgers.values())))
    sweep = SweepRun(asked, plan, tmp_path, run, chosen, ledgers).measure(target)
    cold, far, pool = sweep.cells
    assert [one.failed for one in sweep.cells] == [0, 0, 0]
    assert [reason for one in sweep.cells for reason in one.void if ", then " in reason] == []
    assert elsewhere(ledgers)[POOL.setting]["sync-cached"]["variable POOL"] == "4"
    assert ledgers[POOL.setting]["sync-cached"]["workers"] == str(stack.options.workers)
    assert "  variable POOL: 4" in said
    assert far.injected == ["database 100 ms away, by a proxy"]
    assert (far.latency_ms["max"] or 0) > 100
    assert cold.hit_ratio == pytest.approx(0.5, abs=0.1)
    assert cold.injected == []
    assert pool.settings["connections"] == 4
    assert sweep.run.items() >= describe_checkout().items()
    assert msgspec.json.decode((tmp_path / "sweep.json").read_bytes(), type=Document) == sweep
    up = [name for name, service in stack.services.items() if taken(service.port)]
    assert up == ["sync-cached"]


def test_twins_that_differ_at_one_setting_stop_the_sweep_before_it_measures(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Uneven(SweepTarget):
        def environment(self, name: str) -> dict[str, str]:
            given = super().environment(name)
            return given | ({"KEEP_ALIVE": "5"} if (name, given["POOL"]) == ("async", "4") else {})

    monkeypatch.setattr(measuring, "Stack", lambda _: nullcontext(stack))
    monkeypatch.setattr(sweeping, "SweepTarget", Uneven)
    words = ["--factors", "connections", "--combinations", "sync,async", "--results", str(tmp_path)]
    try:
        assert main(["sweep", *words, "--port-base", str(stack.options.port_base)]) == 1
    finally:
        for service in stack.services.values():
            service.restart()
    said = capsys.readouterr().err
    assert "not a fair comparison, nothing was measured: keep-alive time, s: sync has 75, async has 5" in said
    assert "ledger with POOL=4 IN_FLIGHT=32, where it is another" in said
    assert list(tmp_path.iterdir()) == []
