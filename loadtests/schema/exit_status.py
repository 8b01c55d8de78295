"""The exit status of a command."""

from typing import Final

BROKEN: Final = 1
UNUSABLE_INPUT: Final = 2
GATE_BROKEN: Final = 3
NOTHING_COUNTS: Final = 4
EFFECT_MISSING: Final = 5
INTERRUPTED: Final = 130
