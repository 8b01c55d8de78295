"""The limit of a step: the full cores, and the program that filled them."""

from typing import Final

import msgspec

from loadtests.schema.result import Result
from loadtests.schema.server import Server

FULL: Final = 0.9
SERVICE: Final = "service"
GENERATOR: Final = "k6"
OTHERS: Final = "other programs"
# If these are the limit, a load says nothing about the service.
NOT_THE_SERVICE: Final = frozenset({GENERATOR, OTHERS})
# Share of all cores used by programs outside the stack; the kernel's work for them stays below it.
DISTURBED: Final = 0.25
BESIDE: Final = ("database", "cache", "proxy", GENERATOR)
TITLES: Final = {
    "database": "database CPU",
    "cache": "Redis CPU",
    "proxy": "CPU of the proxy before the database",
    GENERATOR: "load generator",
}


class Limit(msgspec.Struct, frozen=True):
    """The program that filled its cores, null if none did; `cores_used` by program, in cores.

    Programs outside the stack come first: if they keep the machine busy, they are what is measured.

    Database, Redis and k6 share the cores beside the service. If those are full, the limit is the program that used
    most of them, and the sentence has k6's share.
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
    """The cores used by other programs; null if they were few or the service's own use is unknown."""
    if SERVICE not in used or not server.core_use:
        return None
    foreign = sum(core.busy for core in server.core_use.values()) - sum(used.values())
    return foreign if foreign > DISTURBED * len(server.core_use) else None
