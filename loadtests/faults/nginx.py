"""nginx as a buffering proxy in front of a service."""

import contextlib
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Final

from compose.local import ports, programs
from compose.local.permissions import make_folder, server_user, write_secret
from compose.local.processes import Process, environment
from compose.local.service import Service
from loadtests.faults.target import FaultTarget

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 3.0
# Beside the four services' ports.
INSTANCE, NGINX = 10, 20
CONFIGURATION: Final = Template(Path(__file__).with_name("nginx.conf").read_text())


@contextlib.contextmanager
def behind_nginx(target: FaultTarget, instances: int) -> Iterator[FaultTarget]:
    """The same target behind nginx, with so many instances of the service."""
    with contextlib.ExitStack() as closing:
        others = tuple(closing.enter_context(_instance(target)) for _ in range(instances - 1))
        port = closing.enter_context(_nginx(target, [target.service.port, *(service.port for service in others)]))
        yield replace(target, port=port, others=others)


@contextlib.contextmanager
def _instance(target: FaultTarget) -> Iterator[Service]:
    port = target.service.port + INSTANCE
    ports.must_be_free([port])
    settings = {**target.service.settings, "BIND": f"{ports.LOOPBACK}:{port}"}
    folder = target.stack.directory / f"instance-{port}"
    service = Service(target.name, port, settings, folder, target.stack.placement.services)
    try:
        service.start()
        yield service
    finally:
        service.stop()


@contextlib.contextmanager
def _nginx(target: FaultTarget, upstream: list[int]) -> Iterator[int]:
    port = target.service.port + NGINX
    ports.must_be_free([port])
    folder = target.stack.directory / f"nginx-{port}"
    # What an earlier one left is another user's.
    shutil.rmtree(folder, ignore_errors=True)
    user = server_user()
    make_folder(folder, user)
    file = Path(f"{folder}.conf")
    servers = "\n".join(f"    server {ports.LOOPBACK}:{service} max_fails=0;" for service in upstream)
    write_secret(file, CONFIGURATION.substitute(address=f"{ports.LOOPBACK}:{port}", instances=servers), user)
    process = Process("nginx", Path(f"{folder}.log"), target.stack.placement.others)
    command = [programs.need("nginx"), "-p", str(folder), "-c", str(file), "-e", "stderr"]
    try:
        process.start(command, environment(folder, {}), folder, user=user)
        process.wait(lambda: _listens(port), START_SECONDS)
        yield port
    finally:
        process.stop(STOP_SECONDS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ports.LOOPBACK, port), START_SECONDS).close()
    except OSError:
        return False
    return True
