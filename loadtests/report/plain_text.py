"""Text for a terminal; text from files is sanitized: no escape sequences, line breaks or markup."""

import shutil
import sys
from typing import Final, Literal

from rich.console import Console, RenderableType
from rich.text import Text

# Wide enough for all columns of a study if the output is a file or a pipe.
WIDEST: Final = 120
NARROWEST: Final = 60


def console(widest: int = WIDEST) -> Console:
    """As wide as COLUMNS or the terminal, within bounds; colours only on a terminal."""
    width = max(NARROWEST, min(widest, shutil.get_terminal_size((widest, 0)).columns))
    colours: Literal["auto"] | None = "auto" if sys.stdout.isatty() else None
    return Console(markup=False, highlight=False, width=width, color_system=colours)


def print_lines(console: Console, part: RenderableType) -> None:
    """Prints without trailing spaces."""
    for line in console.render_lines(part, pad=False):
        text = Text.assemble(*((segment.text, segment.style or "") for segment in line))
        text.rstrip()
        console.print(text, soft_wrap=True)


def one_line(text: str) -> str:
    """The text with a question mark for each character that is not printable."""
    return "".join(character if character.isprintable() else "?" for character in text)


def shown(text: str, style: str = "") -> Text:
    """One printable line for a table; square brackets are not markup."""
    return Text(one_line(text), style=style)
