"""The table of the twins: names that differ, files that are seams, and variants that can replace them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


class UnusableInput(Exception):
    """Unusable arguments or files; the message is one line with the cure."""


@dataclass(frozen=True)
class Table:
    """Names to map from the async to the sync side; seams and variants with their reasons."""

    names: dict[str, str]
    seams: dict[str, str]
    variants: dict[str, str]


def read_table(path: Path) -> Table:
    """Raises UnusableInput if the file is missing or malformed."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableInput(f"{path}: {error.strerror}; name another with --table") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path}: not TOML: {error}") from error
    unknown = sorted(document.keys() - set(Table.__annotations__))
    if unknown:
        raise UnusableInput(f"{path}: unknown table [{unknown[0]}]; there are [names], [seams] and [variants]")
    table = Table(*(_strings(path, document, section) for section in Table.__annotations__))
    for name, replacement in table.names.items():
        _check_rule(path, name, replacement)
    return table


def _strings(path: Path, document: dict[str, object], section: str) -> dict[str, str]:
    entries = document.get(section, {})
    if not isinstance(entries, dict):
        raise UnusableInput(f"{path}: [{section}] has to be a table")
    for key, value in entries.items():
        if not isinstance(value, str):
            raise UnusableInput(f'{path}: [{section}] "{key}" has to be a string')
    return entries


def _check_rule(path: Path, name: str, replacement: str) -> None:
    for dotted in (name, replacement):
        if not all(part.isidentifier() for part in dotted.split(".")):
            raise UnusableInput(f'{path}: [names] "{dotted}" is not a dotted name')
    if name == replacement:
        raise UnusableInput(f'{path}: [names] "{name}" maps a name to itself; delete the rule')
