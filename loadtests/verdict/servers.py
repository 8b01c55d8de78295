"""Another server for the sync service: its gain, compared with that of the rewrite."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from loadtests.schema.combinations import OURS, read_entries
from loadtests.verdict.evidence import TWINS, Evidence
from loadtests.verdict.phrases import CPU, LATENCY, in_words

SERVED: Final = {
    entry.name for entry in read_entries(OURS) if entry.varies and entry.varies.server and not entry.varies.driver
}
REWRITES: Final = dict(TWINS.values())


class OtherServer(NamedTuple):
    """The effect of a server on a sync combination, and that effect compared with the rewrite's."""

    name: str
    effect: str
    against: str
    base: str


def other_servers(evidence: Evidence) -> list[OtherServer]:
    """The measured servers, the quickest first."""
    servers = [
        OtherServer(name, effect, f"{name} against {REWRITES[base]}", base)
        for effect, (base, name) in evidence.pairs.items()
        if base in REWRITES and name in SERVED and evidence.effect(effect)
    ]
    return sorted(servers, key=lambda server: -_ratio(evidence, server.effect))


def best_server(evidence: Evidence) -> OtherServer | None:
    """The quickest server without the cache, if one is shown to be quicker."""
    better = [
        server
        for server in other_servers(evidence)
        if server.base == "sync" and evidence.says(server.effect) == "better"
    ]
    return better[0] if better else None


def _ratio(evidence: Evidence, name: str) -> float:
    effect = evidence.effect(name)
    return (effect and effect.ratio) or 0.0


UNCACHED: Final = "async uncached"
FACTORED: Final = (("latency_avg", "average", LATENCY), ("service_cpu", "service CPU per request", CPU))
TITLES: Final = {"framework": "framework with its Redis client", "server": "server", "driver": "driver"}
VERSUS: Final = {"better": "so it beats the rewrite", "worse": "so the rewrite beats it"}


def server_first(evidence: Evidence) -> Iterator[str]:
    """The sentence in the headline, if a server is shown to be quicker."""
    server = best_server(evidence)
    known = server and {server.base: evidence.effect(server.effect), "the rewrite": evidence.effect(server.against)}
    parts = [f"against {other} {in_words(evidence, effect)}" for other, effect in (known or {}).items() if effect]
    if server and parts:
        yield f"Another server, one line changed: {server.name} is {', '.join(parts)}."


def about_servers(evidence: Evidence) -> Iterator[str]:
    for server in other_servers(evidence):
        parts = [
            f"against {base} {_both(evidence, name)}"
            for base, name in ((server.base, server.effect), ("the rewrite", server.against))
        ]
        end = VERSUS.get(evidence.says(server.against) or "", "so neither is shown to beat the other")
        yield f"Another server: {server.name} is {'; '.join(parts)}; {end}."


def _both(evidence: Evidence, name: str) -> str:
    effect, cpu = evidence.effect(name), evidence.effect(name, "service_cpu")
    parts = [in_words(evidence, effect)] if effect else ["not known"]
    return ", service CPU per request ".join([*parts, *([in_words(evidence, cpu, CPU)] if cpu else [])])


def about_factors(evidence: Evidence) -> Iterator[str]:
    """The factors of the rewrite."""
    for metric, title, words in FACTORED:
        rewrite = evidence.effect(UNCACHED, metric)
        parts = [
            f"the {TITLES[name]} {in_words(evidence, row[metric], words)}"
            for name, row in evidence.factors.items()
            if row[metric].ratio and name in TITLES
        ]
        if rewrite and parts:
            yield f"The rewrite's {title} is {in_words(evidence, rewrite, words)}, of which {', '.join(parts)}."
