"""Writes the reports that the command line asks for, all files or none."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from loadtests.report.document import Loaded, document_of, load
from loadtests.report.memo import memo
from loadtests.report.page import page
from loadtests.report.plain_text import one_line
from loadtests.schema.files import UnusableResults, as_json, write_whole
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.gates import in_words
from loadtests.verdict.metric_names import figures_of

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
    """Writes the files and returns them; raises UnusableResults and then leaves none behind."""
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


def as_csv(comparison: Comparison) -> str:
    """One line per figure, with the names used in gates."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("figure", "value", "low", "high"))
    rows.writerows((name, figure.value, figure.low, figure.high) for name, figure in figures_of(comparison).items())
    return text.getvalue()


def as_junit(comparison: Comparison) -> str:
    """A test per gate, and one for the comparison with an earlier run."""
    failed = {each.gate: in_words(each) if each.broken else "" for each in comparison.gates}
    if comparison.against:
        names = [f"{each.combination}.{each.metric}" for each in comparison.against.regressions]
        failed[f"against {comparison.against.folder}"] = f"worse: {', '.join(names)}" if names else ""
    suite = Element(
        "testsuite", name="compare", tests=str(len(failed)), failures=str(len([*filter(None, failed.values())]))
    )
    for name, message in failed.items():
        case = SubElement(suite, "testcase", classname="compare", name=one_line(name))
        if message:
            SubElement(case, "failure", message=one_line(message))
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
