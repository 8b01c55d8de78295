"""The folders of both twins, and the comparison of a file with its twin."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from tools.twin_mirror import Mirror, ruff
from tools.twin_seams import surface
from tools.twin_table import Table, UnusableInput

NOT_SOURCE = "__pycache__"


@dataclass(frozen=True)
class Twins:
    """The texts of both folders by file name, and the table of allowed differences."""

    async_folder: Path
    sync_folder: Path
    table: Table
    async_texts: dict[str, str]
    sync_texts: dict[str, str]

    def in_both(self) -> list[str]:
        return sorted(self.async_texts.keys() & self.sync_texts.keys())

    def derived(self, name: str, mirror: Mirror) -> str:
        """The expected sync text of an async file; files that are not Python have to be equal."""
        text = self.async_texts[name]
        return mirror.derive(text, self.sync_folder / name) if name.endswith(".py") else text

    def difference(self, name: str, mirror: Mirror) -> list[str]:
        """A unified diff between the derived and the actual sync file; empty if they are equal."""
        counts = self.async_texts[name].count("\n"), self.sync_texts[name].count("\n")
        uneven = f"{counts[0]} lines in the async twin, {counts[1]} in the sync twin"
        actual = self.sync_texts[name]
        if name.endswith(".py"):
            actual = ruff("format", [], actual, self.sync_folder / name)
        lines = self._diff(name, self.derived(name, mirror), actual)
        return lines if counts[0] == counts[1] else [uneven, *lines]

    def surface_difference(self, name: str, mirror: Mirror) -> list[str]:
        """A unified diff of the public names and parameters of a seam."""
        if not name.endswith(".py"):
            return []
        expected = surface(self.async_texts[name], self.async_folder / name, mirror)
        return self._diff(name, expected, surface(self.sync_texts[name], self.sync_folder / name))

    def _diff(self, name: str, expected: str, actual: str) -> list[str]:
        paths = f"{self.async_folder / name} (as sync)", str(self.sync_folder / name)
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), *paths, lineterm="")
        return list(lines)


def read_twins(async_folder: Path, sync_folder: Path, table: Table) -> Twins:
    """Raises UnusableInput."""
    async_texts, sync_texts = _texts(async_folder), _texts(sync_folder)
    if not async_texts:
        raise UnusableInput(f"{async_folder}: there is no file in it; name the twin with --async")
    return Twins(async_folder, sync_folder, table, async_texts, sync_texts)


def _texts(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise UnusableInput(f"{folder}: no such folder; name the twins with --async and --sync")
    paths = [path for path in folder.rglob("*") if path.is_file() and NOT_SOURCE not in path.parts]
    return {path.relative_to(folder).as_posix(): _text(path) for path in paths}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path}: cannot be read as text: {error}") from error
