"""Which report the command line asks for, and making it: all of its files or none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.report.document import Loaded, document_of, load
from loadtests.report.memo import memo
from loadtests.report.page import page
from loadtests.report.rows import as_csv, as_junit
from loadtests.schema.files import UnusableResults, as_json, write_whole

JSON_NAME: Final = "comparison.json"
PAGE_NAME: Final = "report.html"
MEMO_NAME: Final = "report.md"


class Wanted(NamedTuple):
    studies: Sequence[Path] = ()
    html: Path | None = None
    markdown: Path | None = None
    csv: Path | None = None
    junit: Path | None = None
    report: bool = False
    beside: Path | None = None


def write_wanted(wanted: Wanted, loaded: Loaded) -> list[Path]:
    """The files, written; raises UnusableResults and then leaves nothing behind."""
    texts: dict[Path, str] = {}
    shown = wanted.html or wanted.markdown or wanted.report
    document = document_of(loaded, wanted.studies) if shown else {}
    if wanted.report:
        texts |= {
            loaded.folder / JSON_NAME: as_json(document),
            loaded.folder / PAGE_NAME: page([document]),
            loaded.folder / MEMO_NAME: memo(document),
        }
    if wanted.markdown:
        texts[wanted.markdown] = memo(document)
    if wanted.html:
        beside = [document_of(load(wanted.beside))] if wanted.beside else []
        texts[wanted.html] = page([document, *beside])
    if wanted.csv:
        texts[wanted.csv] = as_csv(loaded.comparison)
    if wanted.junit:
        texts[wanted.junit] = as_junit(loaded.comparison)
    try:
        write_whole(texts)
    except OSError as error:
        raise UnusableResults(f"{error.filename} cannot be written: {error.strerror}") from error
    return list(texts)
