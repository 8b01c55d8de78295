"""Faults of a service's own processes: a killed worker, a restart, a deployment."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

import psutil

from compose.local.failures import StackError
from loadtests.faults.fault import Evidence
from loadtests.faults.target import FaultTarget

GONE_SECONDS: Final = 5.0
REPLACED_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02


@dataclass
class WorkerKilled:
    """One of the service's workers is killed with -9; its parent has to replace it."""

    _killed: int = field(default=0, init=False)
    _workers: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        workers = target.workers()
        if not workers:
            raise StackError(f"{target.name}: no process of it is connected to the database")
        self._workers = len(workers)
        self._killed = workers[0].pid
        os.kill(self._killed, signal.SIGKILL)

    def evidence(self, target: FaultTarget) -> Evidence:
        gone = _within(GONE_SECONDS, lambda: all(worker.pid != self._killed for worker in target.workers()))
        return Evidence(gone, f"worker {self._killed} of {self._workers} {'dead' if gone else 'ALIVE'}")

    def lift(self, target: FaultTarget) -> None:
        if not _within(REPLACED_SECONDS, lambda: len(target.workers()) >= self._workers):
            raise StackError(f"{target.name}: a killed worker was not replaced in {REPLACED_SECONDS:.0f} s")


@dataclass
class Terminated:
    """The service gets SIGTERM, ends by itself and is started again: one step of a rolling restart."""

    _pid: int = field(default=0, init=False)
    _status: int | None = field(default=None, init=False)
    _seconds: float = field(default=0.0, init=False)

    def inject(self, target: FaultTarget) -> None:
        process, started = target.service.process, time.monotonic()
        self._pid = process.pid
        process.terminate()
        _within(target.service.grace, lambda: not process.running)
        self._seconds = time.monotonic() - started
        self._status = process.exit_status

    def evidence(self, target: FaultTarget) -> Evidence:
        line = f"process {self._pid} ended {self._seconds:.2f} s after SIGTERM, exit status {self._status}"
        return Evidence(self._status == 0, line)

    def lift(self, target: FaultTarget) -> None:
        target.service.restart()


@dataclass
class Rolling:
    """Every instance gets SIGTERM and is back before the next one gets it."""

    _steps: list[Evidence] = field(default_factory=list, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._steps = []
        for service in (target.service, *target.others):
            step, instance = Terminated(), replace(target, service=service)
            step.inject(instance)
            step.lift(instance)
            self._steps.append(step.evidence(instance))

    def evidence(self, target: FaultTarget) -> Evidence:
        return Evidence(all(step.happened for step in self._steps), "; ".join(step.line for step in self._steps))

    def lift(self, target: FaultTarget) -> None:
        for service in (target.service, *target.others):
            if not service.process.running:
                service.start()


@dataclass
class Deployed:
    """All processes are fresh, the cache is empty, and the whole load comes at once."""

    _pid: int = field(default=0, init=False)
    _dropped: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._pid = target.service.pid
        target.service.stop()
        with closing(target.redis()) as client:
            keys = list(client.scan_iter(match=f"{target.name}:*", count=1000))
            self._dropped = client.delete(*keys) if keys else 0

    def evidence(self, target: FaultTarget) -> Evidence:
        gone = not psutil.pid_exists(self._pid)
        line = f"process {self._pid} {'dead' if gone else 'ALIVE'}, {self._dropped} entries dropped from Redis"
        return Evidence(gone and (self._dropped > 0 or not target.cached), line)

    def lift(self, target: FaultTarget) -> None:
        target.service.restart()


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
