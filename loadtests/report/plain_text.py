"""Text for a terminal, and words out of files made harmless for it: no escape sequence, no line break, no markup."""

import sys
from typing import Final

from rich.console import Console
from rich.text import Text

# Wide enough for every column when the output is a file or a pipe.
PLAIN_WIDTH: Final = 120


def console() -> Console:
    """The terminal, else plain text of fixed width without colour."""
    if sys.stdout.isatty():
        return Console(markup=False, highlight=False)
    return Console(markup=False, highlight=False, width=PLAIN_WIDTH, color_system=None)


def one_line(text: str) -> str:
    """The text with a question mark for each character that is not printable."""
    return "".join(character if character.isprintable() else "?" for character in text)


def shown(text: str, style: str = "") -> Text:
    """One printable line for a table, in which square brackets are no markup."""
    return Text(one_line(text), style=style)
