"""Several k6 processes that share a load: one segment each, one setup, started together."""

import http.client
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from compose.local.ports import LOOPBACK, free
from loadtests.targets.k6 import Generator, GeneratorFailed, VoidStart, k6_command

# k6's state when it is ready and waits to be resumed.
PAUSED: Final = 4
POLL_S: Final = 0.1
# Longer than setupTimeout in loadtests/matrix.js.
SETUP_S: Final = 200
ANSWER_S: Final = 10
# The time to resume all; the first phase of the turns begins half a second later.
LEAD_MS: Final = 100
RESUME: Final = {"data": {"type": "status", "id": "default", "attributes": {"paused": False}}}


class Place(NamedTuple):
    """Where a k6 runs: a command prefix such as `ip netns exec`, and the address of its REST API."""

    before: Sequence[str]
    host: str
    port: int
    path: str = ""


def beside_each_other(count: int) -> list[Place]:
    return [Place((), LOOPBACK, free()) for _ in range(count)]


def generator_of(count: int, variables: Mapping[str, str], log: Path) -> "Generator | Generators":
    return (
        Generator(k6_command(), variables, log) if count == 1 else Generators(beside_each_other(count), variables, log)
    )


class Generators:
    """The running k6 processes of a load; the first writes `log`, the others write logs beside it."""

    def __init__(self, places: Sequence[Place], variables: Mapping[str, str], log: Path) -> None:
        self._places = places
        commands = [_command(number, places) for number in range(len(places))]
        logs = [log, *(log.with_suffix(f".{number}.log") for number in range(2, len(places) + 1))]
        self._running = [Generator(command, variables, own) for command, own in zip(commands, logs, strict=True)]

    @property
    def pids(self) -> list[int]:
        return [pid for each in self._running for pid in each.pids]

    def wait(self, seconds: float) -> None:
        """Also starts them; raises VoidStart if one does not finish."""
        ends = time.monotonic() + seconds
        self._start(ends)
        try:
            # Checks all: the last one may fail while the first still runs.
            while not all([self._over(number) for number in range(len(self._places))]):  # noqa: C419
                self._pause(ends)
        except GeneratorFailed as error:
            raise VoidStart(str(error)) from error

    def close(self) -> None:
        with ThreadPoolExecutor(len(self._running)) as threads:
            list(threads.map(Generator.close, self._running))

    def _start(self, ends: float) -> None:
        for number in range(len(self._places)):
            self._until_paused(number, ends)
        prepared = self._ask(0, "POST", "setup", seconds=SETUP_S)["data"]
        shared = {**prepared, "starts_at": round(time.time() * 1000) + LEAD_MS}
        self._ask_all("PUT", "setup", shared)
        self._ask_all("PATCH", "status", RESUME)

    def _until_paused(self, number: int, ends: float) -> None:
        while not self._over(number):
            try:
                if self._ask(number, "GET", "status")["status"] == PAUSED:
                    return
            except OSError:
                pass
            self._pause(ends)
        raise GeneratorFailed(f"generator {number + 1} ended before it was started")

    def _over(self, number: int) -> bool:
        try:
            return self._running[number].over()
        except GeneratorFailed as error:
            raise GeneratorFailed(f"generator {number + 1} of {len(self._running)}: {error}") from error

    def _pause(self, ends: float) -> None:
        if time.monotonic() > ends:
            raise GeneratorFailed(f"{len(self._places)} generators did not end in time")
        time.sleep(POLL_S)

    def _ask_all(self, method: str, what: str, body: object) -> None:
        with ThreadPoolExecutor(len(self._places)) as threads:
            list(threads.map(lambda number: self._ask(number, method, what, body), range(len(self._places))))

    def _ask(self, number: int, method: str, what: str, body: object = None, seconds: float = ANSWER_S) -> Any:
        """The attributes in the answer of k6's REST API; raises OSError, and GeneratorFailed if it refuses."""
        place = self._places[number]
        connection = http.client.HTTPConnection(place.host, place.port, timeout=seconds)
        try:
            connection.request(method, f"{place.path}/v1/{what}", msgspec.json.encode(body) if body else None)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise GeneratorFailed(f"generator {number + 1} refuses {method} {what}: {text.decode(errors='replace')}")
        return msgspec.json.decode(text)["data"]["attributes"] if text else {}


def _command(number: int, places: Sequence[Place]) -> list[str]:
    """The load is split into equal segments, one per place."""
    place = places[number]
    edges = [str(Fraction(edge, len(places))) for edge in range(len(places) + 1)]
    options = {
        "--address": f"{place.host}:{place.port}",
        "--execution-segment": ":".join(edges[number : number + 2]),
        "--execution-segment-sequence": ",".join(edges),
    }
    words = [word for option in options.items() for word in option]
    return [*place.before, *k6_command(*words, "--paused", "--no-setup")]
