"""What the figures say, in sentences that claim no more than was measured."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from loadtests.effects import SimpleEffect
from loadtests.results_schema import Result

# Here the uncached pair waits for one database and the cached pair for think time.
BLIND_TO_ASYNC: Final = frozenset({"origin", "quick", "smoke"})
NOTHING: Final = "Nothing can be said: every cell is void."
CANNOT_TELL: Final = (
    "Whether async is quicker this load cannot tell: "
    "the uncached pair waits for one database, the cached pair for think time."
)
WORDS: Final[dict[str, str]] = {
    "better": "{:.2f} times better",
    "worse": "{:.2f} times (worse)",
    "same within 5 %": "the same within 5 %",
    "not shown": "{:.2f} times, which is not shown to differ",
    "one round": "{:.2f} times, in one round, so without an interval",
}


class Recommendation(msgspec.Struct, frozen=True):
    """The sentences, and the load that they are limited to."""

    text: str
    measured: dict[str, Any]


def recommend(
    sample: Result,
    lines: Mapping[str, Mapping[str, Any]],
    simple: Mapping[str, Mapping[str, SimpleEffect]],
) -> Recommendation:
    """Gives what this load shows about the cache and about async."""
    measured = {
        "profile": sample.profile,
        "vus": sample.vus,
        "think_time_s": sample.think_time_s,
        "duration_s": sample.duration_s,
    }
    if not any(line["rounds"] for line in lines.values()):
        return Recommendation(NOTHING, measured)
    load = f"Under {sample.profile} ({sample.vus} VUs, think time {sample.think_time_s:g} s):"
    parts = [load, *_about_cache(lines, simple), *_about_async(sample.profile, simple)]
    return Recommendation(" ".join(parts), measured)


def _about_cache(lines: Mapping[str, Mapping[str, Any]], simple: Mapping[str, Mapping[str, SimpleEffect]]) -> list[str]:
    sentences = []
    for stack in ("sync", "async"):
        if f"cache in {stack}" not in simple:
            continue
        effect = simple[f"cache in {stack}"]["latency_avg"]
        before, after = lines[stack]["latency_avg"], lines[f"{stack}-cached"]["latency_avg"]
        if effect.ratio is None or before is None or after is None:
            continue
        sentences.append(f"The cache took {stack} from {before:.1f} to {after:.1f} ms on average: {_in_words(effect)}.")
    return sentences


def _about_async(profile: str, simple: Mapping[str, Mapping[str, SimpleEffect]]) -> list[str]:
    blind = profile in BLIND_TO_ASYNC
    metric, subject = ("service_cpu", "CPU per request") if blind else ("latency_avg", "latency")
    sentences = [CANNOT_TELL] if blind else []
    for cached in ("uncached", "cached"):
        if f"async {cached}" not in simple:
            continue
        effect = simple[f"async {cached}"][metric]
        if effect.ratio is not None:
            sentences.append(f"Async {cached}, {subject} of the service: {_in_words(effect)}.")
    return sentences


def _in_words(effect: SimpleEffect) -> str:
    words = WORDS[effect.verdict].format(effect.ratio)
    if effect.low is None or effect.high is None:
        return words
    return f"{words} (95 % interval {effect.low:.2f} to {effect.high:.2f})"
