"""What kept a step from more: the cores that were full, and whose they were."""

from typing import Final

import msgspec

from loadtests.results_schema import Result

FULL: Final = 0.9
SERVICE: Final = "service"
GENERATOR: Final = "k6"
BESIDE: Final = ("database", "cache", "proxy", GENERATOR)
TITLES: Final = {
    "database": "database CPU",
    "cache": "Redis CPU",
    "proxy": "CPU of the proxy before the database",
    GENERATOR: "load generator",
}


class Limit(msgspec.Struct, frozen=True):
    """The program that filled its cores, null where none did; `cores_used` by program, in cores.

    Database, Redis and k6 share the cores that the service does not have. When those are full, the one that used most
    of them is named, and the sentence says how much of them was k6.
    """

    name: str | None
    sentence: str
    cores_used: dict[str, float]


def limit_of(result: Result) -> Limit:
    """Gives what was full while a step was measured."""
    server = result.server
    if server is None or not server.programs:
        return Limit(None, "not known: the server's side was not captured", {})
    used = {name: usage.cpu_s / result.duration_s for name, usage in server.programs.items()}
    rounded = {name: round(value, 3) for name, value in used.items()}
    mine = used.get(SERVICE, 0.0) / max(1, server.cores.get(SERVICE, 1))
    beside = {name: used[name] / max(1, server.cores.get(name, 1)) for name in BESIDE if name in used}
    if mine >= FULL:
        return Limit(SERVICE, f"service CPU, {mine:.0%} of its cores", rounded)
    if sum(beside.values()) < FULL:
        return Limit(None, f"waiting: no core was full (service {mine:.0%})", rounded)
    busiest = max(beside, key=lambda name: beside[name])
    shares = ", ".join(f"{name} {share:.0%}" for name, share in beside.items())
    return Limit(busiest, f"{TITLES[busiest]}; the cores beside the service are full: {shares}", rounded)
