"""Whether a load could see what async changes: only where both twins of a pair wait for the service itself."""

from collections.abc import Mapping, Sequence
from typing import Final

from loadtests.bottleneck import Bottleneck
from loadtests.resources import CONNECTIONS, PLACES, SERVICE

# The effects that are between twins, each with its pair.
TWINS: Final = {"async uncached": ("sync", "async"), "async cached": ("sync-cached", "async-cached")}
OF_THE_SERVICE: Final = frozenset({SERVICE, PLACES, CONNECTIONS})
NOT_CAPTURED: Final = "the server's side was not captured in both"


def unseen_effects(found: Mapping[str, Bottleneck]) -> dict[str, str]:
    """Gives the pairs of twins of which this load cannot tell, by effect, each with what it waited for instead."""
    return {name: why for name, pair in TWINS.items() if (why := _why(pair, [found.get(one) for one in pair]))}


def _why(pair: Sequence[str], found: Sequence[Bottleneck | None]) -> str | None:
    binding = [one.name for one in found if one and one.name]
    if len(binding) < len(pair):
        return NOT_CAPTURED
    if OF_THE_SERVICE.issuperset(binding):
        return None
    if len(set(binding)) == 1:
        return f"{binding[0]} binds both"
    return " and ".join(f"{resource} binds {name}" for name, resource in zip(pair, binding, strict=True))
