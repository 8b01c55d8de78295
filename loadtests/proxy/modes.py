"""The ways in which the proxy can treat connections."""

from typing import Final, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["pass", "delay", "cut", "drip", "garble", "lose"]


class Mode(msgspec.Struct, frozen=True):
    """One way to treat connections.

    - pass: forwards everything at once;
    - delay: holds every byte for `seconds`, in each direction, without a limit of throughput;
    - cut: resets all connections and refuses new ones;
    - drip: forwards replies byte by byte, `seconds` apart;
    - garble: replaces every byte of a reply by a random one;
    - lose: forwards a request that contains `word`, and resets the connection instead of its reply.
    """

    kind: Kind
    seconds: float = 0.0
    word: str = ""


PASS: Final = Mode("pass")
CUT: Final = Mode("cut")
GARBLE: Final = Mode("garble")
