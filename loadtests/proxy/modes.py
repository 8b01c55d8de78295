"""What a proxy can do to the connections that go through it."""

from typing import Final, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["pass", "delay", "cut", "drip", "garble", "lose"]


class Mode(msgspec.Struct, frozen=True):
    """One way to treat connections.

    - pass: hands everything on at once;
    - delay: holds every byte for `seconds`, in each direction, however much is on its way;
    - cut: resets all connections and refuses new ones;
    - drip: hands replies on byte by byte, `seconds` apart;
    - garble: replaces every byte of a reply by a random one;
    - lose: hands a request that holds `word` on, and resets the connection in place of its reply.
    """

    kind: Kind
    seconds: float = 0.0
    word: str = ""


PASS: Final = Mode("pass")
CUT: Final = Mode("cut")
GARBLE: Final = Mode("garble")
