"""What kept a step from more: the cores that were full, and whose they were."""

from typing import Final

import msgspec

from loadtests.schema.result import Result
from loadtests.schema.server import Server

FULL: Final = 0.9
SERVICE: Final = "service"
GENERATOR: Final = "k6"
OTHERS: Final = "other programs"
# With these in the way a load says nothing about a service.
NOT_THE_SERVICE: Final = frozenset({GENERATOR, OTHERS})
# Of all cores together, by programs that are none of the stack's; the system's own work for them stays below it.
DISTURBED: Final = 0.25
BESIDE: Final = ("database", "cache", "proxy", GENERATOR)
TITLES: Final = {
    "database": "database CPU",
    "cache": "Redis CPU",
    "proxy": "CPU of the proxy before the database",
    GENERATOR: "load generator",
}


class Limit(msgspec.Struct, frozen=True):
    """The program that filled its cores, null where none did; `cores_used` by program, in cores.

    Programs that are none of the stack's come first: a machine that they keep busy measures them.

    Database, Redis and k6 share the cores that the service does not have. When those are full, the one that used most
    of them is named, and the sentence says how much of them was k6.
    """

    name: str | None
    sentence: str
    cores_used: dict[str, float]


def limit_of(result: Result) -> Limit:
    server = result.server
    if server is None or not server.programs:
        return Limit(None, "not known: the server's side was not captured", {})
    used = {name: usage.cpu_s / result.duration_s for name, usage in server.programs.items()}
    rounded = {name: round(value, 3) for name, value in used.items()}
    if foreign := _foreign(server, used):
        return Limit(OTHERS, f"programs besides the stack's kept {foreign:.1f} cores busy", rounded)
    mine = used.get(SERVICE, 0.0) / max(1, server.cores.get(SERVICE, 1))
    beside = {name: used[name] / max(1, server.cores.get(name, 1)) for name in BESIDE if name in used}
    if mine >= FULL:
        return Limit(SERVICE, f"service CPU, {mine:.0%} of its cores", rounded)
    if sum(beside.values()) < FULL:
        return Limit(None, f"waiting: no core was full (service {mine:.0%})", rounded)
    busiest = max(beside, key=lambda name: beside[name])
    shares = ", ".join(f"{name} {share:.0%}" for name, share in beside.items())
    return Limit(busiest, f"{TITLES[busiest]}; the cores beside the service are full: {shares}", rounded)


def _foreign(server: Server, used: dict[str, float]) -> float | None:
    """The cores that other programs used; null when they were few, or the service itself is not known."""
    if SERVICE not in used or not server.core_use:
        return None
    foreign = sum(core.busy for core in server.core_use.values()) - sum(used.values())
    return foreign if foreign > DISTURBED * len(server.core_use) else None
