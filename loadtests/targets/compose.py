"""The stack in containers; k6 runs inside its network."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import pymysql
import redis

from compose.local import definition
from compose.local.database_server import Connection
from compose.local.interruption import Undisturbed
from compose.local.placement import listed, parse, place
from compose.local.ports import LOOPBACK, free
from compose.local.rows import COPIES_AT_ONCE
from compose.local.service import is_ready
from loadtests.schema.files import LOADTESTS
from loadtests.schema.plan import Plan
from loadtests.schema.settings import UnusableInput
from loadtests.targets.base import Target, TargetError
from loadtests.targets.k6 import Generator, version_in

CHECKOUT: Final = LOADTESTS.parent
COMMAND_S: Final = 300
CONNECT_S: Final = 10
START_S: Final = 1800
READY_S: Final = 60
APPEARS_S: Final = 10
POLL_S: Final = 0.2
Found = TypeVar("Found")
RESULTS_INSIDE: Final = Path("/loadtests/results")
RESTORE: Final = 'MYSQL_PWD=$(cat /run/secrets/root) mysql -uroot "$0" < /database/copy.sql'
VERSION: Final = "MYSQL_PWD=$(cat /run/secrets/root) mysql -uroot -N -e 'SELECT VERSION()'"
SERVICE_AND_PID: Final = '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Pid}}'
SERVICE_AND_IMAGE: Final = '{{index .Config.Labels "com.docker.compose.service"}} {{.Image}}'
DIGEST: Final = "{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{.Id}}{{end}}"


class ComposeTarget(Target):
    """A stack that was started with `docker compose up`."""

    def __init__(self, plan: Plan, environment: Mapping[str, str]) -> None:
        self._plan = plan
        self._environment = dict(environment)
        # The process of each container since the services were started.
        self._pids: dict[str, int] = {}

    @property
    def cores(self) -> dict[str, int]:
        others = len(parse(self._environment["OTHER_CPUS"], "OTHER_CPUS"))
        services = len(parse(self._environment["SERVICE_CPUS"], "SERVICE_CPUS"))
        return {"service": services, "database": others, "cache": others, "k6": others}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._environment[_port_variable(name)]}"

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        self.run("stop", *names)
        self.run("exec", "-T", "cache", "redis-cli", "flushall")
        if restore:
            with ThreadPoolExecutor(COPIES_AT_ONCE) as copies:
                list(copies.map(self._restore, names))
        for name in names:
            self.run("start", name)
        for name in names:
            self.wait_ready(name)
        self._pids.clear()

    def programs(self, name: str) -> dict[str, int]:
        if not self._pids:
            containers = self.run("ps", "-q").split()
            output = self._output(["docker", "inspect", "-f", SERVICE_AND_PID, *containers], COMMAND_S)
            self._pids |= {service: int(pid) for service, pid in map(str.split, output.splitlines())}
        services = {"service": name, "database": "database", "cache": "cache"}
        return {program: pid for program, service in services.items() if (pid := self._pids.get(service))}

    def generator(self, variables: dict[str, str], log: Path) -> Generator:
        inside = RESULTS_INSIDE / Path(variables["RESULTS"]).relative_to(LOADTESTS / "results")
        container = f"matrix-k6-{os.getpid()}"
        inside_variables = {**variables, "RESULTS": str(inside)}
        options = [part for name, value in inside_variables.items() for part in ("-e", f"{name}={value}")]
        command = ["docker", "compose", "run", "--rm", "-T", "--no-deps", "--name", container]
        return Generator([*command, *options, "k6"], self._environment, log, lambda _: self._pid_soon(container))

    def versions(self) -> dict[str, str]:
        info = self.run("exec", "-T", "cache", "redis-cli", "info", "server")
        redis = [line for line in info.splitlines() if line.startswith("redis_version:")]
        return {
            "k6": version_in(self.run("run", "--rm", "-T", "--no-deps", "k6", "version")),
            "database": self.run("exec", "-T", "database", "bash", "-c", VERSION),
            "cache": redis[0].partition(":")[2],
        }

    def images(self) -> dict[str, str]:
        """The digest of each container's image, or the id of an image built or loaded here."""
        containers = self.run("ps", "-q").split()
        output = self._output(["docker", "inspect", "-f", SERVICE_AND_IMAGE, *containers], COMMAND_S)
        images = dict(line.split() for line in output.splitlines())
        described = json.loads(self.run("config", "--format", "json", "k6"))
        images["k6"] = described["services"]["k6"]["image"]
        return {service: self._digest(image) for service, image in sorted(images.items())}

    def _digest(self, image: str) -> str:
        return self._output(["docker", "image", "inspect", "-f", DIGEST, image], COMMAND_S)

    def administrator(self) -> Connection:
        return pymysql.connect(
            host=LOOPBACK,
            port=int(self._environment["DATABASE_PORT"]),
            user="root",
            password=definition.read({**os.environ, **self._environment}).secret("root"),
            autocommit=True,
            charset="utf8mb4",
            connect_timeout=CONNECT_S,
            read_timeout=COMMAND_S,
        )

    def redis(self) -> "redis.Redis":
        return redis.Redis(LOOPBACK, int(self._environment["CACHE_PORT"]), socket_timeout=CONNECT_S)

    def database(self, name: str) -> str:
        return f"shop_{name.replace('-', '_')}"

    def run(self, *words: str, seconds: float = COMMAND_S) -> str:
        """The output of a `docker compose` command; raises TargetError with its last line."""
        return self._output(["docker", "compose", *words], seconds)

    def _output(self, command: list[str], seconds: float) -> str:
        environment = {**os.environ, **self._environment}
        try:
            done = subprocess.run(
                command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TargetError(f"{' '.join(command)}: {error}") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise TargetError(f"{' '.join(command)}: {last}")
        return done.stdout.strip()

    def _pid(self, container: str) -> int | None:
        try:
            text = self._output(["docker", "inspect", "-f", "{{.State.Pid}}", container], COMMAND_S)
        except TargetError:
            return None
        return int(text) or None

    def _pid_soon(self, container: str) -> int | None:
        """Waits, because the command that creates the container has just been started."""
        return _soon(lambda: self._pid(container), APPEARS_S)

    def _restore(self, name: str) -> None:
        self.run("exec", "-T", "database", "bash", "-c", RESTORE, self.database(name))

    def wait_ready(self, name: str) -> None:
        """Waits for all workers; Docker's health check is answered by any of them."""
        port = int(self._environment[_port_variable(name)])
        if not _soon(lambda: is_ready(port, name, self._plan.workers), READY_S):
            raise TargetError(f"{name} was not ready in {READY_S} s: docker compose logs {name}")


def _soon(read: Callable[[], Found], seconds: float) -> Found:
    """Repeats `read` until it returns something or the time is over."""
    end = time.monotonic() + seconds
    while not (value := read()) and time.monotonic() < end:
        time.sleep(POLL_S)
    return value


def _port_variable(name: str) -> str:
    return f"{name.upper().replace('-', '_')}_PORT"


@contextmanager
def compose_target(plan: Plan, say: Callable[[str], None]) -> Iterator[ComposeTarget]:
    """Starts the containers; removes them and their volumes at the end."""
    if not plan.results.resolve().is_relative_to(LOADTESTS / "results"):
        raise UnusableInput(f"RESULTS={plan.results}: containers write under loadtests/results only")
    defined = definition.read(os.environ)
    ports = {_port_variable(name): str(plan.port_base + at) for at, name in enumerate(defined.combinations, 1)}
    # A separate project, so that a stack from `docker compose up` is not taken down.
    placement = place(os.environ.get("SERVICE_CPUS") or "0", os.environ.get("OTHER_CPUS", ""))
    environment = {
        "COMPOSE_PROJECT_NAME": "async-rewrite-matrix-run",
        "PUBLISH_ADDRESS": LOOPBACK,
        "SERVICE_CPUS": listed(placement.services),
        "OTHER_CPUS": listed(placement.others),
        "WORKERS": str(plan.workers),
        "SCALE": str(plan.scale),
        "COMPOSE_PROFILES": ",".join(sorted(defined.profiles(plan.names))),
        **definition.room_for(plan.names, plan.scale),
        # Database and Redis are published on loopback for our snapshots; the services do not use these ports.
        "COMPOSE_FILE": "compose.yaml:compose/testing.yaml",
        "DATABASE_PORT": str(free()),
        "CACHE_PORT": str(free()),
    }
    target = ComposeTarget(plan, {**ports, **environment})
    say("docker compose up -d --build --wait")
    try:
        target.run("up", "-d", "--build", "--wait", seconds=START_S)
        for name in plan.names:
            target.wait_ready(name)
        yield target
    finally:
        say("docker compose down -v")
        with Undisturbed():
            target.run("--profile", "loadtest", "down", "-v")
