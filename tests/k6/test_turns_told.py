"""What a head to head says of wrong answers, of writes and of one service alone: nothing here depends on a speed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.verdict.comparison import compare
from tests.support.at_once import at_once
from tests.support.k6_runs import ANNOUNCED, FAILED_RUN, MEASURED, TURNS_ALONE, Run, measure
from tests.support.known_service import Answer, KnownService

pytestmark = pytest.mark.usefixtures("k6")


def test_writes_take_turns_last_and_the_end_counts_orders(tmp_path: Path) -> None:
    with KnownService("sync", 0.002) as sync, KnownService("async", 0.002) as other:
        run = measure(tmp_path, sync, other, TURNS="2", MIX="create_order=1,product=1")
    assert run.status == 0, run.log
    made = sum(line == "POST /api/orders" for service in (sync, other) for line in service.requests)
    assert f"{made} orders were made" in run.printed
    phases = [(name, int(begins)) for name, begins, _ in ANNOUNCED.findall(run.log)]
    assert [name for name, _ in phases] == ["product", "product_alone", "create_order"]
    assert phases[-1][1] > max(int(since) for _, since in MEASURED.findall(run.log))
    assert run.result("sync")["weights"] == {"create_order": 1, "product": 1}


def _status(answer: Answer) -> None:
    answer.status = 500


def _sender(answer: Answer) -> None:
    answer.headers["X-Combination"] = "another"


def _cut(answer: Answer) -> None:
    answer.cut, answer.promised = 1, True


SPOILERS = {"another status": _status, "another sender": _sender, "an answer cut short": _cut}


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A head to head for each way to spoil a service, all at once: nothing here is measured."""

    def run(spoil: Callable[[Answer], None], folder: Path) -> Run:
        def some(path: str, answer: Answer) -> None:
            if path.startswith("/api/products/"):
                spoil(answer)

        with KnownService("sync", 0.005) as good, KnownService("async", 0.005, spoil=some) as bad:
            return measure(folder, good, bad, TURNS="2", MIX="product=1,dashboard=1", **TURNS_ALONE)

    calls = [partial(run, spoil, tmp_path_factory.mktemp("spoilt")) for spoil in SPOILERS.values()]
    return dict(zip(SPOILERS, at_once(calls), strict=True))


@pytest.mark.parametrize("way", SPOILERS)
def test_a_batch_with_a_wrong_answer_is_void_with_its_reason(spoilt: dict[str, Run], way: str) -> None:
    run = spoilt[way]
    assert run.status == FAILED_RUN
    assert "async in its turn: GET /api/products/" in run.log
    void = [batch["void"] for batch in run.result("async")["turns"]["product"]]
    assert any(void)
    assert not any(batch["failed"] for batch in run.result("sync")["turns"]["product"])
    assert not any(batch["failed"] for batch in run.result("async")["turns"]["dashboard"])
    comparison = compare(read_rounds(run.folder))
    assert comparison.turns is not None
    assert {(batch.combination, batch.phase) for batch in comparison.turns.void if "failed" in batch.reason} == {
        ("async", "product"), ("async", "product_alone"),
    }  # fmt: skip
    assert "Void: " in run.printed


def test_one_service_alone_takes_no_turns(tmp_path: Path) -> None:
    with KnownService("sync", 0.001) as service:
        run = measure(tmp_path, service)
    result = run.result("sync")
    assert (result["turns"], result["head_to_head"], result["weights"]) == ({}, {}, {})
    assert "turns of" not in run.log
