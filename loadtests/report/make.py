"""Which report the command line asks for, and making it: all of its files or none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from loadtests.analysis.one_run import shortfall
from loadtests.analysis.read import read_rounds, read_run_of
from loadtests.report.document import Document, document_of
from loadtests.report.memo import memo
from loadtests.report.page import page
from loadtests.schema.files import UnusableResults, as_json, write_whole
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.studies import context_of

JSON_NAME: Final = "comparison.json"
PAGE_NAME: Final = "report.html"
MEMO_NAME: Final = "report.md"


class Wanted(NamedTuple):
    folder: Path
    base: str = ""
    studies: Sequence[Path] = ()
    html: Path | None = None
    markdown: Path | None = None
    report: bool = False
    beside: Path | None = None


def write_wanted(wanted: Wanted, comparison: Comparison) -> list[Path]:
    """The files, written; raises UnusableResults and then leaves nothing behind."""
    if not (wanted.html or wanted.markdown or wanted.report):
        return []
    rounds = read_rounds(wanted.folder, wanted.base)
    document = document_of(wanted.folder, rounds, comparison, wanted.studies)
    texts: dict[Path, str] = {}
    if wanted.report:
        texts |= {
            wanted.folder / JSON_NAME: as_json(document),
            wanted.folder / PAGE_NAME: page([document]),
            wanted.folder / MEMO_NAME: memo(document),
        }
    if wanted.markdown:
        texts[wanted.markdown] = memo(document)
    if wanted.html:
        texts[wanted.html] = page([document, *_beside(wanted)])
    try:
        write_whole(texts)
    except OSError as error:
        raise UnusableResults(f"{error.filename} cannot be written: {error.strerror}") from error
    return list(texts)


def _beside(wanted: Wanted) -> list[Document]:
    if not wanted.beside:
        return []
    rounds = read_rounds(wanted.beside, wanted.base)
    comparison = compare(rounds, context_of(wanted.beside))
    whole = shortfall(read_run_of(wanted.beside), len(rounds))
    return [document_of(wanted.beside, rounds, replace(comparison, shortfall=whole))]
