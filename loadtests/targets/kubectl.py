"""kubectl, always with its context and namespace, and the reasons why pods are not ready."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from loadtests.schema.settings import UnusableInput, refuse
from loadtests.targets.base import TargetError

COMMAND_S: Final = 120
POLL_S: Final = 1.0
# Waiting does not help with these.
HOPELESS: Final = {
    **dict.fromkeys(
        ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"),
        "push the image where the cluster can pull it, and name it under `images:` of the overlay",
    ),
    **dict.fromkeys(("CreateContainerConfigError", "CreateContainerError", "RunContainerError"), "see its events"),
    "CrashLoopBackOff": "see kubectl logs --previous",
}
# A pod's node, its id, and how often its containers were restarted.
Placed: TypeAlias = dict[str, tuple[str, str, int]]
Object: TypeAlias = dict[str, Any]


def find_kubectl() -> str:
    """The kubectl in PATH, else the one beside this Python; raises UnusableInput."""
    path = shutil.which("kubectl") or shutil.which("kubectl", path=str(Path(sys.executable).parent))
    if not path:
        raise UnusableInput("STACK=kubernetes needs kubectl, which is not there: install it")
    return path


def contexts() -> list[str]:
    done = _run([find_kubectl(), "config", "get-contexts", "--output=name"], COMMAND_S)
    return done.stdout.split()


class Kubectl:
    def __init__(self, context: str, namespace: str) -> None:
        if context not in (known := contexts()):
            refuse("CONTEXT", context, f"name the cluster: {', '.join(known) or 'kubectl config knows none'}")
        self.command = [find_kubectl(), f"--context={context}", f"--namespace={namespace}"]
        self.namespace = namespace

    def run(self, *words: str, given: str | None = None, seconds: float = COMMAND_S) -> str:
        """Its output; raises TargetError with its last line."""
        done = _run([*self.command, *words], seconds, given)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise TargetError(f"kubectl {' '.join(words)}: {last}")
        return done.stdout

    def read(self, *words: str) -> Any:
        return json.loads(self.run("get", *words, "--output=json"))

    def pods(self, selector: str) -> list[Object]:
        """The pods that are not being deleted."""
        pods: list[Object] = self.read("pods", f"--selector={selector}")["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def placed(self, selector: str) -> Placed:
        return {
            str(pod["metadata"]["name"]): (
                str(pod["metadata"]["uid"]),
                str(pod["spec"].get("nodeName", "no node")),
                sum(int(status.get("restartCount", 0)) for status in statuses(pod)),
            )
            for pod in self.pods(selector)
        }

    def until(self, done: Callable[[], bool], selector: str, what: str, seconds: float) -> None:
        """Waits; raises TargetError for a pod that cannot start, and when the time is over."""
        ends = time.monotonic() + seconds
        while not done():
            for pod in self.pods(selector):
                if reason := _obstacle(pod):
                    raise TargetError(f"{what}: {reason}")
            if time.monotonic() > ends:
                raise TargetError(f"{what} took more than {seconds:.0f} s: {self._held_up(selector)}")
            time.sleep(POLL_S)

    def _held_up(self, selector: str) -> str:
        """The last warning of the first pod that is not ready."""
        for pod in self.pods(selector):
            if not all(status.get("ready") for status in statuses(pod)) or not statuses(pod):
                name = pod["metadata"]["name"]
                events = self.read("events", f"--field-selector=involvedObject.name={name},type=Warning")["items"]
                said = f"{events[-1]['reason']}: {events[-1]['message']}" if events else "no warning"
                return f"pod {name} is {pod['status']['phase']} ({said})"
        return f"no pod has {selector}: see kubectl describe"


def statuses(pod: Object) -> list[Object]:
    states: list[Object] = pod["status"].get("containerStatuses", [])
    return states


def _obstacle(pod: Object) -> str | None:
    for status in _all_statuses(pod):
        waiting = status.get("state", {}).get("waiting", {})
        if cure := HOPELESS.get(waiting.get("reason", "")):
            said = waiting.get("message", status.get("image", "")).splitlines()[0]
            return f"pod {pod['metadata']['name']} has {waiting['reason']} ({said}): {cure}"
    return None


def _all_statuses(pod: Object) -> Iterator[Object]:
    yield from pod["status"].get("initContainerStatuses", [])
    yield from statuses(pod)


def _run(command: list[str], seconds: float, given: str | None = None) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TargetError(f"{' '.join(command)}: {error}") from error
