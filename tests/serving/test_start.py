"""The start of a service: unusable settings end it at once, with one line."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compose.local.definition import CHECKOUT
from shared.service.settings import SettingsError, read_settings
from tests.support.own_services import free_port
from tests.support.twins import NAMES

pytestmark = pytest.mark.usefixtures("servers")

USABLE = {"COMBINATION": "it", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://user@127.0.0.1/shop"}
UNUSABLE = [
    ("WORKERS", "none"), ("WORKERS", "0"), ("POOL", "-1"), ("KEEP_ALIVE", "soon"), ("BIND", "here"),
    ("FANOUT", "both"), ("DATABASE_URL", "postgres://x"), ("COMBINATION", "No Name"),
    ("ACCESS_LOG", "maybe"), ("GRACE", "1.5"), ("CACHE_URL", "memcached://x"), ("CACHE_URL", "redis://x:port/0"),
    ("CACHE_URL", "redis://x/0?ssl_cert_reqs=none"), ("BACKLOG", ""),
    ("LOG_LEVEL", "loud"),
]  # fmt: skip
# One for each stage of reading settings.
REFUSED_AT_START = [
    ("WORKERS", "none"), ("DATABASE_PASSWORD_FILE", "/not/there"), ("DATABASE_URL", "mysql://x"),
    ("CACHE_URL", "redis://:1/0"),
]  # fmt: skip

WORKER_BOOT_ERROR = 3  # gunicorn's
A_ROUTE_WITHOUT_A_HANDLER = """
import msgspec, shared.http.routes
unknown = msgspec.structs.replace(shared.http.routes.ROUTES[0], name="unheard_of", path="/api/unheard-of")
shared.http.routes.ROUTES = (*shared.http.routes.ROUTES, unknown)
"""


@pytest.mark.parametrize(("variable", "value"), UNUSABLE)
def test_an_unusable_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable) as refused:
        read_settings(USABLE | {variable: value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("variable", "value"), REFUSED_AT_START)
def test_an_unusable_setting_ends_the_start_with_one_line(name: str, variable: str, value: str) -> None:
    ended = _start(name, {variable: value})
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert variable in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("variable", USABLE)
def test_a_missing_setting_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        read_settings({name: value for name, value in USABLE.items() if name != variable})


@pytest.mark.parametrize("name", NAMES)
def test_a_taken_port_ends_the_start_with_one_line(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        started = time.monotonic()
        ended = _start(name, {"BIND": address})
    assert ended.returncode == 1
    assert time.monotonic() - started < 10
    assert ended.stderr.count("\n") == 1
    assert "in use" in ended.stderr
    assert address in ended.stderr


@pytest.mark.parametrize("name", NAMES)
def test_an_application_that_cannot_be_built_ends_the_service(name: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(A_ROUTE_WITHOUT_A_HANDLER)
    ended = _start(name, {"PYTHONPATH": f"{tmp_path}:{CHECKOUT}", "BIND": f"127.0.0.1:{free_port()}"})
    assert ended.returncode in {1, WORKER_BOOT_ERROR}
    assert "KeyError: 'unheard_of'" in (ended.stdout + ended.stderr).replace("\\", "")


def _start(name: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", f"{name}_api.serve"],
        env=USABLE | environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
