"""Derives the sync file that mirrors an async file."""

import io
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

from ruff import find_ruff_bin

from tools.twin_table import UnusableInput

ERASED = frozenset({"async", "await"})
RUFF_TIMEOUT = 60


class Mirror:
    """Derives sync text from async text; `used` holds the rules of the table that were applied."""

    def __init__(self, names: dict[str, str]) -> None:
        self._rules = sorted(names.items(), key=lambda rule: -rule[0].count("."))
        self.used: set[str] = set()

    def derive(self, text: str, path: Path) -> str:
        """The sync text for an async text, formatted as a file at `path`; raises UnusableInput."""
        # A mapped name may change the order of imports.
        text = ruff("check", ["--select", "I", "--fix-only"], self.erase(text, path), path)
        return ruff("format", [], text, path)

    def erase(self, text: str, path: Path) -> str:
        """Removes `async` and `await` and maps the names; raises UnusableInput."""
        lines = text.splitlines(keepends=True)
        for row, start, end, replacement in reversed(list(self._edits(text, path))):
            line = lines[row]
            lines[row] = line[:start] + replacement + line[end:]
        return "".join(lines)

    def _edits(self, text: str, path: Path) -> Iterator[tuple[int, int, int, str]]:
        tokens = _tokens(text, path)
        place = 0
        while place < len(tokens):
            token = tokens[place]
            row, column = token.start
            if token.string in ERASED:
                yield row - 1, column, _start_of_next(tokens, place), ""
            elif rule := self._rule_at(tokens, place):
                name, replacement = rule
                self.used.add(name)
                place += 2 * name.count(".")
                yield row - 1, column, tokens[place].end[1], replacement
            place += 1

    def _rule_at(self, tokens: list[tokenize.TokenInfo], place: int) -> tuple[str, str] | None:
        if tokens[place].type != tokenize.NAME:
            return None
        for name, replacement in self._rules:
            span = tokens[place : place + 2 * name.count(".") + 1]
            one_line = span[0].start[0] == span[-1].end[0]
            if one_line and "".join(token.string for token in span) == name:
                return name, replacement
        return None


def ruff(command: str, arguments: list[str], text: str, path: Path) -> str:
    """The output of a ruff command with the configuration for `path`; raises UnusableInput."""
    place = ["--quiet", "--stdin-filename", str(path), "-"]
    run = subprocess.run(
        [find_ruff_bin(), command, *arguments, *place],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=RUFF_TIMEOUT,
        check=False,
    )
    if run.returncode:
        raise UnusableInput(f"{path}: ruff: {(run.stderr.strip() or 'failed').splitlines()[0]}")
    return run.stdout


def _tokens(text: str, path: Path) -> list[tokenize.TokenInfo]:
    try:
        return list(_outside_text(tokenize.generate_tokens(io.StringIO(text).readline)))
    except (tokenize.TokenError, SyntaxError) as error:
        raise UnusableInput(f"{path}: not Python: {error}") from error


def _outside_text(tokens: Iterator[tokenize.TokenInfo]) -> Iterator[tokenize.TokenInfo]:
    # Since Python 3.12 an f-string is many tokens; treat it as one string, as 3.11 does.
    depth = 0
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        depth -= kind.endswith("STRING_END")
        if not depth:
            yield token
        depth += kind.endswith("STRING_START")


def _start_of_next(tokens: list[tokenize.TokenInfo], place: int) -> int:
    token, following = tokens[place], tokens[place + 1]
    return following.start[1] if following.start[0] == token.end[0] else token.end[1]
