"""Which effects combinations have, by what each of them varies."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.schema.result import Varies

# How often each combination counts in a contrast of logarithms.
Weights: TypeAlias = Mapping[str, float]
SIMPLE_KEY: Final = "simple"
ROUTES_KEY: Final = "routes"
CACHE: Final = "cache"
INTERACTION: Final = "interaction"
# What a stack must not be called, since effects are called by their stack.
RESERVED: Final = frozenset({SIMPLE_KEY, ROUTES_KEY, CACHE, INTERACTION})
IN_WORDS: Final = {False: "uncached", True: "cached"}


def by_effect(effects: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of each effect, the simple ones before the main ones; without those by route."""
    main = {name: row for name, row in effects.items() if name not in (SIMPLE_KEY, ROUTES_KEY)}
    return {**effects[SIMPLE_KEY], **main}


class Design(NamedTuple):
    """Simple effects as (without, with), and main effects as weights, by their names."""

    simple: dict[str, tuple[str, str]]
    main: dict[str, Weights]


def design_of(varies: Mapping[str, Varies | None]) -> Design:
    """The effects of combinations by what each varies, relative to the first combination's stack.

    Where one does not say what it varies, or no two differ in one thing only, each is compared with the first.
    """
    places = {(varied.stack, varied.cache): name for name, varied in varies.items() if varied}
    if len(places) < len(varies):
        return _against_the_first(list(varies))
    stacks = list(dict.fromkeys(stack for stack, _ in places))
    simple = dict(_simple(places, stacks))
    return Design(simple, dict(_main(places, stacks))) if simple else _against_the_first(list(varies))


def _against_the_first(names: list[str]) -> Design:
    return Design({f"{name} against {names[0]}": (names[0], name) for name in names[1:]}, {})


def _simple(places: Mapping[tuple[str, bool], str], stacks: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for stack in stacks:
        if (stack, False) in places and (stack, True) in places:
            yield f"cache in {stack}", (places[stack, False], places[stack, True])
    for other in stacks[1:]:
        for cache, word in IN_WORDS.items():
            if (stacks[0], cache) in places and (other, cache) in places:
                yield f"{other} {word}", (places[stacks[0], cache], places[other, cache])


def _main(places: Mapping[tuple[str, bool], str], stacks: list[str]) -> Iterator[tuple[str, Weights]]:
    """Half the sum of two simple effects, and their difference: by how much more the cache gains in async."""
    whole = [stack for stack in stacks if (stack, False) in places and (stack, True) in places]
    if len(whole) < 2:
        return
    share = 1 / len(whole)
    yield CACHE, {places[stack, cache]: share if cache else -share for stack in whole for cache in IN_WORDS}
    if stacks[0] not in whole:
        return
    others = [stack for stack in whole if stack != stacks[0]]
    for other in others:
        off, on = places[stacks[0], False], places[stacks[0], True]
        other_off, other_on = places[other, False], places[other, True]
        yield other, {off: -0.5, on: -0.5, other_off: 0.5, other_on: 0.5}
        name = INTERACTION if len(others) == 1 else f"{INTERACTION} with {other}"
        yield name, {off: 1.0, on: -1.0, other_off: -1.0, other_on: 1.0}
