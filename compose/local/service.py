"""A service as a local process."""

import http.client
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from compose.local import ports
from compose.local.definition import CHECKOUT, Definition
from compose.local.permissions import make_folder
from compose.local.placement import Cores
from compose.local.processes import Process, environment, python

START_SECONDS = 120
# A request waits for the first worker. After a shorter time-out the worker would still accept it, as a read that its
# client has cancelled, which costs the async twin a connection.
HEALTH_SECONDS = 60
STOP_MARGIN_SECONDS = 3.0
# The metric that a worker publishes last, when its connections are open.
OPENED = 'service_trait{entry="event loop"'


class Service:
    """The service of one combination, on a port of loopback."""

    def __init__(self, name: str, port: int, settings: Mapping[str, str], directory: Path, cores: Cores) -> None:
        self.name = name
        self.port = port
        # The module that serves, and its arguments.
        self.program: Sequence[str] = [f"{name.partition('-')[0]}_api.serve"]
        self.python = sys.executable
        self._directory = directory
        self._environment = dict(settings)
        self._workers = int(settings["WORKERS"])
        self.process = Process(f"the service {self.name}", directory.parent / f"{self.name}.log", cores)

    @property
    def url(self) -> str:
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """The parent of its workers."""
        return self.process.pid

    @property
    def settings(self) -> dict[str, str]:
        return dict(self._environment)

    @property
    def log(self) -> Path:
        """The output of all starts."""
        return self.process.log

    @property
    def grace(self) -> float:
        """Seconds it may take to stop: GRACE and a margin."""
        return float(self._environment["GRACE"]) + STOP_MARGIN_SECONDS

    def launch(self, extra: Mapping[str, str] | None = None) -> None:
        """Start without waiting; `extra` changes the environment for this start only."""
        make_folder(self._directory)
        settings = environment(self._directory, {**self._environment, **(extra or {})})
        self._workers = int(settings["WORKERS"])
        module, *arguments = self.program
        self.process.start([*python(module, self.python), *arguments], settings, CHECKOUT)

    def wait(self) -> None:
        """Until it is ready; then it is pinned to its cores."""
        self.process.wait(self.ready, START_SECONDS)
        self.process.settle()

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        self.launch(environment)
        self.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after the grace time."""
        self.process.stop(self.grace)

    def restart(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment` changes variables for this start only."""
        self.stop()
        self.start(environment)

    def ready(self) -> bool:
        return is_ready(self.port, self.name, self._workers)


def is_ready(port: int, name: str, workers: int) -> bool:
    """Whether all workers have opened their connections and one reports readiness under the combination's name."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=HEALTH_SECONDS)
    try:
        status, combination, _ = _get(connection, "/health/ready")
        return (status, combination) == (http.client.OK, name) and _opened(connection) >= workers
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _opened(connection: http.client.HTTPConnection) -> int:
    """How many workers have opened their connections; a service reports ready after the first of them."""
    _, _, metrics = _get(connection, "/metrics")
    return sum(round(float(line.rpartition(" ")[2])) for line in metrics.splitlines() if line.startswith(OPENED))


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str | None, str]:
    """Status, combination and body of an answer."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["X-Combination"], answer.read().decode()


def localised(
    definition: Definition,
    port: int,
    database_port: int,
    cache_url: str,
    secrets: Mapping[str, Path],
) -> dict[str, str]:
    """The environment with local hosts, ports and paths in place of the containers'."""
    container = definition.environment
    database = urlsplit(container["DATABASE_URL"])
    netloc = f"{database.username}@{ports.LOOPBACK}:{database_port}"
    password = secrets[Path(container["DATABASE_PASSWORD_FILE"]).name]
    return {
        **container,
        "BIND": f"{ports.LOOPBACK}:{port}",
        "DATABASE_URL": urlunsplit(database._replace(netloc=netloc)),
        "DATABASE_PASSWORD_FILE": str(password),
        "CACHE_URL": container["CACHE_URL"] and cache_url,
    }
