"""The local stack while it runs: it matches the compose files and touches nothing else."""

import os
import pwd
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pymysql
import pytest
import redis

from compose.local import definition, permissions, placement, ports, programs
from compose.local.failures import UNUSABLE, StackError
from compose.local.options import StackOptions
from compose.local.ownership import FILE
from compose.local.stack import Stack
from tests.support.local_commands import Command, sandbox
from tests.support.stacks import stack_of

pytestmark = pytest.mark.usefixtures("servers")

# Options whose variable has another name, at least on one of the servers.
SPELLINGS = {
    "default-time-zone": ["time-zone"],
    "transaction-isolation": ["transaction-isolation", "tx-isolation"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    """With its own cores, even if other tests run at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("SERVICE_CPUS", "OTHER_CPUS"):
            patch.delenv(variable, raising=False)
        with stack_of(only=["sync", "async-cached"], workers=1) as stack:
            yield stack


def test_down_leaves_a_stack_that_is_in_use(running: Stack) -> None:
    with sandbox() as empty:
        (empty.path / running.directory.name).mkdir()
        owner = (running.directory / FILE).read_text()
        (empty.path / running.directory.name / FILE).write_text(owner)
        down = Command(empty, "down")
        assert down.status() == 0
        assert down.match("nothing to end")
    running.check()


def test_servers_that_already_run_are_not_touched(tmp_path: Path) -> None:
    port = ports.free()
    command = [programs.need("redis-server"), "--port", str(port), "--dir", str(tmp_path)]
    other = psutil.Popen([*command, "--save", "", "--bind", "127.0.0.1"], stdout=-3)
    try:
        with stack_of(only=()) as stack, redis.Redis(port=port) as client:
            client.set("mine", "kept")
            assert stack.cache_port != port
        with redis.Redis(port=port) as client:
            assert client.get("mine") == b"kept"
    finally:
        other.terminate()
        other.wait(10)


def test_the_database_runs_with_the_options_of_the_compose_file(running: Stack) -> None:
    with running.admin() as root, root.cursor() as cursor:
        cursor.execute("SHOW GLOBAL VARIABLES")
        found = {str(name).replace("_", "-"): str(value) for name, value in cursor.fetchall()}
    wanted = options(definition.read({}).database.command)
    for name, value in wanted.items():
        assert value in [found.get(spelling) for spelling in SPELLINGS.get(name, [name])], name
    assert found["log-bin"] == "OFF"
    assert found["bind-address"] == "127.0.0.1"


def test_the_cache_runs_with_the_options_of_the_compose_file(running: Stack) -> None:
    command = definition.read({}).cache.command
    with redis.Redis.from_url(running.cache_url, decode_responses=True) as client:
        found = client.config_get()
    assert found["maxmemory-policy"] == command[command.index("--maxmemory-policy") + 1]
    assert (found["save"], found["appendonly"], found["bind"]) == ("", "no", "127.0.0.1")


def test_every_program_runs_on_its_cores(running: Stack) -> None:
    cores = running.placement
    others = [running.database_pid, running.cache_pid]
    services = [service.pid for service in running.services.values()]
    assert {core for pid in others for core in threads_cores(pid)} == {cores.others}
    assert {core for pid in services for core in threads_cores(pid)} == {cores.services}


def test_a_machine_with_one_core_shares_it_and_prints_that() -> None:
    core = min(os.sched_getaffinity(0))
    with placement.pinned(frozenset({core})):
        placed = placement.place("0", "1")
    assert placed.services == placed.others == {core}
    assert "share" in str(placed)


def test_a_service_restarts_once_with_other_variables(running: Stack) -> None:
    service = running.service("sync")
    before = service.pid
    service.restart({"FANOUT": "serial", "POOL": "3"})
    changed = psutil.Process(service.pid).environ()
    assert (changed["FANOUT"], changed["POOL"]) == ("serial", "3")
    service.restart()
    assert service.pid != before
    assert psutil.Process(service.pid).environ()["POOL"] == "16"


def test_a_service_sees_no_variable_that_its_container_would_not(
    monkeypatch: pytest.MonkeyPatch, running: Stack
) -> None:
    monkeypatch.setenv("CACHE_PREFIX", "somebody-elses")
    running.service("sync").restart()
    assert "CACHE_PREFIX" not in psutil.Process(running.service("sync").pid).environ()


def test_a_program_that_dies_is_noticed(running: Stack) -> None:
    service = running.service("async-cached")
    os.kill(service.pid, signal.SIGKILL)
    with pytest.raises(StackError, match="exited with"):
        service.process.wait(lambda: False, 10)
    with pytest.raises(StackError, match="async-cached exited with status -9"):
        running.check()
    service.restart()
    running.check()


def test_root_connects_by_a_private_socket_and_not_by_tcp(running: Stack) -> None:
    socket_path = str(running.directory / "database" / "s")
    password = definition.read({}).secret("root")
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        pymysql.connect(unix_socket=socket_path, user="root", password="wrong")
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        pymysql.connect(host="127.0.0.1", port=running.database_port, user="root", password=password)


def test_redis_requires_its_password(running: Stack) -> None:
    with redis.Redis(port=running.cache_port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    seen = " ".join(psutil.Process(running.cache_pid).cmdline())
    assert str(urlsplit(running.cache_url).password) not in seen


def test_the_servers_are_never_root_and_have_no_group_of_ours(running: Stack) -> None:
    for pid in (running.database_pid, running.cache_pid):
        server = psutil.Process(pid)
        assert 0 not in {*server.uids(), *server.gids()}
        assert os.geteuid() != 0 or groups(pid) == []


def test_no_other_user_may_read_the_files_of_a_stack(running: Stack) -> None:
    for path in running.directory.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_that_servers_cannot_enter_is_refused_with_the_cure(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "stack").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(StackError, match="TMPDIR") as refused:
        permissions.must_be_reached(closed / "stack" / "database")
    assert refused.value.status == UNUSABLE


def test_a_server_user_is_used_by_nobody_else() -> None:
    user = permissions.server_user()
    assert (user is None) == (os.geteuid() != 0)
    assert user not in {entry.pw_uid for entry in pwd.getpwall()}


def test_a_log_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        permissions.open_log(tmp_path / "log").close()
    assert not (tmp_path / "elsewhere").exists()


def test_a_stack_that_was_not_started_says_so() -> None:
    with pytest.raises(StackError, match="was not started"):
        Stack(StackOptions(only=())).admin()


def groups(pid: int) -> list[str]:
    """The supplementary groups of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith("Groups:"))


def threads_cores(pid: int) -> set[frozenset[int]]:
    """The sets of cores that the threads of a process and of its children may run on."""
    parent = psutil.Process(pid)
    threads = [thread for process in (parent, *parent.children(recursive=True)) for thread in process.threads()]
    return {frozenset(os.sched_getaffinity(thread.id)) for thread in threads}


def options(command: tuple[str, ...]) -> dict[str, str]:
    """The plain `--name=value` options of a command, in the server's spelling of their values."""
    pairs = [word.removeprefix("--").split("=", 1) for word in command if "=" in word]
    plain = {name: value for name, value in pairs if not name.startswith("loose-")}
    return {name: str(512 * 2**20) if value == "512M" else value for name, value in plain.items()}
