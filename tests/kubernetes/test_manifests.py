"""deploy/kubernetes as kustomize builds it: valid in two versions of Kubernetes, confined, and the stack of Compose."""

from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from compose.local.definition import FOLDER, read
from tests.support.manifests import (
    OVERLAYS,
    SERVICES,
    Manifest,
    built,
    containers,
    environment,
    find_kubectl,
    kubectl,
    named,
    pod,
)

VERSIONS = ("1.31", "1.37")
# The used fields of the operator's TestRun; pods are checked against Kubernetes' own schema.
TESTRUN = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "k6.io/v1alpha1"},
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["parallelism", "script"],
            "properties": {
                "parallelism": {"type": "integer", "minimum": 1},
                "script": {"type": "object", "required": ["localFile"], "additionalProperties": {"type": "string"}},
                "args": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "initializer": {"type": "object", "required": ["disabled"], "maxProperties": 1},
                "starter": {"type": "object", "required": ["schedulerName"], "maxProperties": 1},
                "runner": {
                    "type": "object",
                    "properties": {
                        "automountServiceAccountToken": {"enum": ["true", "false"]},
                        "metadata": {"type": "object", "additionalProperties": {"type": "object"}},
                    },
                },
            },
        },
    },
}
# A runner's fields in a pod; the others are those of its container.
OF_THE_POD = ("nodeSelector", "securityContext", "tolerations", "topologySpreadConstraints")


@pytest.fixture(scope="module", autouse=True)
def used(record_testsuite_property: Any) -> None:
    """Prints which kustomize builds the manifests."""
    versions = yaml.safe_load(kubectl("version", "--client", "--output=yaml"))
    used = f"{find_kubectl()} {versions['clientVersion']['gitVersion']}, kustomize {versions['kustomizeVersion']}"
    record_testsuite_property("kubectl", used)
    print(used)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_valid(overlay: str, version: str) -> None:
    manifests = [each for each in built(overlay) if each["kind"] != "TestRun"]
    assert len(manifests) == len(built(overlay)) - 1
    for manifest in [*manifests, runner(overlay)]:
        assert kubernetes_validate.validate(manifest, version, strict=True) == version


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_testrun_has_fields_of_the_operator(overlay: str) -> None:
    Draft202012Validator(TESTRUN).validate(named(overlay, "TestRun", "start"))


def runner(overlay: str) -> Manifest:
    """The pod that the operator makes of a TestRun's runner."""
    fields = dict(named(overlay, "TestRun", "start")["spec"]["runner"])
    metadata, _ = {"name": "runner", **fields.pop("metadata")}, fields.pop("automountServiceAccountToken")
    spec = {name: fields.pop(name) for name in OF_THE_POD if name in fields}
    container = {"name": "k6", "securityContext": fields.pop("containerSecurityContext"), **fields}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [container]}}


def pods(overlay: str) -> Iterator[tuple[Manifest, list[Manifest]]]:
    for each in built(overlay):
        if each["kind"] in ("Deployment", "CronJob"):
            yield pod(each), containers(each)
    yield runner(overlay)["spec"], runner(overlay)["spec"]["containers"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_confined(overlay: str) -> None:
    labels = named(overlay, "Namespace", "async-rewrite-matrix")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for spec, inside in pods(overlay):
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in inside:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_measured_pods_have_whole_cores_of_their_own(overlay: str) -> None:
    deployments = [each for each in built(overlay) if each["kind"] == "Deployment"]
    for container in [
        *(one for each in deployments for one in containers(each)),
        *runner(overlay)["spec"]["containers"],
    ]:
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert requests == limits
        assert int(requests["cpu"]) >= 1
    assert {each["spec"]["strategy"]["type"] for each in deployments} == {"Recreate"}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_names_and_probes_of_compose(overlay: str, name: str) -> None:
    (container,) = pod(named(overlay, "Deployment", name))["containers"]
    service = named(overlay, "Service", name)["spec"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert (service["ports"][0]["port"], ports[service["ports"][0]["targetPort"]]) == (8000, 8000)
    assert service["selector"] == named(overlay, "Deployment", name)["spec"]["selector"]["matchLabels"]
    check = " ".join(yaml.safe_load((FOLDER / "api.yaml").read_text())["services"][name]["healthcheck"]["test"])
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "http"
        assert f"GET {container[probe]['httpGet']['path']} " in check


@pytest.mark.parametrize("name", ["database", "cache"])
def test_the_laptop_overlays_servers_have_the_options_of_compose(name: str) -> None:
    (container,) = pod(named("laptop", "Deployment", name))["containers"]
    assert container["args"] == list((read({}).database if name == "database" else read({}).cache).command)
    image = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["services"][name]["image"]
    used = {each["image"] for _, inside in pods("laptop") for each in inside}
    assert (container["image"], image in used) == (image, True)


@pytest.mark.parametrize("overlay", ["managed", "nodes"])
def test_external_servers_are_reached_by_tls_with_passwords_from_a_secret(overlay: str) -> None:
    kinds = {each["kind"] for each in built(overlay)}
    assert "Secret" not in kinds
    for name in SERVICES:
        own = environment(overlay, name)
        (secrets,) = (each["secret"] for each in pod(named(overlay, "Deployment", name))["volumes"] if "secret" in each)
        there = {f"/run/secrets/{item['path']}" for item in secrets["items"]}
        assert own["DATABASE_TLS"] == "verify"
        assert {value for key, value in own.items() if key.endswith("_FILE")} <= there
        assert "/run/secrets/root" not in there
        assert own.get("CACHE_URL", "").startswith("rediss://") is name.endswith("cached")


def test_services_and_load_have_nodes_of_their_own_in_one_zone() -> None:
    services = [pod(named("nodes", "Deployment", name)) for name in SERVICES]
    load = named("nodes", "TestRun", "start")["spec"]["runner"]
    zones = {each["nodeSelector"]["topology.kubernetes.io/zone"] for each in [*services, load]}
    assert len(zones) == 1
    for role, each in [*(("service", service) for service in services), ("load", load)]:
        assert each["nodeSelector"]["matrix-role"] == role
        assert each["tolerations"][0]["value"] == role


def test_an_overlay_names_the_images_of_services_and_generators() -> None:
    images = {each["image"] for _, inside in pods("managed") for each in inside}
    assert {f"async-rewrite-matrix-{name}" for name in ("sync", "async", "k6")} < images
