"""A stand-in for kubectl and its cluster: answers written by hand after the API's, and real k6 as the runners.

python kubectl_stand_in.py WORDS, with a folder in STAND_IN that holds services.json (where each service is), and with a
trouble in TROUBLE that the cluster is to have.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

FOLDER: Final = Path(os.environ["STAND_IN"])
TROUBLE: Final = os.environ.get("TROUBLE", "")
SERVICES: Final = json.loads((FOLDER / "services.json").read_text())
SCRIPT: Final = os.environ["SCRIPT"]
Json = dict[str, Any]


def main(words: list[str]) -> int:
    words = [word for word in words if not word.startswith(("--context=", "--namespace="))]
    if words[0] == "kustomize":
        os.execv(os.environ["KUBECTL"], ["kubectl", *words])  # noqa: S606 (the real one)
    with (FOLDER / "commands").open("a") as commands:
        commands.write(" ".join(words) + "\n")
    return int(COMMANDS[words[0]](words[1:]) or 0)


def config(_: list[str]) -> None:
    print("kind-here\nelsewhere")


def get(words: list[str]) -> int:
    kind, options = words[0], dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    if kind == "crd":
        return (
            failed('Error from server (NotFound): customresourcedefinitions "testruns.k6.io" not found')
            if TROUBLE == "no operator"
            else 0
        )
    if kind == "deployment":
        counts = dict.fromkeys(
            ("replicas", "updatedReplicas", "availableReplicas"), 0 if TROUBLE in ("pending", "image") else 1
        )
        answer({"metadata": {"generation": 2}, "spec": {"replicas": 1}, "status": {"observedGeneration": 2, **counts}})
    elif kind == "job":
        condition = "Failed" if TROUBLE == "seed" else "Complete"
        answer({"status": {"conditions": [{"type": condition, "status": "True"}]}})
    elif kind == "node":
        labels = {"node.kubernetes.io/instance-type": "m7i.4xlarge"}
        system = {"osImage": "Debian GNU/Linux 13", "kernelVersion": "6.12"}
        answer({"metadata": {"labels": labels}, "status": {"capacity": {"cpu": "16"}, "nodeInfo": system}})
    elif kind == "events":
        answer({"items": [{"reason": "FailedScheduling", "message": "0/3 nodes are available: 3 Insufficient cpu."}]})
    else:
        selector = dict(part.split("=", 1) for part in options["selector"].replace("!=", "_=").split(","))
        answer({"items": runners() if "k6_cr" in selector else stack(selector.get("app"))})
    return 0


def stack(app: str | None) -> list[Json]:
    """Pods of the services; one is restarted while k6 runs, where that is the trouble."""
    names = [app] if app else list(SERVICES)
    restarts = int(TROUBLE == "restarted" and (FOLDER / "testrun.json").exists() and ended(0) is not None)
    pods = [pod(f"{name}-5f7c", {"app": name}, {"running": {}}, restarts) for name in names]
    if TROUBLE == "pending":
        pods = [{**each, "status": {"phase": "Pending"}} for each in pods]
    if TROUBLE == "image":
        waiting = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "async-rewrite-matrix-sync"'}
        pods = [pod(f"{name}-5f7c", {"app": name}, {"waiting": waiting}, 0) for name in names]
    return pods


def pod(name: str, labels: Json, state: Json, restarts: int = 0, ready: bool = True) -> Json:
    status = {"state": state, "restartCount": restarts, "ready": ready, "imageID": f"sha256:{name}"}
    phase = "Running" if "running" in state else "Failed"
    return {
        "metadata": {"name": name, "uid": name, "labels": labels},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": phase, "containerStatuses": [status]},
    }


def runners() -> list[Json]:
    run = json.loads((FOLDER / "testrun.json").read_text())
    found = []
    for number, port in enumerate(run["ports"]):
        code = ended(number)
        state: Json = (
            {"running": {}}
            if code is None
            else {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed"}}
        )
        job = f"{run['name']}-{number + 1}"
        each = pod(f"{job}-x7k2p", {"job-name": job}, state, ready=code is None and listens(port))
        if TROUBLE == "evicted" and number == 1 and code is not None:
            each["status"] |= {"reason": "Evicted", "message": "The node was low on resource: memory."}
        found.append(each)
    return found


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ended(number: int) -> int | None:
    path = FOLDER / f"{number}.code"
    return int(path.read_text()) if path.exists() and path.read_text() else None


def apply(_: list[str]) -> None:
    given = sys.stdin.read()
    if '"TestRun"' in given:
        start(json.loads(given))


def start(run: Json) -> None:
    """Runs each runner's command as the operator does; what it writes is its pod's log."""
    many, runner = run["spec"]["parallelism"], run["spec"]["runner"]
    variables = {each["name"]: each["value"] for each in runner["env"]}
    # There are no names of a cluster here.
    names, _ = variables["COMBINATIONS"], variables.pop("TARGETS")
    variables |= {"COMBINATIONS": f"{FOLDER}/combinations.json#{names}"}
    edges = [str(Fraction(edge, many)) for edge in range(many + 1)]
    ports, pids = [free() for _ in range(many)], []
    for number, port in enumerate(ports):
        (FOLDER / f"{number}.code").unlink(missing_ok=True)
        parts = [
            f"--execution-segment={edges[number]}:{edges[number + 1]}",
            f"--execution-segment-sequence={','.join(edges)}",
        ]
        command = [os.environ["K6"], "run", "--quiet", *(parts if many > 1 else [])]
        command += [
            *run["spec"]["args"],
            SCRIPT,
            f"--address=127.0.0.1:{port}",
            "--paused",
            "--tag",
            f"instance_id={number + 1}",
        ]
        shell = f'"$@" >{FOLDER}/{number}.log 2>&1; echo $? >{FOLDER}/{number}.code'
        environment = {"PATH": os.environ["PATH"], "HOME": str(FOLDER), **variables}
        process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        pids.append(process.pid)
    (FOLDER / "testrun.json").write_text(json.dumps({"name": run["metadata"]["name"], "ports": ports, "pids": pids}))


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def delete(_: list[str]) -> None:
    for pid in json.loads((FOLDER / "testrun.json").read_text())["pids"]:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def logs(words: list[str]) -> None:
    (name,) = (word for word in words if not word.startswith("--"))
    if name.startswith("job/"):
        print("ERROR 1045 (28000): Access denied for user 'root'@'10.0.0.9'")
        return
    number = int(name.split("-")[-2]) - 1
    with (FOLDER / f"{number}.log").open() as log:
        while True:
            over = ended(number) is not None or "--follow" not in words
            text = log.read()
            sys.stdout.write(text[: len(text) // 2] if TROUBLE == "cut" and "--follow" not in words else text)
            sys.stdout.flush()
            if over:
                return
            time.sleep(0.1)


def proxy(_: list[str]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    print(f"Starting to serve on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


class Proxy(BaseHTTPRequestHandler):
    """Forwards requests to a service or a pod, like the API server."""

    def pass_on(self) -> None:
        *_, kind, name, _, rest = self.path.split("/", 8)
        place = urlsplit(SERVICES[name.partition(":")[0]]).netloc if kind == "services" else runner_of(name)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(place, timeout=200)
        connection.request(self.command, f"/{rest}", body)
        answered = connection.getresponse()
        text = answered.read()
        self.send_response(answered.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = pass_on  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def runner_of(name: str) -> str:
    run = json.loads((FOLDER / "testrun.json").read_text())
    return f"127.0.0.1:{run['ports'][int(name.split('-')[-2]) - 1]}"


def answer(document: Json) -> None:
    print(json.dumps(document))


def failed(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def done(_: list[str]) -> None:
    pass


def version(_: list[str]) -> None:
    answer({"serverVersion": {"gitVersion": "v1.35.0"}})


COMMANDS: Final = {
    "config": config,
    "get": get,
    "apply": apply,
    "create": done,
    "rollout": done,
    "delete": delete,
    "logs": logs,
    "proxy": proxy,
    "version": version,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
