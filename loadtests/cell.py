"""One cell: one combination measured once, with the server's side captured around it."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.counters import increase, read_counters
from loadtests.generator import GeneratorFailed
from loadtests.idleness import settle
from loadtests.plan import Plan
from loadtests.results_schema import Result
from loadtests.server_schema import Usage
from loadtests.targets import Target
from loadtests.usage import Sampler

# What k6 needs beside warm-up and measured time: its start, the last requests, the summary.
SPARE_S: Final = 90
LONGEST_S: Final = 24 * 3600


def measure(target: Target, plan: Plan, name: str, number: int, folder: Path, k6: str) -> Result:
    """Gives the result of one cell, which is also written to `folder`; raises GeneratorFailed."""
    target.prepare(name, plan.restores)
    programs = target.programs(name)
    settle(programs)
    before = read_counters(target.url(name))
    generator = target.generator(_variables(plan, name, number, folder), folder / f"{name}.k6.log")
    try:
        pid = generator.pid
        with Sampler(programs | ({"k6": pid} if pid else {})) as sampler:
            generator.wait(LONGEST_S if "DURATION" in plan.passed_on else _limit(plan))
    finally:
        generator.close()
    path = folder / f"{name}.round-{number}.json"
    if not path.exists():
        raise GeneratorFailed(f"k6 wrote no {path.name}: see {folder / f'{name}.k6.log'}")
    document = msgspec.json.decode(path.read_bytes())
    start = datetime.fromisoformat(document["started_at"]).timestamp()
    usage = sampler.between(start, start + document["duration_s"])
    counters = increase(before, read_counters(target.url(name)))
    document["server"] = _server(usage, target.cores, document["requests"], counters)
    document["k6"] = {**document.get("k6", {}), "version": k6}
    write(path, document)
    return msgspec.convert(document, Result)


def write(path: Path, document: dict[str, Any]) -> None:
    """Writes JSON whole or not at all."""
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
    draft.replace(path)


def _variables(plan: Plan, name: str, number: int, folder: Path) -> dict[str, str]:
    return {
        "PROFILE": plan.profile_name,
        "COMBINATIONS": plan.combination(name),
        "ROUND": str(number),
        "RESULTS": str(folder),
        "PORT_BASE": str(plan.port_base),
        **plan.passed_on,
    }


def _limit(plan: Plan) -> float:
    return plan.profile.warm_up_s + plan.profile.duration_s + SPARE_S


def _server(
    usage: dict[str, Usage], cores: dict[str, int], requests: int, counters: dict[str, float]
) -> dict[str, Any]:
    service = usage.get("service")
    spent = service.cpu_s * 1000 / requests if service and requests else None
    return {
        "programs": msgspec.to_builtins(usage),
        "cores": cores,
        "service_cpu_ms_per_request": None if spent is None else round(spent, 4),
        "counters": counters,
    }
