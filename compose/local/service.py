"""One of the four services, as a local process."""

import http.client
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from compose.local import ports
from compose.local.definition import CHECKOUT, Definition
from compose.local.permissions import make_folder
from compose.local.placement import Cores
from compose.local.processes import Process, environment, python

START_SECONDS = 120
HEALTH_SECONDS = 5
STOP_MARGIN_SECONDS = 3.0


class Service:
    """A combination's service on its port of loopback; it can be stopped and started at will."""

    def __init__(self, name: str, port: int, settings: Mapping[str, str], directory: Path, cores: Cores) -> None:
        self.name = name
        self.port = port
        # The module that serves, and its arguments.
        self.program: Sequence[str] = [f"{name.partition('-')[0]}_api.serve"]
        self._directory = directory
        self._environment = dict(settings)
        self.process = Process(f"the service {self.name}", directory.parent / f"{self.name}.log", cores)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """The id of its first process, the parent of its workers."""
        return self.process.pid

    @property
    def settings(self) -> dict[str, str]:
        """The environment that it is started with."""
        return dict(self._environment)

    @property
    def log(self) -> Path:
        """What it printed, over all its starts."""
        return self.process.log

    @property
    def grace(self) -> float:
        """Seconds it may take to end: GRACE for its requests, and a little for itself."""
        return float(self._environment["GRACE"]) + STOP_MARGIN_SECONDS

    def launch(self, extra: Mapping[str, str] | None = None) -> None:
        """Starts it without waiting for it; `extra` changes its environment for this time only."""
        make_folder(self._directory)
        surroundings = environment(self._directory, {**self._environment, **(extra or {})})
        module, *arguments = self.program
        self.process.start([*python(module), *arguments], surroundings, CHECKOUT)

    def wait(self) -> None:
        """Returns when it is ready and answers under its own name."""
        self.process.wait(self.ready, START_SECONDS)

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Starts it and waits until it is ready."""
        self.launch(environment)
        self.wait()

    def stop(self) -> None:
        """Ends it as an operator would (SIGTERM), and kills what is left after its grace time."""
        self.process.stop(self.grace)

    def restart(self, environment: Mapping[str, str] | None = None) -> None:
        """Fresh processes; `environment` changes single variables until the next start."""
        self.stop()
        self.start(environment)

    def ready(self) -> bool:
        """Whether it answers under its own name."""
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=HEALTH_SECONDS)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            return answer.status == http.client.OK and answer.headers["X-Combination"] == self.name
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def localised(
    definition: Definition,
    port: int,
    database_port: int,
    cache_url: str,
    secrets: Mapping[str, Path],
) -> dict[str, str]:
    """The service's environment with this machine's hosts, ports and paths for the containers'."""
    there = definition.environment
    database = urlsplit(there["DATABASE_URL"])
    place = f"{database.username}@{ports.LOOPBACK}:{database_port}"
    password = secrets[Path(there["DATABASE_PASSWORD_FILE"]).name]
    return {
        **there,
        "BIND": f"{ports.LOOPBACK}:{port}",
        "DATABASE_URL": urlunsplit(database._replace(netloc=place)),
        "DATABASE_PASSWORD_FILE": str(password),
        "CACHE_URL": there["CACHE_URL"] and cache_url,
    }
