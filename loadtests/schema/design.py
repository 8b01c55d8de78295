"""The effects between combinations, by what each of them varies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.schema.result import Varies

# How often each combination counts in a contrast of logarithms.
Weights: TypeAlias = Mapping[str, float]
SIMPLE_KEY: Final = "simple"
ROUTES_KEY: Final = "routes"
CACHE: Final = "cache"
INTERACTION: Final = "interaction"
FACTORS_KEY: Final = "factors"
# Names that no stack may have, since effects are named after stacks.
RESERVED: Final = frozenset({SIMPLE_KEY, ROUTES_KEY, FACTORS_KEY, CACHE, INTERACTION})
IN_WORDS: Final = {False: "uncached", True: "cached"}


def by_effect(effects: Mapping[str, Any]) -> dict[str, Any]:
    """All effects by name: simple ones, main effects, factors; without those by route."""
    main = {name: row for name, row in effects.items() if name not in (SIMPLE_KEY, ROUTES_KEY, FACTORS_KEY)}
    factors = {f"{FACTORS_KEY}.{name}": row for name, row in effects.get(FACTORS_KEY, {}).items()}
    return {**effects[SIMPLE_KEY], **main, **factors}


class Design(NamedTuple):
    """Simple effects as (without, with), main effects as weights, and factors of the rewrite, by their names."""

    simple: dict[str, tuple[str, str]]
    main: dict[str, Weights]
    factors: dict[str, Weights] = {}  # noqa: RUF012 (never written)


def design_of(varies: Mapping[str, Varies | None]) -> Design:
    """The effects of combinations by what each varies, relative to the first combination's stack.

    If one lacks `varies`, or no two differ in one property only, each is compared with the first.
    """
    known = {varied: name for name, varied in varies.items() if varied}
    if len(known) < len(varies):
        return _against_the_first(list(varies))
    places = {(varied.stack, varied.cache): name for varied, name in known.items() if not varied.variant}
    stacks = list(dict.fromkeys(stack for stack, _ in places))
    simple = {**dict(_simple(places, stacks)), **dict(_variants(known, places, stacks))}
    if not simple:
        return _against_the_first(list(varies))
    return Design(simple, dict(_main(places, stacks)), dict(_factors(known, places, stacks)))


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


def _variants(
    known: Mapping[Varies, str], places: Mapping[tuple[str, bool], str], stacks: list[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Another server or driver in the same combination, and the first stack's against the rewrite."""
    for varied, name in known.items():
        base = places.get((varied.stack, varied.cache))
        if varied.variant and base:
            yield f"{varied.variant} in {base}", (base, name)
    for varied, name in known.items():
        for other in stacks[1:]:
            rewrite = places.get((other, varied.cache))
            if varied.server and varied.stack == stacks[0] and rewrite:
                yield f"{name} against {rewrite}", (rewrite, name)


def _factors(
    known: Mapping[Varies, str], places: Mapping[tuple[str, bool], str], stacks: list[str]
) -> Iterator[tuple[str, Weights]]:
    """The factors of the uncached rewrite, separated by a server that serves both stacks.

    On that server with the cache, where no driver is used, the rewrite's effect is the framework. The rest of its
    effect without the cache is the driver, and the rest on the stacks' own servers is the server.
    """
    if len(stacks) < 2:
        return
    first, other = stacks[:2]
    for server in dict.fromkeys(varied.server for varied in known if varied.server):
        names = {
            (stack, cache): known.get(Varies(stack, cache, server)) for stack in (first, other) for cache in IN_WORDS
        }
        own = [places.get((stack, False)) for stack in (first, other)]
        if not all(names.values()) or not all(own):
            continue
        uncached, cached = ([names[stack, cache] for stack in (first, other)] for cache in IN_WORDS)
        yield "framework", _ratio(cached)
        yield "server", _ratio(own, uncached)
        yield "driver", _ratio(uncached, cached)
        whole = dict(_main(places, [first, other]))
        yield from [(CACHE, whole[CACHE])] if CACHE in whole else []
        return


def _ratio(pair: Sequence[str | None], by: Sequence[str | None] = ()) -> Weights:
    """The ratio of a pair (second by first), divided by the ratio of another pair."""
    signs = (-1.0, 1.0)
    up = {str(name): sign for name, sign in zip(pair, signs, strict=True)}
    return up | {str(name): -sign for name, sign in zip(by, signs, strict=bool(by))}


def _main(places: Mapping[tuple[str, bool], str], stacks: list[str]) -> Iterator[tuple[str, Weights]]:
    """Half the sum of two simple effects, and their difference: how much more the cache gains in async."""
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
