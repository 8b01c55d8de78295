"""Writes files whole or not at all: each as a draft first, then under its name."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from loadtests.analysis.read import UnusableResults
from loadtests.report.document import Document


def as_json(document: Document) -> str:
    """Gives the document as it is kept."""
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def write_whole(texts: Mapping[Path, str]) -> None:
    """Writes every file; raises UnusableResults where a draft cannot be written, and then no file has changed."""
    drafts = {path: path.with_name(f".{path.name}.part") for path in texts}
    try:
        for path, text in texts.items():
            if path.is_dir():
                raise UnusableResults(f"{path} is a folder: name a file")
            drafts[path].write_text(text, encoding="utf-8")
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise UnusableResults(f"{error.filename} cannot be written: {error.strerror}") from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
