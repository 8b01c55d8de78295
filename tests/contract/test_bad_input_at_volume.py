"""Schemathesis against every combination: no 5xx, and every answer is as its own document says.

`CASES=5000` (`make fuzz`) sends that many cases to each; a short run is part of every test run.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.combination import Combination

CASES = int(os.environ.get("CASES") or 100)
# An operation without parameters has one case, the others share the rest. The cases one after the other come on top:
# they are hundreds in one run and thousands in another.
OPERATIONS = 5
# All but those of authentication, of which this API has none, and `positive_data_acceptance`: whether a product exists
# and is in stock is no matter of the shape, and to JSON Schema 5.0 is an integer, to this API it is none.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "allow_header_conformance", "use_after_free", "ensure_resource_availability",
)  # fmt: skip


def attack(url: str, folder: Path) -> Any:
    """The report of a schemathesis run; findings are printed."""
    # One worker: Hypothesis' cache of the sources of lambdas is not safe with two, and raises a KeyError now and then.
    command = [
        str(Path(sys.executable).with_name("st")), "run", f"{url}/openapi.json",
        "--checks", ",".join(CHECKS), "--max-examples", str(1 + CASES // OPERATIONS), "--workers", "1",
        "--request-timeout", "15", "--continue-on-failure", "--generation-database", "none", "--no-color",
        "--report", "json", "--report-json-path", str(folder / "report.json"),
    ]  # fmt: skip
    subprocess.run(command, timeout=60 + CASES, cwd=folder, check=False)
    return json.loads((folder / "report.json").read_text())


@pytest.mark.timeout(120 + CASES)
def test_every_answer_to_random_requests_is_as_documented(combination: Combination, tmp_path: Path) -> None:
    before = combination.rows("SELECT COUNT(*) FROM orders WHERE id <= 50000")
    report = attack(combination.url, tmp_path)
    assert report["failures"] == []
    assert report["errors"] == []
    assert report["complete"]
    assert report["test_cases"]["generated"] >= CASES
    assert combination.rows("SELECT COUNT(*) FROM orders WHERE id <= 50000") == before
    combination.renew()
