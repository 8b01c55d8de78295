"""The next load of a combination, and its result so far: pure functions of its steps."""

import random
from collections.abc import Sequence
from typing import Final

from loadtests.analysis.limit import GENERATOR, SERVICE
from loadtests.schema.capacity import Capacity, Cost, Pass, Step
from loadtests.studies.capacity import usl
from loadtests.studies.capacity.options import Options
from loadtests.studies.capacity.search import bracket, confirmations, next_rate
from loadtests.studies.capacity.step import Load

# The closed loop's order is shuffled, so that a drift of the machine does not look like contention.
SEED: Final = 20
AGAIN: Final = 2
TWICE: Final = 2
# k6 runs no shorter scenario.
SHORTEST_S: Final = 1.0


def next_load(steps: Sequence[Step], options: Options) -> Load | None:
    """None if the combination is done."""
    if not steps:
        # Processes and cache are cold in the first step, which is not judged.
        return _load("warm-up", options.first, options)
    return (
        _again(steps, options) or _searching(steps, options) or _confirming(steps, options) or _closed(steps, options)
    )


def capacity_of(name: str, steps: Sequence[Step], options: Options, service_cores: int) -> Capacity:
    confirmed = [step for step in steps if step.part == "confirm" and step.outcome == "held"]
    best = next((step for step in reversed(confirmed) if _held_twice(steps, step.rate_rps)), None)
    held, broken_at = bracket(_tried(steps))
    breaking = next((step for step in reversed(steps) if step.part == "search" and step.rate_rps == broken_at), None)
    closed = [step for step in steps if step.part == "concurrency" and step.outcome == "held"]
    throughputs = {step.concurrency: step.throughput_rps for step in closed if step.concurrency}
    law = usl.fit({at: rate for at, rate in throughputs.items() if at not in options.predicted})
    predicted = [at for at in options.predicted if at in throughputs] if law.refused is None else []
    return Capacity(
        combination=name,
        rate_rps=best.rate_rps if best else None,
        confirmed=best is not None,
        broke_at_rps=broken_at,
        limited_by=_limited_by(breaking, held, options),
        generator_limited=breaking is not None and breaking.limit == GENERATOR,
        cost=_cost(best, service_cores) if best else None,
        usl=law if options.fitted else None,
        predictions=[usl.predict(law, at, throughputs[at]) for at in predicted],
        steps=list(steps),
    )


def _again(steps: Sequence[Step], options: Options) -> Load | None:
    """Repeats a step of the search once if it failed without a full core or is void for a temporary reason."""
    last = steps[-1]
    same = [step for step in steps if (step.part, step.rate_rps) == (last.part, last.rate_rps)]
    if last.part != "search" or last.rate_rps is None or not _may_pass(last) or len(same) >= AGAIN:
        return None
    return _load(last.part, last.rate_rps, options)


def _may_pass(step: Step) -> bool:
    """Whether a repetition may succeed: not if k6 itself was saturated."""
    if step.outcome == "void":
        return step.limit != GENERATOR
    return step.outcome == "broken" and step.limit is None


def _searching(steps: Sequence[Step], options: Options) -> Load | None:
    rate = next_rate(_tried(steps), options.first, options.resolution, options.highest)
    return None if rate is None else _load("search", rate, options)


def _confirming(steps: Sequence[Step], options: Options) -> Load | None:
    highest, _ = bracket(_tried(steps))
    if highest is None:
        return None
    for rate in confirmations(highest, options.resolution):
        if _held_twice(steps, rate):
            return None
        if not _given_up(steps, rate):
            return _load("confirm", rate, options)
    return None


def _held_twice(steps: Sequence[Step], rate: int | None) -> bool:
    """In the search and in its confirmation, or in two confirmations."""
    judged = (step for step in steps if step.part in ("search", "confirm") and step.rate_rps == rate)
    return sum(step.outcome == "held" for step in judged) >= TWICE


def _given_up(steps: Sequence[Step], rate: int) -> bool:
    """As in the search, a failure without a saturated core is repeated once."""
    failed = [step for step in steps if step.part == "confirm" and step.rate_rps == rate and step.outcome != "held"]
    return len(failed) >= AGAIN or any(not _may_pass(step) for step in failed)


def _closed(steps: Sequence[Step], options: Options) -> Load | None:
    order = [*options.fitted, *options.predicted]
    random.Random(SEED).shuffle(order)
    done = {step.concurrency for step in steps}
    left = [visitors for visitors in order if visitors not in done]
    seconds, warm_up_s = max(SHORTEST_S, options.step_s / 2), options.warm_up_s / 2
    return Load("concurrency", seconds, warm_up_s, visitors=left[0], mix=options.law_mix) if left else None


def _load(part: Pass, rate: int, options: Options) -> Load:
    seconds = options.confirmation_s(rate) if part == "confirm" else options.step_seconds(rate)
    return Load(part, seconds, options.warm_up_s, rate=rate)


def _tried(steps: Sequence[Step]) -> dict[int, bool]:
    return {step.rate_rps: step.outcome == "held" for step in steps if step.part == "search" and step.rate_rps}


def _limited_by(breaking: Step | None, held: int | None, options: Options) -> str:
    if breaking is None:
        return f"not found: {held} requests a second held" if held == options.highest else "not known yet"
    spoilt = [reason for reason in breaking.void if reason != breaking.limit_sentence]
    return "; ".join([breaking.limit_sentence, *(f"void: {reason}" for reason in spoilt)])


def _cost(step: Step, service_cores: int) -> Cost | None:
    used = {name: cores for name, cores in step.cpu_cores.items() if name != GENERATOR}
    if not used.get(SERVICE) or not step.rate_rps:
        return None
    rate = step.throughput_rps
    return Cost(
        rps_per_service_core=round(rate / used[SERVICE], 1),
        rps_per_core_in_all=round(rate / sum(used.values()), 1),
        cores_per_1000_rps={name: round(1000 * cores / rate, 3) for name, cores in used.items()},
        service_cores_to_provide=round(1000 * service_cores / step.rate_rps, 3),
    )
