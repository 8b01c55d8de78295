"""Faults of a service's own processes: a worker dies, the service is told to end, everything starts fresh."""

import os
import signal
import time
from contextlib import closing
from dataclasses import dataclass, field, replace

import psutil

from compose.local.failures import StackError
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

GONE_SECONDS = 5.0
REPLACED_SECONDS = 30.0
POLL_SECONDS = 0.02


@dataclass
class WorkerKilled:
    """One of the service's workers is killed with -9; its parent has to notice."""

    _victim: int = field(default=0, init=False)
    _many: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Kills the first worker."""
        workers = scene.workers()
        if not workers:
            raise StackError(f"{scene.name}: no process of it is connected to the database")
        self._many = len(workers)
        self._victim = workers[0].pid
        os.kill(self._victim, signal.SIGKILL)

    def evidence(self, scene: Scene) -> Evidence:
        """The process is gone; the system shows a killed one for a moment longer."""
        deadline = time.monotonic() + GONE_SECONDS
        while not (gone := all(each.pid != self._victim for each in scene.workers())):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return Evidence(gone, f"worker {self._victim} of {self._many} {'dead' if gone else 'ALIVE'}")

    def lift(self, scene: Scene) -> None:
        """Returns when the parent has replaced it; nobody else does."""
        deadline = time.monotonic() + REPLACED_SECONDS
        while len(scene.workers()) < self._many:
            if time.monotonic() > deadline:
                raise StackError(f"{scene.name}: a killed worker was not replaced in {REPLACED_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)


@dataclass
class Terminated:
    """The service is told to end (SIGTERM), ends by itself, and is started again: one step of a rolling restart."""

    _before: int = field(default=0, init=False)
    _status: int | None = field(default=None, init=False)
    _seconds: float = field(default=0.0, init=False)

    def inject(self, scene: Scene) -> None:
        """Asks it to end, and waits for that."""
        process, started = scene.service.process, time.monotonic()
        self._before = process.pid
        process.ask()
        while process.running and time.monotonic() - started < scene.service.grace:
            time.sleep(POLL_SECONDS)
        self._seconds = time.monotonic() - started
        self._status = process.exit_status

    def evidence(self, scene: Scene) -> Evidence:
        """It has ended by itself."""
        line = f"process {self._before} ended {self._seconds:.2f} s after SIGTERM, exit status {self._status}"
        return Evidence(self._status == 0, line)

    def lift(self, scene: Scene) -> None:
        """Starts it again."""
        scene.service.stop()
        scene.service.start()


@dataclass
class Rolling:
    """Each instance of the service is told to end (SIGTERM), and is back before the next one is told."""

    _steps: list[Terminated] = field(default_factory=list, init=False)

    def inject(self, scene: Scene) -> None:
        """Restarts one after the other."""
        self._steps = []
        for service in (scene.service, *scene.others):
            step, one = Terminated(), replace(scene, service=service)
            step.inject(one)
            step.lift(one)
            self._steps.append(step)

    def evidence(self, scene: Scene) -> Evidence:
        """Each has ended by itself."""
        seen = [step.evidence(scene) for step in self._steps]
        return Evidence(all(each.happened for each in seen), "; ".join(each.line for each in seen))

    def lift(self, scene: Scene) -> None:
        """Starts what is not there, after an interruption."""
        for service in (scene.service, *scene.others):
            if not service.process.running:
                service.start()


@dataclass
class Deployed:
    """All processes of the service are fresh, its part of Redis is empty, and the whole load comes at once."""

    _before: int = field(default=0, init=False)
    _dropped: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Ends the service and forgets what it had in Redis."""
        self._before = scene.service.pid
        scene.service.stop()
        with closing(scene.redis()) as client:
            keys = list(client.scan_iter(match=f"{scene.name}:*", count=1000))
            self._dropped = client.delete(*keys) if keys else 0

    def evidence(self, scene: Scene) -> Evidence:
        """Its old processes are gone."""
        gone = not psutil.pid_exists(self._before)
        line = f"process {self._before} {'gone' if gone else 'STILL THERE'}, {self._dropped} entries dropped from Redis"
        return Evidence(gone and (self._dropped > 0 or not scene.cached), line)

    def lift(self, scene: Scene) -> None:
        """Starts it."""
        scene.service.stop()
        scene.service.start()
