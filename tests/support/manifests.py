"""deploy/kubernetes as a cluster would get it: each overlay, built by kustomize."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from loadtests.schema.files import ROOT

DEPLOY: Final = ROOT / "deploy" / "kubernetes"
OVERLAYS: Final = ("laptop", "managed", "nodes")
SERVICES: Final = ("sync", "sync-cached", "async", "async-cached")
TIMEOUT_S: Final = 60
Manifest = dict[str, Any]


def find_kubectl() -> str:
    """The kubectl beside this Python, else the one in PATH."""
    found = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    assert found, "kubectl is missing: make setup"
    return found


def kubectl(*words: str) -> str:
    command = [find_kubectl(), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout


@cache
def built(overlay: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(kubectl("kustomize", str(DEPLOY / "overlays" / overlay))) if each]


def named(overlay: str, kind: str, name: str) -> Manifest:
    (found,) = (each for each in built(overlay) if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def pod(manifest: Manifest) -> Manifest:
    """The pod of a Deployment or a CronJob."""
    spec = manifest["spec"]
    spec = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
    found: Manifest = spec["template"]["spec"]
    return found


def containers(manifest: Manifest) -> list[Manifest]:
    return [*pod(manifest).get("initContainers", []), *pod(manifest)["containers"]]


def environment(overlay: str, name: str) -> dict[str, str]:
    """The variables of a service, from its ConfigMaps; later ones take precedence."""
    (container,) = pod(named(overlay, "Deployment", name))["containers"]
    maps = {each["metadata"]["name"]: each["data"] for each in built(overlay) if each["kind"] == "ConfigMap"}
    merged: dict[str, str] = {}
    for source in container["envFrom"]:
        merged |= maps[source["configMapRef"]["name"]]
    return merged | {each["name"]: each["value"] for each in container.get("env", [])}
