"""Files that contradict themselves, and sets that cannot be one run, are refused with the file's name."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from loadtests.analysis.contradictions import RELATIONS
from loadtests.cli.main import main
from loadtests.schema.exit_status import UNUSABLE_INPUT
from loadtests.schema.turns import BATCHES
from tests.support.simulated_results import Document, write_run
from tests.support.simulated_turns import turned

Corrupt: TypeAlias = Callable[[Document], Any]
VICTIM = "async.round-2.json"
CACHED = "sync-cached.round-2.json"
TOMORROW = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path)


def change(path: Path, corrupt: Corrupt) -> None:
    content = json.loads(path.read_text())
    corrupt(content)
    path.write_text(json.dumps(content))


def put(*keys: str | int, value: Any) -> Corrupt:
    """Puts a value at a place of a document."""

    def corrupt(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return corrupt


def refused(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Returns the only line, which names the file."""
    assert main(["compare", str(folder)]) == UNUSABLE_INPUT
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert name in printed.err
    return printed.err


def test_a_good_set_is_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(folder)]) == 0
    assert "planned" not in capsys.readouterr().out


def _turns(batches: int = BATCHES, requests: int = 1000, seed: int = 1) -> Document:
    """The turns of one service, complete by default."""
    turned_file = next(turned(seed=seed))
    phase = turned_file["head_to_head"]["product"] | {"requests": requests}
    return {"turns": {"product": turned_file["turns"]["product"][:batches]}, "head_to_head": {"product": phase}}


def test_a_file_with_turns_that_add_up_is_compared(folder: Path) -> None:
    for path in folder.glob("*.round-*.json"):
        change(path, lambda content: content.update(_turns(seed=content["round"])))
    assert main(["compare", str(folder)]) in (0, 5)


CONTRADICTIONS: list[tuple[str, str, Corrupt]] = [
    ("time", VICTIM, put("started_at", value="zebra")),
    ("time", VICTIM, put("started_at", value="2026-11-20T10:02:00")),
    ("time", VICTIM, put("started_at", value="unknown")),
    ("time", VICTIM, put("started_at", value=TOMORROW)),
    ("throughput", VICTIM, put("throughput_rps", value=900.0)),
    ("throughput", VICTIM, put("throughput_rps", value=0.0)),
    ("counts", VICTIM, put("failed", value=10_000)),
    ("counts", VICTIM, put("cache", "off", value=10_000)),
    ("failures", VICTIM, put("failures", "status", value=1)),
    ("failures", VICTIM, put("failures", "body", value=1)),
    ("routes", VICTIM, put("routes", "products", "requests", value=1)),
    ("routes", VICTIM, put("routes", "products", "failed", value=1)),
    ("timeline", VICTIM, put("timeline", 3, "requests", value=0)),
    ("timeline", VICTIM, put("timeline", 3, "failed", value=1)),
    ("timeline", VICTIM, put("timeline", 3, "duration_s", value=5.0)),
    ("latency", VICTIM, put("latency_ms", "min", value=1e6)),
    ("latency", VICTIM, put("latency_ms", "avg", value=1e6)),
    ("latency", VICTIM, put("latency_ms", "p90", value=1e6)),
    ("latency", VICTIM, put("routes", "products", "latency_ms", "p50", value=1e6)),
    ("latency", VICTIM, put("timeline", 5, "latency_ms", "p50", value=1e6)),
    ("percentiles", VICTIM, put("percentiles", "p10", value=1e6)),
    ("percentiles", VICTIM, put("percentiles", "p95", value=1.0)),
    ("percentiles", VICTIM, put("quantiles", value={"0": 1.0, "99.9": 2.0, "50": 3.0, "100": 4.0})),
    ("turns", VICTIM, put("turns", value={"product": []})),
    ("turns", VICTIM, lambda content: content.update(_turns(batches=9))),
    ("turns", VICTIM, lambda content: content.update(_turns(requests=1))),
    ("cache", VICTIM, put("cache", value={"hit": 100})),
    ("cache", CACHED, put("cache", value={"off": 100})),
]


@pytest.mark.parametrize(("relation", "name", "corrupt"), CONTRADICTIONS)
def test_a_file_that_contradicts_itself_is_refused(
    folder: Path, relation: str, name: str, corrupt: Corrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder / name, corrupt)
    assert f"contradicts itself: {relation}: " in refused(folder, name, capsys)


def test_every_relation_is_corrupted_once() -> None:
    assert {relation for relation, _, _ in CONTRADICTIONS} == {relation.name for relation in RELATIONS}


OTHER_RUN: list[Corrupt] = [
    put("run_id", value="ffff"),
    put("k6", "version", value="2.0.0"),
    put("host", "cores", value=64),
    put("commit", value="decade"),
    put("versions", "flask", value="2.0.0"),
    put("profile", value="origin"),
    put("vus", value=49),
    put("think_time_s", value=0.5),
    put("think", value="fixed"),
    put("warm_up_s", value=9.0),
    put("mix", value={"products": 1.0}),
    put("started_at", value="2019-11-20T10:02:00Z"),
    put("ledger_sha256", value="0" * 64),
    put("server", "limits", "workers", value=4.0),
    put("combination", value="sync"),
    put("round", value=3),
]


@pytest.mark.parametrize("corrupt", OTHER_RUN)
def test_a_file_of_another_run_is_refused(folder: Path, corrupt: Corrupt, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder / VICTIM, corrupt)
    refused(folder, VICTIM, capsys)


@pytest.mark.parametrize("corrupt", OTHER_RUN[:11])
def test_a_file_of_another_run_is_also_refused_without_a_description(
    folder: Path, corrupt: Corrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "run.json").unlink()
    change(folder / VICTIM, corrupt)
    refused(folder, VICTIM, capsys)


def test_a_round_copied_under_another_number_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(folder / "async.round-1.json", folder / VICTIM)
    change(folder / VICTIM, put("round", value=2))
    assert "copy" in refused(folder, VICTIM, capsys)


def test_a_copy_with_another_time_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(folder / "async.round-1.json", folder / VICTIM)
    change(folder / VICTIM, lambda content: content.update(round=2, started_at="2026-11-20T10:02:30Z"))
    assert "copy" in refused(folder, VICTIM, capsys)


def test_two_swapped_files_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, other in (("sync", "held"), ("async", "sync"), ("held", "async")):
        (folder / f"{name}.round-2.json").rename(folder / f"{other}.round-2.json")
    refused(folder, VICTIM, capsys)


@pytest.mark.parametrize(
    "corrupt",
    [
        put("run_id", value="ffff"),
        put("profile", value="origin"),
        put("combinations", value=["sync", "async"]),
        put("rounds", value=2),
        put("commit", value="decade"),
        put("host", "cpu", value="two"),
        put("versions", value={"k6": "2.0.0"}),
        put("started_at", value="2026-11-20T10:03:30Z"),
        put("started_at", value="zebra"),
        put("load", "VUS", value="10"),
        put("load", "MIX", value="zebra"),
        put("load", "DURATION", value="2m"),
        put("ledger", "async", "variable POOL", value="64"),
        put("ledger", "async", "library flask", value="1.0"),
    ],
)
def test_a_description_of_another_run_and_an_edited_one_are_refused(
    folder: Path, corrupt: Corrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder / "run.json", corrupt)
    refused(folder, "run.json", capsys)


def test_an_edited_ledger_of_older_files_shows_in_its_versions_and_workers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.glob("*.round-*.json"):
        change(path, put("ledger_sha256", value=None))
    assert main(["compare", str(folder)]) == 0
    capsys.readouterr()
    for entry, value in (("library flask", "1.0"), ("workers", "4")):
        before = (folder / "run.json").read_text()
        change(folder / "run.json", put("ledger", "async", entry, value=value))
        refused(folder, "run.json", capsys)
        (folder / "run.json").write_text(before)


@pytest.mark.parametrize(
    ("described", "missing", "words"),
    [
        ({"finished": False}, ["async.round-4.json", "sync.round-4.json"], "not finished"),
        ({"rounds": 8}, [], "4 of 8 planned starts"),
    ],
)
def test_an_incomplete_run_is_reported_before_anything_else(
    folder: Path, described: Document, missing: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder / "run.json", lambda content: content.update(described))
    for name in missing:
        (folder / name).unlink()
    assert main(["compare", str(folder)]) == 0
    first = capsys.readouterr().out.partition(".")[0]
    assert words in " ".join(first.split())
    assert main(["compare", str(folder), "--json"]) == 0
    assert words in json.loads(capsys.readouterr().out)["shortfall"]
    beside = ["--html", str(folder / "two.html"), "--beside", str(folder)]
    assert main(["compare", str(folder), "--report", *beside]) == 0
    memo, page, two = ((folder / name).read_text() for name in ("report.md", "report.html", "two.html"))
    assert words in memo.partition("## 1.")[0]
    assert [words in text for text in page.split('class="answer"')] == [True, False]
    assert [words in text for text in two.split('class="answer"')] == [True, True, False]


@pytest.mark.parametrize(
    ("corrupt", "rule"),
    [
        (lambda content: _fails(content, "failed", "status"), "failed requests"),
        (lambda content: _fails(content, "failed", "redirect"), "redirect"),
        (lambda content: _fails(content, "checks_failed", "body"), "wrong answers"),
        (lambda content: content.update(dropped_iterations=3), "dropped iterations"),
    ],
)
def test_failures_that_happen_in_real_runs_are_void_and_not_refused(
    folder: Path, corrupt: Corrupt, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(folder / VICTIM, corrupt)
    assert main(["compare", str(folder), "--json"]) == 0
    assert [cell["rule"] for cell in json.loads(capsys.readouterr().out)["void"]] == [rule]


def _fails(content: Document, count: str, kind: str) -> None:
    content[count] = content["failures"][kind] = content["routes"]["products"][count] = 1
    if count == "failed":
        content["timeline"][0]["failed"] = 1


@pytest.mark.parametrize(
    ("cache", "cached"), [({"off": 40}, True), ({"hit": 40}, False), ({"stale": 1, "miss": 39}, False)]
)
def test_a_users_cache_that_contradicts_varies_is_reported(
    folder: Path, cache: Document, cached: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "run.json").unlink()
    for path in folder.glob("*.round-*.json"):
        content = json.loads(path.read_text())
        mine = f"my-{content['combination']}"
        content |= {"combination": mine, "varies": {"stack": mine, "cache": cached}, "cache": cache}
        path.unlink()
        (folder / f"my-{path.name}").write_text(json.dumps(content))
    assert main(["compare", str(folder), "--json"]) == 4
    assert {cell["rule"] for cell in json.loads(capsys.readouterr().out)["void"]} == {"unlike its cache"}


HOSTILE = {
    "brackets": b"[" * 200_000,
    "closed brackets": b'{"schema": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "huge": b'{"schema": 1, "latency_ms": {"avg": 1e308}}',
    "tiny": b'{"schema": 1, "latency_ms": {"avg": 1e-320}}',
    "nan": b'{"schema": NaN}',
    "infinite": b'{"schema": Infinity}',
    "beyond a float": b'{"schema": 1e400}',
    "digits": b'{"schema": ' + b"9" * 100_000 + b"}",
    "long integer": b'{"schema": 1, "round": 99999999999999999999999}',
    "spaces": b" " * 100_000_000,
    "half a pair": b'{"schema": "\\ud800"}',
    "nul": b"\0",
}


@pytest.mark.parametrize("name", [VICTIM, "run.json"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gives_one_line(folder: Path, kind: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / name).write_bytes(HOSTILE[kind])
    refused(folder, name, capsys)


@pytest.mark.parametrize("value", [1e308, 1e-320, 1e21, -1.0, 10**18, 1e-9])
@pytest.mark.parametrize("where", [("latency_ms",), ("routes", "products", "latency_ms")])
def test_a_figure_out_of_range_is_refused_or_gives_finite_ratios(
    folder: Path, value: float, where: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    def corrupt(content: Document) -> None:
        for part in ("percentiles", "timeline"):
            del content[part]
        put(*where, value=dict.fromkeys(content["latency_ms"], value))(content)

    change(folder / VICTIM, corrupt)
    status = main(["compare", str(folder)])
    printed = capsys.readouterr()
    assert status in (0, UNUSABLE_INPUT)
    assert printed.err.count("\n") == (status == UNUSABLE_INPUT)
    assert not {"nan", "inf", "Traceback"} & set(printed.out.split())


def test_files_of_manual_runs_belong_to_one_run_within_a_round(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path)
    (tmp_path / "run.json").unlink()
    for path in tmp_path.glob("*.round-*.json"):
        change(path, lambda content: content.update(run_id=f"by-hand-{content['round']}"))
    assert main(["compare", str(tmp_path)]) == 0
    capsys.readouterr()
    change(tmp_path / VICTIM, put("run_id", value="another"))
    refused(tmp_path, VICTIM, capsys)
