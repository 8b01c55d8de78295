"""The CPU cost of each service's turns, and the batches that are void for reasons only the runner can see."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from loadtests.analysis.starvation import saturated, without_a_core
from loadtests.observe.window import Observation, Phase, Programs

# Share of a core, by a service without requests: above this it slows the service whose turn it is.
AT_WORK: Final = 0.02
MILLISECONDS: Final = 1000

Documents = Mapping[str, dict[str, Any]]


class Service(NamedTuple):
    """One combination's programs, its database user, and whether it uses Redis."""

    programs: Programs
    user: str
    cached: bool


def add_costs(documents: Documents, services: Mapping[str, Service], seen: Observation) -> None:
    """CPU milliseconds per request; null for batches and phases that have no requests or were not observed."""
    for name, phase in seen.phases.items():
        counts = {each: [batch["requests"] for batch in documents[each]["turns"][name]] for each in documents}
        windows = _windows(phase, [sum(batch) for batch in zip(*counts.values(), strict=True)])
        for each, document in documents.items():
            # Several names can belong to one service.
            pid = services[each].programs.get("service")
            asked = [counts[other] for other in documents if services[other].programs.get("service") == pid]
            for number, (start, end) in windows.items():
                spent = seen.samples.spent(pid, start, end)
                requests = sum(count[number] for count in asked)
                document["turns"][name][number]["service_cpu_ms"] = _each(spent and spent.cpu_s, requests)
            document["head_to_head"][name] |= _whole(each, sum(map(sum, asked)), counts, services, seen, phase)


def _whole(
    name: str,
    requests: int,
    counts: Mapping[str, list[int]],
    services: Mapping[str, Service],
    seen: Observation,
    phase: Phase,
) -> dict[str, float | None]:
    """Redis works in one thread for all services: its CPU is divided by requests."""
    own, (start, end) = services[name], (phase.edges[0], phase.edges[-1])
    service = seen.samples.spent(own.programs.get("service"), start, end)
    cache = seen.samples.spent(own.programs.get("cache"), start, end)
    asking = sum(sum(counts[other]) for other in counts if services[other].cached)
    database_s = None if phase.database_s is None else phase.database_s.get(own.user)
    return {
        "service_cpu_ms": _each(service and service.cpu_s, requests),
        "database_cpu_ms": _each(database_s, requests),
        "cache_cpu_ms": _each(cache and cache.cpu_s, asking) if own.cached else None,
    }


def _windows(phase: Phase, requests: list[int]) -> dict[int, tuple[float, float]]:
    """From the first round of a batch to the first round of the next: rounds can be longer than batches."""
    numbers = [
        number for number, count in enumerate(requests) if count and phase.edges[number] < phase.edges[number + 1]
    ]
    edges = [*(phase.edges[number] for number in numbers), phase.edges[-1]]
    return dict(zip(numbers, pairwise(edges), strict=True))


def _each(seconds: float | None, requests: int) -> float | None:
    return None if seconds is None or not requests else round(seconds * MILLISECONDS / requests, 4)


def void_batches(documents: Documents, services: Mapping[str, Service], seen: Observation, k6_cores: int) -> None:
    """Marks void batches with the reason: a starved load generator, a changed ledger, work out of turn."""
    for name, phase in seen.phases.items():
        for number, (start, end) in enumerate(pairwise(phase.edges)):
            batches = [document["turns"][name][number] for document in documents.values()]
            visitors = next(iter(documents.values()))["head_to_head"][name]["visitors"]
            reason = _held_back(batches, seen, start, end, k6_cores, visitors)
            for batch in batches:
                _void(batch, reason)
    for name, document in documents.items():
        changes = [change["entry"] for change in document["server"]["ledger_changes"]]
        reasons = [f"its ledger changed: {', '.join(changes)}"] if changes else list(_out_of_turn(name, services, seen))
        for batch in (batch for batches in document.get("turns", {}).values() for batch in batches):
            _void(batch, "; ".join(reasons))


def _void(batch: dict[str, Any], reason: str | None) -> None:
    batch["void"] = "; ".join(filter(None, (batch["void"], reason))) or None


def _held_back(
    batches: list[dict[str, Any]], seen: Observation, start: float, end: float, cores: int, visitors: int
) -> str | None:
    """One starved k6 is enough; k6 processes with visitors sent about the same number of requests each."""
    spent = [each for pid in seen.k6 if (each := seen.samples.spent(pid, start, end))]
    if not spent or start >= end:
        return None
    requests = sum(batch["requests"] for batch in batches)
    total = sum(batch["requests"] * (batch["latency_ms"]["avg"] or 0.0) for batch in batches)
    waited_s = max((each.waited_s for each in spent if each.waited_s is not None), default=None)
    return saturated(sum(each.cpu_s for each in spent), end - start, cores) or without_a_core(
        waited_s, requests // min(len(spent), visitors), total / requests if requests else None
    )


def _out_of_turn(name: str, services: Mapping[str, Service], seen: Observation) -> Iterator[str]:
    """Work of this service during another one's load."""
    pid = services[name].programs.get("service")
    for other in services:
        load = seen.load(other)
        spent = seen.samples.spent(pid, load.start, load.end) if load else None
        if load is None or spent is None or services[other].programs.get("service") == pid:
            continue
        share = spent.cpu_s / (load.end - load.start)
        if share > AT_WORK:
            yield f"it used {share:.1%} of a core while {other} was measured"
