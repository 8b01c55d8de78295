"""The stack on a Kubernetes cluster; the k6 operator runs the load generators."""

import json
import re
import secrets
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import yaml

from loadtests.schema.files import ROOT
from loadtests.schema.plan import Plan
from loadtests.schema.settings import UnusableInput, refuse
from loadtests.targets.base import Say, Target, TargetError
from loadtests.targets.kubectl import COMMAND_S, Kubectl, Object, find_kubectl, statuses
from loadtests.targets.runners import STACK, Runners

OVERLAYS: Final = ROOT / "deploy" / "kubernetes" / "overlays"
SEED_S: Final = 1800
READY_S: Final = 300
PROXY: Final = re.compile(r"127\.0\.0\.1:(\d+)")
OPERATOR: Final = "the cluster has no TestRuns (testruns.k6.io): install k6-operator 1.6 or newer"


class KubernetesTarget(Target):
    """Services read through kubectl's proxy on `port`; database and Redis belong to the cluster."""

    def __init__(self, plan: Plan, kubectl: Kubectl, manifests: Sequence[Object], port: int) -> None:
        self._plan = plan
        self._kubectl = kubectl
        self._port = port
        self._testrun = _testrun(manifests)
        self._servers = [
            each["metadata"]["name"]
            for each in manifests
            if each["kind"] == "Deployment" and each["spec"]["template"]["spec"]["containers"][0]["name"] != "service"
        ]

    def url(self, name: str) -> str:
        services = f"/api/v1/namespaces/{self._kubectl.namespace}/services"
        return f"http://127.0.0.1:{self._port}{services}/{name}:http/proxy"

    def host(self) -> dict[str, Any]:
        """The kinds of nodes that run the services."""
        names = sorted({node for _, node, _ in self._kubectl.placed(STACK).values()})
        nodes = [self._kubectl.read("node", name) for name in names]
        kinds = {each["metadata"]["labels"].get("node.kubernetes.io/instance-type", "unknown") for each in nodes}
        status = nodes[0]["status"]
        return {
            "cpu": f"{len(nodes)} nodes: {', '.join(sorted(kinds))}",
            "cores": int(status["capacity"]["cpu"]),
            "system": f"{status['nodeInfo']['osImage']}, {status['nodeInfo']['kernelVersion']}",
        }

    def prepare(self, names: Sequence[str], restore: bool) -> None:  # noqa: ARG002 (the job always does both)
        self.wait(self._servers)
        self._seed()
        self._kubectl.run("rollout", "restart", *(f"deployment/{name}" for name in names))
        self.wait(names)

    def wait(self, names: Iterable[str]) -> None:
        for name in names:
            self._kubectl.until(partial(self._is_rolled_out, name), f"app={name}", name, READY_S)

    def _is_rolled_out(self, name: str) -> bool:
        deployment = self._kubectl.read("deployment", name)
        status, replicas = deployment["status"], deployment["spec"]["replicas"]
        counts = [status.get(each, 0) for each in ("replicas", "updatedReplicas", "availableReplicas")]
        return status.get("observedGeneration") == deployment["metadata"]["generation"] and counts == [replicas] * 3

    def _seed(self) -> None:
        job = f"seed-{secrets.token_hex(3)}"
        self._kubectl.run("create", "job", job, "--from=cronjob/seed")
        self._kubectl.until(lambda: self._has_ended(job), f"job-name={job}", job, SEED_S)

    def _has_ended(self, job: str) -> bool:
        """Raises TargetError for a failed job."""
        conditions = self._kubectl.read("job", job)["status"].get("conditions", [])
        true = {each["type"] for each in conditions if each["status"] == "True"}
        if "Failed" in true:
            said = self._kubectl.run("logs", f"job/{job}", "--all-containers", "--tail=1").strip()
            raise TargetError(f"{job} failed: {said or 'see kubectl describe'}")
        return "Complete" in true

    def generator(self, variables: dict[str, str], log: Path) -> Runners:
        return Runners(self._kubectl, self._port, self._testrun, self._plan.generators, variables, log)

    def database(self, name: str) -> str:
        return name

    def versions(self) -> dict[str, str]:
        return {
            "kubernetes": str(json.loads(self._kubectl.run("version", "--output=json"))["serverVersion"]["gitVersion"])
        }

    def images(self) -> dict[str, str]:
        pods = self._kubectl.pods(STACK)
        return {pod["metadata"]["labels"]["app"]: status["imageID"] for pod in pods for status in statuses(pod)}


@contextmanager
def kubernetes_target(plan: Plan, say: Say) -> Iterator[KubernetesTarget]:
    """Applies the overlay and leaves it there; only the objects of single starts are removed."""
    manifests = _built(plan)
    kubectl = Kubectl(plan.context, _testrun(manifests)["metadata"]["namespace"])
    _require_operator(kubectl)
    say(f"kubectl apply to {plan.context}, namespace {kubectl.namespace}")
    applied = [each for each in manifests if each["kind"] != "TestRun"]
    kubectl.run("apply", "-f", "-", given=yaml.safe_dump_all(applied))
    with _proxy(kubectl) as port:
        target = KubernetesTarget(plan, kubectl, manifests, port)
        target.prepare(plan.names, restore=True)
        yield target


def _built(plan: Plan) -> list[Object]:
    folder = OVERLAYS / plan.overlay if "/" not in plan.overlay else Path(plan.overlay)
    if not (folder / "kustomization.yaml").is_file():
        refuse("OVERLAY", plan.overlay, "give a folder with a kustomization.yaml, or laptop, managed or nodes")
    done = subprocess.run(
        [find_kubectl(), "kustomize", str(folder)], capture_output=True, text=True, timeout=COMMAND_S, check=False
    )
    if done.returncode:
        refuse("OVERLAY", plan.overlay, f"kustomize refuses it: {done.stderr.strip().splitlines()[-1]}")
    manifests: list[Object] = [each for each in yaml.safe_load_all(done.stdout) if each]
    deployments = {each["metadata"]["name"] for each in manifests if each["kind"] == "Deployment"}
    if missing := [name for name in plan.names if name not in deployments]:
        refuse("COMBINATIONS", ",".join(missing), f"the overlay has {', '.join(sorted(deployments))}")
    return manifests


def _testrun(manifests: Sequence[Object]) -> Object:
    (testrun,) = (each for each in manifests if each["kind"] == "TestRun")
    return testrun


def _require_operator(kubectl: Kubectl) -> None:
    try:
        kubectl.run("get", "crd", "testruns.k6.io")
    except TargetError as error:
        raise UnusableInput(OPERATOR if "NotFound" in str(error) else str(error)) from error


@contextmanager
def _proxy(kubectl: Kubectl) -> Iterator[int]:
    """The loopback port on which kubectl forwards requests to the cluster, as this user."""
    command = [*kubectl.command, "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not (match := PROXY.search(said)):
                raise TargetError(f"kubectl proxy did not start: try {' '.join(command)}")
            yield int(match[1])
        finally:
            process.terminate()
