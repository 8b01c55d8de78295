"""Checks the tool on real services and a known effect: two runs, as `selfcheck --help` describes them."""

import http.client
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.stack import Stack
from loadtests.analysis.read import COMBINATIONS, read_rounds
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import PASS, Mode
from loadtests.report.plain_text import console
from loadtests.report.terminal import show
from loadtests.runner.ended import say
from loadtests.runner.folders import new_folder
from loadtests.runner.matrix import measure_matrix
from loadtests.schema.plan import Plan, make_plan
from loadtests.targets.alias import alias_target
from loadtests.validation.findings import DELAY_MS, Finding, delay_found, delay_unseen, no_effect
from loadtests.verdict.comparison import Comparison, compare

SERVICES: Final = ("async", "async-cached")
UNEQUAL: Final = {"sync": "async", "sync-cached": "async-cached", "async": "async", "async-cached": "async-cached"}


def check(plan: Plan) -> int:
    """Measures both runs with the profile, rounds and load of a plan; 1 when a finding does not hold."""
    findings = _findings(plan)
    for finding in findings:
        print(f"{'ok    ' if finding.holds else 'FAILED'} {finding.what}: {finding.figures}")
    return 0 if all(finding.holds for finding in findings) else 1


def combinations_file(path: Path, urls: Mapping[str, str], services: Mapping[str, str]) -> Path:
    """The address of each name, and the service that has to answer there.

    Names of one and the same service vary nothing but their own name.
    """
    same = len(set(services.values())) == 1
    entries = [
        {
            "name": name,
            "url": urls[name],
            "expect": services[name],
            "varies": {"stack": name if same else name.partition("-")[0], "cache": services[name].endswith("-cached")},
        }
        for name in COMBINATIONS
    ]
    path.write_bytes(msgspec.json.encode(entries))
    return path


def _findings(plan: Plan) -> list[Finding]:
    folder = plan.results.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with Stack(StackOptions(workers=1, port_base=plan.port_base, only=list(SERVICES), progress=say)) as stack:
        equal = dict.fromkeys(COMBINATIONS, "async-cached")
        urls = {name: stack.url(service) for name, service in equal.items()}
        first = _measured(folder / "equal", stack, equal, urls, plan)
        with ExitStack() as proxies:
            urls = {}
            for name, service in UNEQUAL.items():
                port = int(stack.url(service).rpartition(":")[2])
                proxy = proxies.enter_context(Proxy(port, cores=stack.placement.others))
                # Half in each direction.
                proxy.switch(Mode("delay", DELAY_MS / 2000) if name in SERVICES else PASS)
                urls[name] = f"http://127.0.0.1:{proxy.port}"
            really_ms = added_ms(urls["sync-cached"], urls["async-cached"])
            say(f"the proxy adds {really_ms:.2f} ms to an otherwise idle request")
            second = _measured(folder / "delayed", stack, UNEQUAL, urls, plan)
    return [no_effect(first), delay_found(second, really_ms=really_ms), delay_unseen(second, really_ms=really_ms)]


def _measured(
    results: Path, stack: Stack, services: Mapping[str, str], urls: Mapping[str, str], plan: Plan
) -> Comparison:
    combinations = combinations_file(results.with_suffix(".json"), urls, services)
    measured = make_plan(
        plan.profile_name,
        combinations=str(combinations),
        stack="none",
        rounds=plan.rounds,
        results=results,
        load=plan.load,
    )
    # The bottleneck is only known of servers of our own stack.
    folder = new_folder(results, measured.profile_name)
    measure_matrix(measured, folder, alias_target(stack, services, urls))
    comparison = compare(read_rounds(folder))
    show(comparison, console())
    if comparison.all_void:
        raise StackError("every cell is void, for the reasons above: this needs a quiet machine")
    return comparison


PROBES: Final = 200
TIMEOUT_S: Final = 5


def added_ms(near: str, far: str) -> float:
    """How much later one address answers than the other: the median of alternating single requests."""
    with ExitStack() as connections:
        both = [connections.enter_context(closing(_connected(url))) for url in (near, far)]
        return median(_seconds(both[1]) - _seconds(both[0]) for _ in range(PROBES)) * 1000


def _connected(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT_S)


def _seconds(connection: http.client.HTTPConnection) -> float:
    start = time.perf_counter()
    connection.request("GET", "/health/live")
    connection.getresponse().read()
    return time.perf_counter() - start
