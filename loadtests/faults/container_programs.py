"""A container as a program that can be ended and started again, and a service in one."""

import time
from collections.abc import Callable, Mapping
from typing import Final

import pymysql

from compose.local.failures import StackError
from compose.local.service import Service
from loadtests.faults.containers import Containers

COMMAND_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.05


class Container:
    """A container as a program."""

    def __init__(self, containers: Containers, service: str) -> None:
        self._containers = containers
        self._id = containers.compose("ps", "--all", "--quiet", service)

    @property
    def pid(self) -> int:
        """Its first process, as this machine sees it; 0 while it does not run."""
        return int(self._state("Pid"))

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._state("Running") == "true"

    @property
    def exit_status(self) -> int | None:
        """What it has ended with."""
        return None if self.running else int(self._state("ExitCode"))

    def ask(self) -> None:
        """Asks it to end."""
        self._containers.docker("kill", "--signal", "TERM", self._id)

    def kill(self) -> None:
        """Kills it and waits for its end."""
        self._containers.docker("kill", "--signal", "KILL", self._id)
        self._containers.docker("wait", self._id)

    def stop(self, seconds: float) -> None:
        """Asks it to end, and kills it after `seconds`."""
        self._containers.docker("stop", "--time", str(round(seconds)), self._id)

    def start(self, ready: Callable[[], None]) -> None:
        """Starts it again; returns when `ready` raises no more, StackError when that does not come."""
        self._containers.docker("start", self._id)
        deadline = time.monotonic() + COMMAND_SECONDS
        while True:
            try:
                ready()
                return
            except (OSError, pymysql.Error) as error:
                if time.monotonic() > deadline:
                    raise StackError(f"a container was not ready: {error}") from error
            time.sleep(POLL_SECONDS)

    def _state(self, member: str) -> str:
        return self._containers.docker("inspect", "--format", f"{{{{.State.{member}}}}}", self._id)


class ContainerService:
    """A combination's service in its container."""

    def __init__(self, containers: Containers, name: str) -> None:
        self.name = name
        self.port = containers.ports[name]
        self.settings: Mapping[str, str] = containers.plan.combinations[name].environment
        self.grace = float(self.settings["GRACE"]) + 5
        self.process = Container(containers, name)
        # It knows when a service answers under its name; nothing is started with it.
        self._probe = Service(name, self.port, self.settings, containers.directory, containers.placement.services)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._probe.url

    @property
    def pid(self) -> int:
        """The first process of its container."""
        return self.process.pid

    def start(self) -> None:
        """Starts its container and waits until it is ready."""
        self.process.start(self._must_answer)

    def stop(self) -> None:
        """Stops its container."""
        self.process.stop(self.grace)

    def restart(self) -> None:
        """A fresh start."""
        self.stop()
        self.start()

    def _must_answer(self) -> None:
        if not self._probe.ready():
            raise ConnectionRefusedError(f"{self.name} is not ready")
