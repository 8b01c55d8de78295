"""The load of one start on Kubernetes: a TestRun of the k6 operator, whose runners share the load."""

import json
import re
import secrets
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from loadtests.schema.files import write_whole
from loadtests.targets.generators import Generators, Place
from loadtests.targets.k6 import THRESHOLDS_CROSSED, GeneratorFailed, VoidStart
from loadtests.targets.kubectl import Kubectl, Object, Placed, statuses

START_S: Final = 300
CLOSE_S: Final = 10
# Between two readings of the pods.
EVERY_S: Final = 2.0
API_PORT: Final = 6565
SHARD: Final = re.compile(r"^MATRIX-SHARD (\S+\.json) (\{.*\})$", re.MULTILINE)
# The measured pods, which must not change during a start.
STACK: Final = "app.kubernetes.io/part-of=async-rewrite-matrix,app!=seed"


def filled(template: Object, name: str, count: int, variables: Mapping[str, str]) -> Object:
    """The TestRun of one start; runners write results to their logs, not to a folder."""
    own = {each["name"]: each["value"] for each in template["spec"]["runner"]["env"]}
    own |= {each: value for each, value in variables.items() if each != "RESULTS"}
    environment = [{"name": each, "value": value} for each, value in own.items()]
    spec = {**template["spec"], "parallelism": count, "runner": {**template["spec"]["runner"], "env": environment}}
    return {**template, "metadata": {**template["metadata"], "name": name}, "spec": spec}


class Runners(Generators):
    """Entering a TestRun starts its runners paused; they are reached through kubectl's proxy on `port`."""

    def __init__(
        self, kubectl: Kubectl, port: int, template: Object, count: int, variables: Mapping[str, str], log: Path
    ) -> None:
        self._kubectl = kubectl
        self._port = port
        self._count = count
        self._results = Path(variables["RESULTS"])
        self._wanted = len(variables["COMBINATIONS"].split(","))
        self._log = log.open("wb")
        self._follower: subprocess.Popen[bytes] | None = None
        self._pods: list[Object] = []
        self._read_at = 0.0
        self._name = f"start-{variables['ROUND']}-{secrets.token_hex(3)}"
        self._kubectl.run("apply", "-f", "-", given=json.dumps(filled(template, self._name, count, variables)))

    @property
    def pids(self) -> list[int]:
        """Unknown: the runners are in pods."""
        return []

    def wait(self, seconds: float) -> None:
        before = self._kubectl.placed(STACK)
        self._kubectl.until(self._are_ready, self._selector, f"the runners of {self._name}", START_S)
        places = [f"/api/v1/namespaces/{self._kubectl.namespace}/pods/{_name(pod)}:{API_PORT}" for pod in self._pods]
        self._places = [Place((), "127.0.0.1", self._port, f"{place}/proxy") for place in places]
        command = [*self._kubectl.command, "logs", "--follow", _name(self._pods[0])]
        self._follower = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        super().wait(seconds)
        _refuse_moved(before, self._kubectl.placed(STACK))
        self._follower.wait(CLOSE_S)
        self._collect()

    def close(self) -> None:
        if self._follower:
            self._follower.kill()
            self._follower.wait(CLOSE_S)
        self._log.close()
        self._kubectl.run("delete", "testrun", self._name, "--ignore-not-found", "--wait=false")

    @property
    def _selector(self) -> str:
        return f"app=k6,k6_cr={self._name},runner=true"

    def _read_pods(self) -> None:
        if time.monotonic() - self._read_at > EVERY_S:
            self._pods = sorted(self._kubectl.pods(self._selector), key=_number)
            self._read_at = time.monotonic()

    def _are_ready(self) -> bool:
        self._read_pods()
        ready = [pod for pod in self._pods if all(status["ready"] for status in statuses(pod)) and statuses(pod)]
        return len(ready) == self._count or any(_ended(pod) for pod in self._pods)

    def _over(self, number: int) -> bool:
        self._read_pods()
        if number >= len(self._pods):
            raise GeneratorFailed(f"runner {number + 1} of {self._count} is gone: its pod was deleted")
        pod = self._pods[number]
        where = f"runner {number + 1} of {self._count} on {pod['spec'].get('nodeName')}"
        if pod["status"].get("reason"):
            raise GeneratorFailed(f"{where}: {pod['status']['reason']} ({pod['status'].get('message', '')})")
        ended = _ended(pod)
        if ended and ended["exitCode"] not in (0, THRESHOLDS_CROSSED):
            last = self._kubectl.run("logs", "--tail=1", _name(pod)).strip()
            raise GeneratorFailed(f"{where}: k6 ended with status {ended['exitCode']} ({ended['reason']}): {last}")
        return ended is not None

    def _collect(self) -> None:
        """Writes the results in the runners' logs to files, as k6 does elsewhere."""
        for number, pod in enumerate(self._pods, 1):
            shards = SHARD.findall(self._kubectl.run("logs", _name(pod)))
            if len(shards) != self._wanted:
                raise VoidStart(
                    f"the log of runner {number} holds {len(shards)} of {self._wanted} results: it was cut, so raise "
                    "containerLogMaxSize of its node's kubelet"
                )
            write_whole({self._results / name: document for name, document in shards})


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def _number(pod: Object) -> int:
    """The runner's number: the operator's jobs are NAME-1, NAME-2, and so on."""
    return int(pod["metadata"]["labels"]["job-name"].rpartition("-")[2])


def _ended(pod: Object) -> dict[str, Any] | None:
    return next((ended for status in statuses(pod) if (ended := status["state"].get("terminated"))), None)


def _refuse_moved(before: Placed, after: Placed) -> None:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            was, now = _described(before.get(name)), _described(after.get(name))
            raise VoidStart(f"pod {name} changed while it was measured: {was}, then {now}")


def _described(place: tuple[str, str, int] | None) -> str:
    return f"on {place[1]} after {place[2]} restarts" if place else "not there"
