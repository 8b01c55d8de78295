"""Words out of files, made harmless for a terminal: no escape sequence, no line break, no markup."""

from rich.text import Text


def one_line(text: str) -> str:
    """Gives the text with a question mark for each character that is not printable."""
    return "".join(character if character.isprintable() else "?" for character in text)


def shown(text: str, style: str = "") -> Text:
    """Gives one printable line for a table, in which square brackets are no markup."""
    return Text(one_line(text), style=style)
