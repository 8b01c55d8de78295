"""What a proxy can do to the connections that go through it."""

import math
from dataclasses import dataclass
from typing import Final, Self

# Each kind, and what stands after it in a line such as `delay 0.05`.
KINDS: Final = {
    "pass": "",
    "cut": "",
    "garble": "",
    "delay": "SECONDS",
    "drip": "SECONDS",
    "lose": "WORD",
}


@dataclass(frozen=True)
class Mode:
    """One way to treat connections; `seconds` and `word` belong to the kinds that KINDS says.

    - pass: hands everything on at once;
    - delay: holds every byte for `seconds`, in each direction, however much is on its way;
    - cut: resets all connections and refuses new ones;
    - drip: hands replies on byte by byte, `seconds` apart;
    - garble: replaces every byte of a reply by a random one;
    - lose: hands a request that holds `word` on, and resets the connection in place of its reply.
    """

    kind: str
    seconds: float = 0.0
    word: str = ""

    @classmethod
    def read(cls, line: str) -> Self:
        """Raises ValueError with what is wrong with the line."""
        kind, _, argument = line.strip().partition(" ")
        wanted = KINDS.get(kind)
        if wanted is None:
            raise ValueError(f"there is no mode {kind!r}: choose from {', '.join(KINDS)}")
        if bool(argument) != bool(wanted):
            raise ValueError(f"write it as: {kind} {wanted}".rstrip())
        if wanted == "WORD":
            return cls(kind, word=argument)
        return cls(kind, _seconds(argument)) if wanted else cls(kind)

    def __str__(self) -> str:
        argument = {"SECONDS": f"{self.seconds:g}", "WORD": self.word, "": ""}[KINDS[self.kind]]
        return f"{self.kind} {argument}".rstrip()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 3600:
        raise ValueError(f"{text!r} is no number of seconds above 0")
    return seconds


PASS: Final = Mode("pass")
CUT: Final = Mode("cut")
GARBLE: Final = Mode("garble")


def delay(seconds: float) -> Mode:
    """A server that is this much further away, in each direction."""
    return Mode("delay", seconds)


def drip(seconds: float) -> Mode:
    """A server that sends a byte each `seconds`."""
    return Mode("drip", seconds)


def lose(word: str) -> Mode:
    """The reply to a request that holds `word` never arrives."""
    return Mode("lose", word=word)
