"""Another server, and what the rewrite is made of, in sentences."""

from collections.abc import Iterator
from typing import Final

from loadtests.verdict.evidence import Evidence
from loadtests.verdict.phrases import CPU, LATENCY, in_words
from loadtests.verdict.servers import best_server, other_servers

UNCACHED: Final = "async uncached"
FACTORED: Final = (("latency_avg", "average", LATENCY), ("service_cpu", "service CPU per request", CPU))
TITLES: Final = {"framework": "framework with its Redis client", "server": "server", "driver": "driver"}
VERSUS: Final = {"better": "so it beats the rewrite", "worse": "so the rewrite beats it"}


def server_first(evidence: Evidence) -> Iterator[str]:
    """The sentence of the headline, where one is shown to be quicker."""
    server = best_server(evidence)
    known = server and {server.base: evidence.effect(server.effect), "the rewrite": evidence.effect(server.against)}
    parts = [f"against {other} {in_words(evidence, effect)}" for other, effect in (known or {}).items() if effect]
    if server and parts:
        yield f"Another server, one line changed: {server.name} is {', '.join(parts)}."


def about_servers(evidence: Evidence) -> Iterator[str]:
    for one in other_servers(evidence):
        parts = [
            f"against {base} {_both(evidence, name)}"
            for base, name in ((one.base, one.effect), ("the rewrite", one.against))
        ]
        end = VERSUS.get(evidence.says(one.against) or "", "so neither is shown to beat the other")
        yield f"Another server: {one.name} is {'; '.join(parts)}; {end}."


def _both(evidence: Evidence, name: str) -> str:
    effect, cpu = evidence.effect(name), evidence.effect(name, "service_cpu")
    parts = [in_words(evidence, effect)] if effect else ["not known"]
    return ", service CPU per request ".join([*parts, *([in_words(evidence, cpu, CPU)] if cpu else [])])


def about_factors(evidence: Evidence) -> Iterator[str]:
    """What the rewrite is the product of."""
    for metric, title, words in FACTORED:
        rewrite = evidence.effect(UNCACHED, metric)
        parts = [
            f"the {TITLES[name]} {in_words(evidence, row[metric], words)}"
            for name, row in evidence.factors.items()
            if row[metric].ratio and name in TITLES
        ]
        if rewrite and parts:
            yield f"The rewrite's {title} is {in_words(evidence, rewrite, words)}, of which {', '.join(parts)}."
