"""What each fault did to each combination, as a table."""

from collections.abc import Mapping
from typing import Any

from loadtests.report.document import Document
from loadtests.report.numbers import digits
from loadtests.results_set import COMBINATIONS


def fault_rows(document: Document) -> list[tuple[str, list[str]]]:
    """Gives each fault with what became of each combination."""
    run = document["report"]["further"].get("faults")
    cells = run["cells"] if run else []
    names = fault_columns(document)
    found = {(cell["fault"], cell["combination"]): _fault(cell) for cell in cells}
    faults = dict.fromkeys(cell["fault"] for cell in cells)
    return [(fault, [found.get((fault, name), "does not concern it") for name in names]) for fault in faults]


def fault_columns(document: Document) -> list[str]:
    """Gives the combinations that met a fault, in their usual order."""
    run = document["report"]["further"].get("faults")
    met = {cell["combination"] for cell in run["cells"]} if run else set()
    return [name for name in COMBINATIONS if name in met]


def _fault(cell: Mapping[str, Any]) -> str:
    failed, worst = sum(cell["failed"].values()), digits(cell["worst_s"])
    says = f"{failed} of {cell['requests']} failed, worst {worst} s, back after {digits(cell['recovery_s'])} s"
    if not cell["broken"]:
        return f"rules kept: {says}"
    word = "known limit" if cell["finding"] else "rules broken"
    return f"{word} ({'; '.join(cell['broken'])}): {says}"
