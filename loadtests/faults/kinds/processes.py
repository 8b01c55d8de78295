"""Faults of a service's own processes: a killed worker, a restart, a deployment."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import psutil

from compose.local.failures import StackError
from compose.local.service import Service
from loadtests.faults.fault import Evidence, ReadEvidence
from loadtests.faults.target import FaultTarget

GONE_SECONDS: Final = 5.0
REPLACED_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02


@contextmanager
def worker_killed(target: FaultTarget) -> Iterator[ReadEvidence]:
    """One of the service's workers is killed with -9; its parent has to replace it."""
    workers = target.workers()
    if not workers:
        raise StackError(f"{target.name}: no process of it is connected to the database")
    killed = workers[0].pid
    os.kill(killed, signal.SIGKILL)

    def evidence() -> Evidence:
        gone = _within(GONE_SECONDS, lambda: all(worker.pid != killed for worker in target.workers()))
        return Evidence(gone, f"worker {killed} of {len(workers)} {'dead' if gone else 'ALIVE'}")

    yield evidence
    if not _within(REPLACED_SECONDS, lambda: len(target.workers()) >= len(workers)):
        raise StackError(f"{target.name}: a killed worker was not replaced in {REPLACED_SECONDS:.0f} s")


@contextmanager
def terminated(target: FaultTarget) -> Iterator[ReadEvidence]:
    """The service gets SIGTERM, exits and is restarted: one step of a rolling restart."""
    try:
        ended = _terminate(target.service)
        yield lambda: ended
    finally:
        target.service.restart()


@contextmanager
def rolling(target: FaultTarget) -> Iterator[ReadEvidence]:
    """Every instance gets SIGTERM and is ready again before the next one gets it."""
    services, steps = (target.service, *target.others), []
    try:
        for service in services:
            steps.append(_terminate(service))
            service.restart()
        yield lambda: Evidence(all(step.happened for step in steps), "; ".join(step.line for step in steps))
    finally:
        for service in services:
            if not service.process.running:
                service.start()


@contextmanager
def deployed(target: FaultTarget) -> Iterator[ReadEvidence]:
    """Fresh processes and an empty cache get the whole load at once."""
    pid = target.service.pid
    try:
        target.service.stop()
        with closing(target.redis()) as client:
            keys = list(client.scan_iter(match=f"{target.name}:*", count=1000))
            dropped = client.delete(*keys) if keys else 0

        def evidence() -> Evidence:
            gone = not psutil.pid_exists(pid)
            line = f"process {pid} {'dead' if gone else 'ALIVE'}, {dropped} entries dropped from Redis"
            return Evidence(gone and (dropped > 0 or not target.cached), line)

        yield evidence
    finally:
        target.service.restart()


def _terminate(service: Service) -> Evidence:
    process, started = service.process, time.monotonic()
    pid = process.pid
    process.terminate()
    _within(service.grace, lambda: not process.running)
    seconds, status = time.monotonic() - started, process.exit_status
    return Evidence(status == 0, f"process {pid} ended {seconds:.2f} s after SIGTERM, exit status {status}")


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
