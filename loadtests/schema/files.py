"""Reads and writes files: each is written whole or not at all, as a draft first, then under its name."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

ROOT: Final = Path(__file__).parents[2]
LOADTESTS: Final = ROOT / "loadtests"


class UnusableResults(Exception):
    """The results cannot be compared; the message says which file, and why."""


def as_json(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def write_json(path: Path, document: Any) -> None:
    write_whole({path: as_json(document)})


def write_whole(texts: Mapping[Path, str]) -> None:
    """Raises OSError where a draft cannot be written, and then no file has changed."""
    drafts = {path: path.with_name(f".{path.name}.part") for path in texts}
    try:
        for path, text in texts.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder: name a file", str(path))
            drafts[path].write_text(text, encoding="utf-8")
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
