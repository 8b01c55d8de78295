"""Which of many effects are shown, when each alone may be a false alarm one time in twenty."""

import math
from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

from scipy.special import stdtr, stdtrit

from loadtests.effects import CONFIDENCE, Effect

ERROR_RATE: Final = 1 - CONFIDENCE

Key = TypeVar("Key", bound=Hashable)


def shown(effects: Mapping[Key, Effect]) -> list[Key]:
    """Gives those that are told from a ratio of 1, with a chance of 5 % that any of them is a false alarm.

    Holm's step-down over the t test of each, the surest first: of two dozen equal figures, intervals of 95 % would
    find an effect in more than every other pair of runs. The source is S. Holm, Scandinavian Journal of Statistics 6
    (1979).
    """
    tested = {key: value for key, effect in effects.items() if (value := p_value(effect)) is not None}
    found: list[Key] = []
    for at, key in enumerate(sorted(tested, key=lambda one: tested[one])):
        if tested[key] > ERROR_RATE / (len(tested) - at):
            break
        found.append(key)
    return found


def p_value(effect: Effect) -> float | None:
    """Gives the chance that rounds of no effect are at least as far from a ratio of 1; null without an interval."""
    if effect.ratio is None or effect.low is None or effect.high is None:
        return None
    middle, half = math.log(effect.ratio), math.log(effect.high / effect.low) / 2
    if not half:
        return 0.0 if middle else 1.0
    freedom = effect.rounds - 1
    return 2 * float(stdtr(freedom, -abs(middle) / half * float(stdtrit(freedom, (1 + CONFIDENCE) / 2))))
