"""How to run it again, exactly: the commands, and what has to be the same around them."""

import shlex
from typing import Final

from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.report.document import Document
from loadtests.report.numbers import clock
from loadtests.report.summary_table import load_in_words
from loadtests.schema.files import COMPARE

# How run.json names what `make matrix` takes as a variable.
VARIABLES: Final = (("profile", "PROFILE"), ("rounds", "ROUNDS"), ("stack", "STACK"), ("workers", "WORKERS"))


def commands(document: Document) -> list[str]:
    """What to type, from a clean clone on."""
    run, load = document["report"]["run"], document["load"]
    if load["profile"] == SUMMARY:
        return [f"{COMPARE} FILE FILE"]
    changed = "    # and files of it had been changed" if run["changed"] else ""
    first = [f"git checkout {shlex.quote(run['commit'])}{changed}"] if run["commit"] else []
    if not run["profile"]:
        return [
            *first,
            f"PROFILE={shlex.quote(load['profile'])} k6 run loadtests/matrix.js",
            "python -m loadtests.compare",
        ]
    asked = [f"{variable}={shlex.quote(str(run[key]))}" for key, variable in VARIABLES if run[key]]
    asked += [f"{name}={shlex.quote(str(value))}" for name, value in sorted(run["load"].items())]
    return [*first, " ".join(["make matrix", *asked])]


def conditions(document: Document) -> list[tuple[str, str]]:
    run, load = document["report"]["run"], document["load"]
    mix = ", ".join(f"{route} {weight:g}" for route, weight in load["mix"].items())
    rows = [
        ("measured", clock(document["report"]["started_at"])),
        ("load", load_in_words(load)),
        *([("mix of requests", mix)] if mix else []),
    ]
    for group in ("host", "versions"):
        for name, value in run[group].items():
            rows += _flat(name, value)
    return rows


def _flat(name: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(str(inner), str(text)) for inner, text in value.items()]
    return [(name.replace("_", " "), str(value))]
