"""A comparison for other programs: every figure as CSV, gates and regressions as JUnit."""

import csv
import io
from xml.etree.ElementTree import Element, SubElement, tostring

from loadtests.report.plain_text import one_line
from loadtests.verdict.comparison import Comparison
from loadtests.verdict.gates import in_words
from loadtests.verdict.metric_names import figures_of


def as_csv(comparison: Comparison) -> str:
    """By the names that gates have."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("figure", "value", "low", "high"))
    rows.writerows((name, one.value, one.low, one.high) for name, one in figures_of(comparison).items())
    return text.getvalue()


def as_junit(comparison: Comparison) -> str:
    """A test for each gate, and one for the earlier run."""
    failed = {one.gate: in_words(one) if one.broken else "" for one in comparison.gates}
    if comparison.against:
        names = [f"{one.combination}.{one.metric}" for one in comparison.against.regressions]
        failed[f"against {comparison.against.folder}"] = f"worse: {', '.join(names)}" if names else ""
    suite = Element(
        "testsuite", name="compare", tests=str(len(failed)), failures=str(len([*filter(None, failed.values())]))
    )
    for name, message in failed.items():
        case = SubElement(suite, "testcase", classname="compare", name=one_line(name))
        if message:
            SubElement(case, "failure", message=one_line(message))
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
