"""Reads and writes files. Writing is atomic: a draft first, then a rename."""

import codecs
import errno
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from loadtests.schema.settings import UnusableInput

ROOT: Final = Path(__file__).parents[2]
LOADTESTS: Final = ROOT / "loadtests"
# The wheel cannot measure.
COMPARE: Final = "python -m loadtests compare" if (LOADTESTS / "run.py").is_file() else "async-rewrite-matrix"
NO_NUMBER: Final = re.compile(rb"[:\[,]\s*(-?Infinity|NaN)\b")
Shape = TypeVar("Shape")
LARGEST_MB: Final = 128
# Larger values are no measurements, and their sums and ratios may not be finite.
LARGEST: Final = 1e20
SMALLEST: Final = 1e-12


class UnusableResults(UnusableInput):
    """Results that cannot be compared; the message names the file and the reason."""


def read_json(path: Path, shape: type[Shape], of_others: bool = False) -> Shape:
    """Raises UnusableResults for other shapes, files that are too large, and numbers out of range.

    In files of other programs Infinity and NaN are read as null.
    """
    try:
        if not path.is_file():
            raise UnusableResults(f"there is no file {path}")
        if path.stat().st_size > LARGEST_MB * 2**20:
            raise UnusableResults(f"{path} has more than {LARGEST_MB} MB, which no summary and no result has")
        document = _decoded(path.read_bytes(), of_others)
        for number in _numbers(document):
            if not SMALLEST <= abs(number) <= LARGEST and number:
                raise UnusableResults(f"{path} holds {str(number)[:30]}, which is no figure of a measurement")
        return msgspec.convert(document, shape, str_keys=True)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableResults(f"{path} is broken or cut short, or another file: {error}") from error


def _decoded(content: bytes, of_others: bool) -> Any:
    """Decodes UTF-8, or UTF-16 with a byte order mark."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16").encode()
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        if not (of_others and NO_NUMBER.search(content)):
            raise
        try:
            return json.loads(content, parse_constant=lambda _: None)
        except json.JSONDecodeError as error:
            raise msgspec.DecodeError(str(error)) from error


def _numbers(document: Any) -> Iterator[float]:
    """Without recursion, whose limit nested lists could reach."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, int | float):
            yield value


def as_json(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def write_json(path: Path, document: Any) -> None:
    write_whole({path: as_json(document)})


def write_whole(texts: Mapping[Path, str]) -> None:
    """Raises OSError if a draft cannot be written; no file has changed then."""
    drafts = {path: path.with_name(f".{path.name}.part") for path in texts}
    try:
        for path, text in texts.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder: name a file", str(path))
            _draft(drafts[path], text, path)
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _draft(draft: Path, text: str, path: Path) -> None:
    try:
        draft.write_text(text, encoding="utf-8")
    except OSError as error:
        error.filename = str(path)
        raise
