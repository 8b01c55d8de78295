"""Writes loadtests/lib/quantiles.js: Student's t for the k6 scripts, which have no library for it."""

from pathlib import Path
from typing import Final

from loadtests.analysis.effects import student_t
from loadtests.schema.turns import BATCHES

FILE: Final = Path(__file__).parent.parent / "loadtests" / "lib" / "quantiles.js"
HEAD: Final = (
    "// Student's t for 95 % intervals, by degrees of freedom from 1; python -m tools.write_quantiles writes it."
)


def text() -> str:
    lines = "".join(f"  {student_t(freedom)!r},\n" for freedom in range(1, BATCHES))
    return f"{HEAD}\n\nexport const STUDENT_T = [\n{lines}];\n"


if __name__ == "__main__":
    FILE.write_text(text())
