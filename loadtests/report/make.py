"""Which report the command line asks for, and making it: all of its files or none."""

import argparse
from pathlib import Path
from typing import Any, Final

from loadtests.analysis.read import read_rounds
from loadtests.report.document import Document, document_of
from loadtests.report.memo import memo
from loadtests.report.page import page
from loadtests.schema.files import UnusableResults, as_json, write_whole
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.studies import context_of

JSON_NAME: Final = "comparison.json"
PAGE_NAME: Final = "report.html"
MEMO_NAME: Final = "report.md"

# As argparse takes them.
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "--html": {"type": Path, "metavar": "FILE", "help": "write the report as one page that opens offline"},
    "--markdown": {"type": Path, "metavar": "FILE", "help": "write the report as a document for a pull request"},
    "--report": {
        "action": "store_true",
        "help": f"write {PAGE_NAME}, {MEMO_NAME} and {JSON_NAME} into the folder of the results",
    },
    "--beside": {"type": Path, "metavar": "DIR", "help": "with --html: show another run beside this one"},
    "--list": {"action": "store_true", "help": "list earlier runs, in DIR if one is given, and nothing else"},
}


def write_wanted(options: argparse.Namespace, comparison: Comparison) -> list[Path]:
    """Writes all files that were asked for, or none; raises UnusableResults."""
    if options.beside and not options.html:
        raise UnusableResults("--beside shows another run in the page: add --html FILE")
    if not (options.html or options.markdown or options.report):
        return []
    rounds = read_rounds(options.folder, options.base)
    document = document_of(options.folder, rounds, comparison, options.study)
    texts: dict[Path, str] = {}
    if options.report:
        texts |= in_folder(options.folder, document)
    if options.markdown:
        texts[options.markdown] = memo(document)
    if options.html:
        texts[options.html] = page([document, *_beside(options)])
    try:
        write_whole(texts)
    except OSError as error:
        raise UnusableResults(f"{error.filename} cannot be written: {error.strerror}") from error
    return list(texts)


def in_folder(folder: Path, document: Document) -> dict[Path, str]:
    return {
        folder / JSON_NAME: as_json(document),
        folder / PAGE_NAME: page([document]),
        folder / MEMO_NAME: memo(document),
    }


def _beside(options: argparse.Namespace) -> list[Document]:
    if not options.beside:
        return []
    rounds = read_rounds(options.beside, options.base)
    return [document_of(options.beside, rounds, compare(rounds, context_of(options.beside)))]
