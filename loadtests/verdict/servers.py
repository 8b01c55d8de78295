"""Another server for the sync service: what a changed line gains, beside what the rewrite does."""

from typing import Final, NamedTuple

from loadtests.schema.combinations import OURS, read_entries
from loadtests.verdict.evidence import TWINS, Evidence

SERVED: Final = {
    entry.name for entry in read_entries(OURS) if entry.varies and entry.varies.server and not entry.varies.driver
}
REWRITES: Final = dict(TWINS.values())


class OtherServer(NamedTuple):
    """The simple effect of a server on a sync combination, and its effect held to the rewrite of that one."""

    name: str
    effect: str
    against: str
    base: str


def other_servers(evidence: Evidence) -> list[OtherServer]:
    """Those that were measured, the quickest first."""
    found = [
        OtherServer(name, effect, f"{name} against {REWRITES[base]}", base)
        for effect, (base, name) in evidence.pairs.items()
        if base in REWRITES and name in SERVED and evidence.effect(effect)
    ]
    return sorted(found, key=lambda one: -_ratio(evidence, one.effect))


def best_server(evidence: Evidence) -> OtherServer | None:
    """The quickest one without the cache that is shown to be quicker."""
    better = [one for one in other_servers(evidence) if one.base == "sync" and evidence.says(one.effect) == "better"]
    return better[0] if better else None


def _ratio(evidence: Evidence, name: str) -> float:
    effect = evidence.effect(name)
    return (effect and effect.ratio) or 0.0
