"""Runs the pods of deploy/kubernetes with podman, without a cluster, and checks that they are confined and answer.

    python -m tools.play_deployments

From the laptop overlay: MySQL and Redis first, then the job that seeds them by TCP, then one service after the other.
Needs root, podman, kubectl and the images. All share one network, in which names of services resolve to loopback.
"""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml

from loadtests.schema.files import ROOT
from loadtests.targets.kubectl import find_kubectl

OVERLAY: Final = ROOT / "deploy" / "kubernetes" / "overlays" / "laptop"
NETWORK: Final = "async-rewrite-matrix-play"
INSIDE: Final = ("nsenter", f"--net=/run/netns/{NETWORK}")
SERVICES: Final = ("sync", "sync-cached", "async", "async-cached")
READS: Final = (
    "/health/live",
    "/health/ready",
    "/api/products?limit=3",
    "/api/products/1",
    "/api/dashboard",
    "/metrics",
)
ORDER: Final = '{"customer_id": 1, "lines": [{"product_id": 1, "quantity": 1}]}'
INSPECTED: Final = "{{.HostConfig.ReadonlyRootfs}} {{len .EffectiveCaps}} {{.Config.User}} {{.HostConfig.Memory}}"
COMMAND_S: Final = 120
PROCESSES: Final = 4096
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
READY_S: Final = 180
# In a URL, or alone.
NAMES: Final = re.compile(r"^(\w+://(?:\w+@)?)?(?:database|cache)(:\d+/\w+)?$")
Manifest = dict[str, Any]


class Wrong(Exception):
    """A failed check, in one line."""


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    if done.returncode:
        raise Wrong(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout.strip()


def inside(*command: str) -> str:
    return run(*INSIDE, *command)


def as_deployment(manifest: Manifest) -> Manifest:
    """The manifest in a form that podman knows: it has no CronJob."""
    deployment = manifest
    if manifest["kind"] == "CronJob":
        template = manifest["spec"]["jobTemplate"]["spec"]["template"]
        deployment = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "seed"}, "spec": template["spec"]}
    pod = deployment["spec"] if deployment["kind"] == "Pod" else deployment["spec"]["template"]["spec"]
    pod["hostNetwork"] = True
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        container["imagePullPolicy"] = "Never"
        # With the host network no port can be published.
        container.pop("ports", None)
        # Docker runs an image without a PATH, podman does not.
        if not container["image"].startswith("async-rewrite-matrix"):
            container["env"] = [*container.get("env", []), {"name": "PATH", "value": PATH}]
    for volume in pod["volumes"]:
        if "secret" in volume:
            volume["secret"]["optional"] = False
    return deployment


def without_names(manifest: Manifest) -> Manifest:
    """Without a cluster's DNS the addresses of services are loopback."""
    data = {name: NAMES.sub(r"\g<1>127.0.0.1\g<2>", value) for name, value in manifest["data"].items()}
    return {**manifest, "data": data}


@contextmanager
def played(manifests: list[Manifest], name: str) -> Iterator[str]:
    """The name of the pod's last container."""
    own = next(
        each for each in manifests if each["kind"] in ("Deployment", "CronJob") and each["metadata"]["name"] == name
    )
    needed = [without_names(each) for each in manifests if each["kind"] in ("ConfigMap", "Secret")]
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(yaml.safe_dump_all([*needed, as_deployment(own)]))
        try:
            inside("podman", "kube", "play", str(file))
            yield containers(name)[-1]
        finally:
            succeeds("podman", "kube", "down", str(file))


def containers(name: str) -> list[str]:
    return run("podman", "ps", "--all", "--noheading", "--format={{.Names}}", f"--filter=name=^{name}-").split()


@contextmanager
def nothing_left() -> Iterator[None]:
    """Removes the leftovers of podman: ConfigMaps, Secrets, and the volumes that an image declares."""
    before = {kind: run("podman", kind, "ls", "--quiet").split() for kind in ("volume", "secret")}
    try:
        yield
    finally:
        for kind, known in before.items():
            for each in set(run("podman", kind, "ls", "--quiet").split()) - set(known):
                run("podman", kind, "rm", each)


@contextmanager
def limits() -> Iterator[None]:
    """On some machines podman may not raise the limit of open files."""
    with TemporaryDirectory() as folder:
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        file = Path(folder) / "containers.conf"
        ulimits = f'default_ulimits = ["nofile={files}:{files}", "nproc={PROCESSES}:{PROCESSES}"]'
        file.write_text(f"[containers]\n{ulimits}\n")
        os.environ["CONTAINERS_CONF"] = str(file)
        yield


@contextmanager
def network() -> Iterator[None]:
    run("ip", "netns", "add", NETWORK)
    try:
        run("ip", "-n", NETWORK, "link", "set", "lo", "up")
        yield
    finally:
        run("ip", "netns", "del", NETWORK)


def until(what: str, container: str, done: Callable[[], bool]) -> None:
    ends = time.monotonic() + READY_S
    while not done():
        if time.monotonic() > ends:
            raise Wrong(f"{what} was not there in {READY_S} s: {run('podman', 'logs', '--tail=3', container)}")
        time.sleep(1)


def succeeds(*command: str) -> bool:
    try:
        inside(*command)
    except Wrong:
        return False
    return True


def is_seeded(container: str) -> bool:
    """Raises Wrong if the job failed."""
    state = run("podman", "inspect", container, "--format={{.State.Status}} {{.State.ExitCode}}")
    if state.startswith("exited") and state != "exited 0":
        raise Wrong(f"the seed failed: {run('podman', 'logs', '--tail=3', container)}")
    return state == "exited 0"


def curl(path: str, *more: str) -> str:
    return inside(
        "curl", "--silent", "--show-error", "--fail", "--max-time", "10", *more, f"http://127.0.0.1:8000{path}"
    )


def answers(name: str, container: str) -> None:
    until(name, container, lambda: succeeds("curl", "--silent", "--fail", "http://127.0.0.1:8000/health/ready"))
    if f"x-combination: {name}" not in curl("/health/ready", "--dump-header", "-").lower().splitlines():
        raise Wrong(f"{name} does not say its name")
    for path in READS:
        curl(path)
    curl(
        "/api/orders",
        "--header",
        "Content-Type: application/json",
        "--header",
        f"Idempotency-Key: {name}",
        "--data",
        ORDER,
    )


def is_confined(name: str, container: str) -> None:
    output = run("podman", "inspect", container, f"--format={INSPECTED}")
    if output != f"true 0 10001:10001 {512 * 2**20}":
        raise Wrong(f"{name} is not confined: read-only, capabilities, user, memory are {output}")


def main() -> int:
    try:
        manifests = [each for each in yaml.safe_load_all(run(find_kubectl(), "kustomize", str(OVERLAY))) if each]
        with ExitStack() as stack:
            stack.enter_context(limits())
            stack.enter_context(nothing_left())
            stack.enter_context(network())
            server, _ = [stack.enter_context(played(manifests, name)) for name in ("database", "cache")]
            ready = ("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/3306")
            until("MySQL", server, lambda: succeeds(*ready))
            with played(manifests, "seed") as job:
                until("the seed", job, lambda: is_seeded(job))
            for name in SERVICES:
                with played(manifests, name) as container:
                    answers(name, container)
                    is_confined(name, container)
                    print(f"{name} answers")
    except (Wrong, OSError, subprocess.TimeoutExpired) as error:
        print(f"play_deployments: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
