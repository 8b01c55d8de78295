"""The local stack as a command: it starts, reports errors in one line, and leaves nothing behind."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from compose.local import programs
from compose.local.definition import CHECKOUT
from compose.local.failures import UNUSABLE, StackError
from compose.local.ownership import FILE, PREFIX, Owner
from tests.support.local_commands import Command, Sandbox, sandbox, up
from tests.support.stacks import free_base

pytestmark = pytest.mark.usefixtures("servers")

INTERRUPTED, TERMINATED = 130, 143
READY = "^Ctrl-C stops it"
UNSEEDED = {"SEEDED_DATA": ""}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with sandbox() as box:
        yield box


def test_up_prints_all_addresses_and_ctrl_c_leaves_nothing(box: Sandbox) -> None:
    command = up(box, "--only", "sync", **UNSEEDED).saw(READY)
    assert command.match(r"ready after [\d.]+ s: (MySQL|MariaDB) \d+\.\d+.*SCALE=1")
    assert command.match(r"sync +http://127\.0\.0\.1:\d+/api/products")
    assert len(box.left_behind()) >= 4
    assert command.send(signal.SIGINT).status() == 0
    assert box.left_behind() == []


@pytest.mark.parametrize(
    ("moment", "sent", "status"),
    [
        ("starting M", signal.SIGINT, INTERRUPTED),
        ("filling", signal.SIGTERM, TERMINATED),
        ("starting async-cached", signal.SIGINT, INTERRUPTED),
        ("starting async-cached", signal.SIGHUP, 129),
    ],
)
def test_an_interrupted_start_leaves_nothing(box: Sandbox, moment: str, sent: signal.Signals, status: int) -> None:
    command = up(box, "--only", "sync,async-cached", **(UNSEEDED if moment == "filling" else {})).saw(moment)
    assert command.send(sent).status() == status
    assert not command.match("Traceback")
    assert box.left_behind() == []


def test_down_ends_the_stack_that_up_started(box: Sandbox) -> None:
    command = up(box, "--only", "async").saw(READY)
    down = Command(box, "down")
    assert down.status() == 0
    assert down.match("ended the stack of process")
    assert command.status() == 0
    assert box.left_behind() == []


def test_down_removes_the_leftovers_of_a_killed_stack(box: Sandbox) -> None:
    up(box, "--only", "sync").saw(READY).kill()
    assert {"redis-server", Path(programs.need("mysqld", "mariadbd")).name, Path(sys.executable).name} <= set(
        box.left_behind()
    )
    down = Command(box, "down")
    assert down.status() == 0
    assert down.match("removed the leftovers of a killed stack")
    assert box.left_behind() == []


def test_down_follows_no_link_in_the_temporary_folder(box: Sandbox, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    gone = Owner(pid=2**22 + 1, started=0.0, checkout=str(CHECKOUT), foreground=True)
    (kept / FILE).write_text(json.dumps(asdict(gone)))
    (box.path / f"{PREFIX}link").symlink_to(kept)
    down = Command(box, "down")
    assert down.status() == 0
    assert down.match("nothing to end")
    assert (kept / FILE).exists()


def test_a_setting_that_a_service_refuses_is_named_before_anything_starts(box: Sandbox) -> None:
    command = up(box, "--only", "async", LOG_LEVEL="shouting")
    assert command.status() == UNUSABLE
    assert "LOG_LEVEL" in command.lines[0]
    assert len(command.lines) == 1
    assert box.left_behind() == []


def test_a_taken_port_gives_one_line_with_its_owner_and_the_cure(box: Sandbox) -> None:
    port = free_base() + 3
    with socket.create_server(("127.0.0.1", port)):
        command = up(box, PORT_BASE=str(port - 3))
        assert command.status() == UNUSABLE
    assert len(command.lines) == 1
    assert f"port {port} is taken by" in command.lines[0]
    assert f"(process {os.getpid()})" in command.lines[0]
    assert "PORT_BASE=" in command.lines[0]
    assert box.left_behind() == []


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["--only", "fast"], {}, "there is no combination 'fast'"),
        (["--scale", "0"], {}, "SCALE is 0"),
        ([], {"PORT_BASE": "65535"}, "PORT_BASE is 65535"),
        ([], {"WORKERS": "many"}, "WORKERS is many"),
        ([], {"SERVICE_CPUS": "fast ones"}, "SERVICE_CPUS=fast ones"),
        ([], {"SECRETS": "/nowhere/mine"}, "/nowhere/mine_root.txt is missing"),
    ],
)
def test_unusable_input_is_refused_in_one_line(
    box: Sandbox, words: list[str], variables: dict[str, str], said: str
) -> None:
    command = up(box, *words, **variables)
    assert command.status() == UNUSABLE
    assert said in command.lines[-1]
    assert not command.match("Traceback")
    assert box.left_behind() == []


def test_a_directory_too_deep_for_sockets_is_refused(box: Sandbox) -> None:
    deep = box.path / ("deep" * 25)
    deep.mkdir()
    command = up(box, TMPDIR=str(deep))
    assert command.status() == UNUSABLE
    assert "set TMPDIR to a shorter path" in command.lines[-1]
    assert list(deep.iterdir()) == []


@pytest.mark.parametrize("name", ["mysqld", "redis-server"])
def test_a_missing_program_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", ())
    with pytest.raises(StackError, match="apt install") as missing:
        programs.need(name)
    assert missing.value.status == UNUSABLE
