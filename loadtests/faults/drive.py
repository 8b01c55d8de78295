"""Runs a load on one combination, injects a fault, and judges the outcome."""

import dataclasses
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Final

import pymysql
import redis
from msgspec.structs import replace

from compose.local import ports, programs
from compose.local.permissions import make_folder, server_user, write_secret
from compose.local.processes import Process, environment
from compose.local.service import Service
from loadtests.consistency.failures import Refusals
from loadtests.consistency.kept_writes import duplicate_orders, final_rows, last_order, lost_writes
from loadtests.consistency.process import Driver
from loadtests.consistency.stale_reads import stale_reads
from loadtests.consistency.workload import Load
from loadtests.faults.fault import WARM_UP, Evidence, Fault
from loadtests.faults.kinds.clients import saturating
from loadtests.faults.rules import Times, judge, measures, unanswered
from loadtests.faults.target import FaultTarget
from loadtests.schema.faults import Cell

BEFORE_SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 6.0
LINES_KEPT: Final = 5
UNREACHED: Final = (OSError, pymysql.Error, redis.RedisError)


def warm_up(target: FaultTarget) -> None:
    """Lets the memory of fresh processes grow before it is measured."""
    load, cores = _load_on(target, WARM_UP, "warm-up"), target.stack.placement.others
    with Driver(load, cores) as mixed, Driver(saturating(target, 1), cores) as reports:
        time.sleep(WARM_UP_SECONDS)
        reports.stop()
        mixed.stop()


def drive(target: FaultTarget, fault: Fault, say: Callable[[str], None], before: float = BEFORE_SECONDS) -> Cell:
    """Measures one cell, with `before` seconds of load before the fault; raises StackError."""
    instances = fault.instances_behind_nginx
    with behind_nginx(target, instances) if instances else nullcontext(target) as reached:
        return _drive(reached, fault, say, before)


def _drive(target: FaultTarget, fault: Fault, say: Callable[[str], None], before: float) -> Cell:
    target.attempts.clear()
    started_at = datetime.now(UTC)
    last = last_order(target.stack, target.name)
    load = _load_on(target, fault.load, fault.name)
    with Refusals(target.service.url) as refusals, Driver(load, target.stack.placement.others) as driver:
        time.sleep(before)
        memory = target.memory_mb()
        say(f"{fault.title}: injected")
        times, evidence = inject(target, fault)
        say(f"{fault.title}: lifted, watching the recovery")
        time.sleep(fault.after)
        history = driver.stop()
    history.records.extend(target.attempts)
    rows = final_rows(target.stack, target.name, last, history.watched)
    stale = stale_reads(history, refusals.windows)
    cell = Cell(
        fault=fault.name,
        combination=target.name,
        started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
        evidence=evidence.line,
        happened=evidence.happened,
        lost=lost_writes(history, rows)[:LINES_KEPT],
        duplicates=duplicate_orders(history, rows)[:LINES_KEPT],
        stale=[str(read) for read in stale if read.verdict in {"stale", "impossible"}],
        excused=sum(read.verdict == "failed drop" for read in stale),
        unanswered=unanswered(target, last, history),
        memory_mb=(round(memory, 1), round(target.memory_mb(), 1)),
        **measures(history, times),
    )
    judge(cell, fault)
    return cell


def inject(target: FaultTarget, fault: Fault) -> tuple[Times, Evidence]:
    """Injects the fault for its time, and always lifts it."""
    began = time.monotonic()
    with fault.inject(target) as read_evidence:
        time.sleep(fault.seconds)
        try:
            evidence = read_evidence()
        except UNREACHED as error:
            evidence = Evidence(False, f"not observed: {error}")
    return Times(began, time.monotonic()), evidence


def _load_on(target: FaultTarget, load: Load, name: str) -> Load:
    return replace(load, combination=target.name, port=target.port, run=f"{name}-{datetime.now(UTC):%H%M%S%f}")


NGINX_START_SECONDS: Final = 30.0
NGINX_STOP_SECONDS: Final = 3.0
# Beside the four services' ports.
INSTANCE, NGINX = 10, 20
CONFIGURATION: Final = Template(Path(__file__).with_name("nginx.conf").read_text())


@contextmanager
def behind_nginx(target: FaultTarget, instances: int) -> Iterator[FaultTarget]:
    """The same target behind nginx, with this number of instances of the service."""
    with ExitStack() as closing:
        others = tuple(closing.enter_context(_instance(target)) for _ in range(instances - 1))
        port = closing.enter_context(_nginx(target, [target.service.port, *(service.port for service in others)]))
        yield dataclasses.replace(target, port=port, others=others)


@contextmanager
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


@contextmanager
def _nginx(target: FaultTarget, upstream: list[int]) -> Iterator[int]:
    port = target.service.port + NGINX
    ports.must_be_free([port])
    folder = target.stack.directory / f"nginx-{port}"
    # Files of an earlier nginx may belong to another user.
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
        process.wait(lambda: _listens(port), NGINX_START_SECONDS)
        process.settle()
        yield port
    finally:
        process.stop(NGINX_STOP_SECONDS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((ports.LOOPBACK, port), NGINX_START_SECONDS).close()
    except OSError:
        return False
    return True
