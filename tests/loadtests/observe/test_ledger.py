"""The ledger has the settings and versions of a running cell, and detects changes at run time."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from compose.local.stack import Stack
from loadtests.analysis.fairness import differences, unexplained
from loadtests.cli.main import main
from loadtests.observe.ledger import ENVIRONMENT, changes, changes_over_cell, read_ledger
from loadtests.runner import matrix
from loadtests.schema.result import Varies
from loadtests.schema.run import Ledger
from loadtests.targets.local import LocalTarget
from shared.service.settings import Settings
from tests.support import changed_twin
from tests.support.own_services import workers
from tests.support.stacks import COMBINATIONS, target_of

pytestmark = pytest.mark.usefixtures("servers")

AXES = {name: Varies(name.partition("-")[0], name.endswith("-cached")) for name in COMBINATIONS}
ON_BOTH = {
    "workers": "2",
    "requests at once in a process": "32",
    "database connections": "32",
    "TLS of database connections": "none",
    "session autocommit": "ON",
    "keep-alive time, s": "75",
    "backlog": "256",
    "grace time, s": "10",
    "access log": "None",
    "JSON encoder": "msgspec.json.Encoder",
    "Redis connections": "64",
    "Redis client's resp": "2",
    "rows of the seed": "2000 products, 5000 customers, 20 categories",
}
# Server features that we switch off, and uvloop.
EXPECTED = {
    "sync-cached": ON_BOTH
    | {
        "server": "gunicorn",
        "event loop": "threading.Thread",
        "requests before a worker is replaced": "0",
        "control socket off": "True",
        "place of the heartbeat file": "/dev/shm",  # noqa: S108
    },
    "async-cached": ON_BOTH
    | {
        "server": "hypercorn",
        "worker": "asyncio",
        "event loop": "asyncio.unix_events._UnixSelectorEventLoop",
        "requests before a connection is closed": str(sys.maxsize),
    },
}
# They identify the service and its servers.
ADDRESSES = {
    *("COMBINATION", "BIND", "DATABASE_URL", "DATABASE_PASSWORD_FILE", "DATABASE_CA_FILE"),
    *("CACHE_URL", "CACHE_PASSWORD_FILE", "CACHE_CA_FILE", "CACHE_PREFIX"),
}
DRIVERS = {"sync-cached": "library pymysql", "async-cached": "library aiomysql"}


@pytest.fixture(scope="module")
def target(stack: Stack) -> Iterator[LocalTarget]:
    found = LocalTarget(stack)
    # As before a cell: earlier tests have closed connections, and a pool opens new ones only when needed.
    for name in COMBINATIONS:
        found.prepare([name], restore=False)
    yield found
    found.close()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_ledger_has_the_settings_of_the_running_cell(target: LocalTarget, name: str) -> None:
    ledger = read_ledger(target, name)
    assert {entry: ledger.get(entry) for entry in EXPECTED[name]} == EXPECTED[name]
    assert ledger[DRIVERS[name]]
    assert "library uvloop" not in ledger
    assert ledger["Python"].startswith("CPython 3.")
    assert "MariaDB" in ledger["database"] or "MySQL" in ledger["database"]


@pytest.mark.parametrize("name", EXPECTED)
def test_no_ledger_is_read_before_the_last_worker_has_opened_its_connections(
    stack: Stack, target: LocalTarget, name: str
) -> None:
    service = stack.service(name)
    program = service.program
    service.program = [changed_twin.PROGRAM, "slow_worker", name.partition("-")[0], "2"]
    try:
        target.prepare([name], restore=False)
        ledger = read_ledger(target, name)
    finally:
        service.program = program
        service.restart()
    connections = {entry: ON_BOTH[entry] for entry in ("workers", "database connections", "Redis connections")}
    assert {entry: ledger[entry] for entry in connections} == connections


def test_every_setting_of_a_service_is_in_the_ledger() -> None:
    settings = {name.upper() for name in Settings.__struct_fields__}
    assert settings - ADDRESSES <= set(ENVIRONMENT)


def test_every_difference_between_the_combinations_has_a_reason(target: LocalTarget) -> None:
    found = differences({name: read_ledger(target, name) for name in COMBINATIONS}, AXES)
    assert unexplained(found) == []
    assert {"server", "event loop", "cursor"} <= {difference.entry for difference in found}


@contextmanager
def global_variable(stack: Stack) -> Iterator[None]:
    with closing(stack.admin()) as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        try:
            yield
        finally:
            cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")


@contextmanager
def affinity(stack: Stack) -> Iterator[None]:
    pid = workers(stack.service("async"), stack)[0].pid
    before = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, os.sched_getaffinity(0) if len(before) == 1 else {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(pid, before)


@contextmanager
def keep_alive(stack: Stack) -> Iterator[None]:
    stack.service("async").restart({"KEEP_ALIVE": "5"})
    try:
        yield
    finally:
        stack.service("async").restart()


@contextmanager
def eviction(stack: Stack) -> Iterator[None]:
    client = LocalTarget(stack).redis()
    client.config_set("maxmemory-policy", "noeviction")
    try:
        yield
    finally:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.close()


Change = Callable[[Stack], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        (global_variable, "database's innodb_flush_log_at_trx_commit"),
        (affinity, "CPU affinity of service"),
        (keep_alive, "keep-alive time, s"),
        (eviction, "Redis' maxmemory-policy"),
    ],
)
def test_a_value_changed_at_run_time_is_detected(stack: Stack, target: LocalTarget, change: Change, entry: str) -> None:
    before = read_ledger(target, "async")
    with change(stack):
        after = read_ledger(target, "async")
    changed = {one.entry: (one.before, one.after) for one in changes(before, after)}
    assert entry in changed
    assert changed[entry] == (before[entry], after[entry])
    assert before[entry] != after[entry]


def test_twins_that_differ_without_a_reason_stop_the_run_before_it_measures(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(matrix, "TARGETS", {"local": target_of(stack)})
    words = ["--profile", "smoke", "--results", str(tmp_path), "--combinations", "sync,async"]
    with keep_alive(stack):
        assert main(["run", *words, "--port-base", str(stack.options.port_base)]) == 1
    said = capsys.readouterr().err
    assert re.search("keep-alive time, s: sync .*75, async .*5", said)
    assert list(tmp_path.iterdir()) == []


def differing(**values: str) -> list[str]:
    ledgers: dict[str, Ledger] = {name.replace("_", "-"): {"library redis": value} for name, value in values.items()}
    return unexplained(differences(ledgers, AXES))


def test_a_reason_counts_only_for_the_difference_it_was_written_for() -> None:
    assert differing(sync="8", async_cached="9") == []
    assert differing(sync="8", sync_cached="9") == ["library redis: sync has 8, sync-cached has 9"]
    assert "async-cached has 9" in differing(sync="8", sync_cached="8", **{"async": "8"}, async_cached="9")[0]


@pytest.mark.parametrize(
    ("entry", "found"),
    [("database connections", []), ("backlog", ["backlog: sync has 16, naive-sync has 0, naive-async has 1"])],
)
def test_naive_code_connects_as_it_likes_behind_the_same_server(entry: str, found: list[str]) -> None:
    axes = {
        "sync": Varies("sync", cache=False),
        "naive-sync": Varies("sync", cache=False, code="naive"),
        "naive-async": Varies("async", cache=False, code="naive"),
    }
    ledgers: dict[str, Ledger] = {"sync": {entry: "16"}, "naive-sync": {entry: "0"}, "naive-async": {entry: "1"}}
    assert unexplained(differences(ledgers, axes)) == found


@pytest.mark.parametrize(("fresh", "found"), [(True, ["database connections", "isolation"]), (False, ["isolation"])])
def test_connections_that_an_earlier_load_closed_are_a_change_of_fresh_processes_only(
    fresh: bool, found: list[str]
) -> None:
    expected = {"database connections": "16", "isolation": "READ-COMMITTED"}
    now = {"database connections": "15", "isolation": "SERIALIZABLE"}
    assert [change.entry for change in changes_over_cell(expected, now, now, fresh)] == found
