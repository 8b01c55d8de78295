"""Faults of the database server and of Redis, and of the connections to them."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final

import psutil
from redis.exceptions import OutOfMemoryError

from compose.local.ports import LOOPBACK
from loadtests.faults.fault import Evidence, ReadEvidence
from loadtests.faults.target import FaultTarget, Server
from loadtests.proxy.modes import CUT, PASS, Mode

CONNECT_SECONDS: Final = 2.0
FULL: Final = {"maxmemory": "1", "maxmemory-policy": "noeviction"}


@contextmanager
def full(target: FaultTarget) -> Iterator[ReadEvidence]:
    """Redis has a memory limit below its use and evicts nothing: it refuses SET, and allows GET and DEL."""
    with closing(target.redis()) as client:
        before = {name: str(client.config_get(name)[name]) for name in FULL}

        def evidence() -> Evidence:
            try:
                client.set("full?", "1", px=1000)
            except OutOfMemoryError as error:
                refused = client.info("errorstats").get("errorstat_OOM", {}).get("count", 0)
                return Evidence(int(refused) > 1, f"SET refused ({str(error)[:40]}), {refused} refused in all")
            return Evidence(False, "a SET was ACCEPTED")

        try:
            for name, value in FULL.items():
                client.config_set(name, value)
            yield evidence
        finally:
            for name, value in before.items():
                client.config_set(name, value)


@contextmanager
def killed(name: Server, target: FaultTarget) -> Iterator[ReadEvidence]:
    """The server is killed with -9 and its port refuses connections, until it is restarted with its data."""
    server = target.backends[name]
    pid = server.process.pid

    def evidence() -> Evidence:
        dead = not psutil.pid_exists(pid)
        refused = _refused(server.proxy.port) and _refused(server.port)
        line = f"process {pid} {'dead' if dead else 'ALIVE'}, its port {'refused' if refused else 'ANSWERED'}"
        return Evidence(dead and refused, line)

    try:
        server.process.kill()
        # Otherwise the proxy would accept connections for a dead server.
        server.proxy.switch(CUT)
        yield evidence
    finally:
        if not server.process.running:
            server.restart()
        server.proxy.switch(PASS)


@contextmanager
def frozen(name: Server, target: FaultTarget) -> Iterator[ReadEvidence]:
    """The server accepts connections and does not answer (SIGSTOP)."""
    pid = target.backends[name].process.pid

    def evidence() -> Evidence:
        status = psutil.Process(pid).status()
        return Evidence(status == psutil.STATUS_STOPPED, f"the kernel called the process {status}")

    os.kill(pid, signal.SIGSTOP)
    try:
        yield evidence
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextmanager
def on_the_way(name: Server, mode: Mode, counted: str, at_least: float, target: FaultTarget) -> Iterator[ReadEvidence]:
    """The proxy disturbs the connections to the server.

    Evidence: its count `counted` is above 0, and an answer through it takes `at_least` seconds.
    """
    server = target.backends[name]
    before = int(server.proxy.counts().get(counted, 0))

    def evidence() -> Evidence:
        count = int(server.proxy.counts().get(counted, 0)) - before
        line = f"{count} {counted} by the proxy"
        if not at_least:
            return Evidence(count > 0, line)
        seconds = server.answers_after()
        return Evidence(count > 0 and seconds >= at_least, f"{line}, an answer took {seconds * 1000:.0f} ms")

    with server.proxy.switched(mode):
        yield evidence


@contextmanager
def restarted(name: Server, target: FaultTarget) -> Iterator[ReadEvidence]:
    """The server is killed and restarted at once; Redis is then empty."""
    process, started = target.backends[name].process, time.monotonic()
    before = process.pid
    with killed(name, target):
        pass
    now, seconds = process.pid, time.monotonic() - started
    line = f"process {before} dead, {now} answered {seconds * 1000:.0f} ms later"
    yield lambda: Evidence(before != now and not psutil.pid_exists(before), line)


def _refused(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
