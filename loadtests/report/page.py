"""report.html: one file with charts, chart library and data, which loads nothing from elsewhere."""

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.report.charts.base import Picture, styles
from loadtests.report.charts.bottleneck import bottleneck_picture, in_words
from loadtests.report.charts.capacity import capacity_pictures
from loadtests.report.charts.distribution import distribution_picture
from loadtests.report.charts.effects import effect_rows, effects_picture
from loadtests.report.charts.sweep import sweep_pictures
from loadtests.report.charts.timeline import course_picture
from loadtests.report.document import Document
from loadtests.report.numbers import clock, digits, milliseconds, plain
from loadtests.report.summary_table import load_in_words, statistic, summary_tables
from loadtests.report.tables import fault_columns, fault_rows, server_tables
from loadtests.schema.files import COMPARE

QUESTION: Final = (
    "A service on Flask, PyMySQL and MySQL is slow. Put Redis in front of the database, or rewrite the service in "
    "async Python: which one, both, or neither?"
)
OTHER_QUESTION: Final = "Which of these services answers quicker, and at which cost?"
HERE: Final = Path(__file__).parent
LIBRARY: Final = HERE / "vendor" / "plotly-basic.min.js"
# Characters that could end a script element or a line in it.
UNSAFE: Final = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def page(documents: Sequence[Document]) -> str:
    """One run, or two side by side."""
    runs = [_run(document, number) for number, document in enumerate(documents)]
    scripts = [Markup(text) for text in (LIBRARY.read_text(), (HERE / "templates" / "report.js").read_text())]  # noqa: S704
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            runs=runs,
            names=list(dict.fromkeys(name for document in documents for name in document["combinations"])),
            styles=styles(dict.fromkeys(name for document in documents for name in document["combinations"])),
            other_load=_other_load(documents),
            css=Markup((HERE / "templates" / "report.css").read_text()),  # noqa: S704
            scripts=scripts,
            policy=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
            figures=inline([picture for run in runs for picture in run["pictures"]]),
        )
    )


def environment() -> Environment:
    """A missing name in a template is an error, and text in a page is never markup."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape((".html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"digits": digits, "milliseconds": milliseconds, "plain": plain, "clock": clock}
    return made


def inline(pictures: Sequence[tuple[str, Picture]]) -> Markup:
    """The figures as JSON, with no text in it that could end the script element."""
    text = json.dumps({name: picture.figure for name, picture in pictures}, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(UNSAFE))  # noqa: S704


def described(document: Document) -> dict[str, Any]:
    """The data of a run for both templates."""
    first, others = summary_tables(document)
    return {
        "document": document,
        "report": document["report"],
        "question": QUESTION if {"sync", "async"} <= set(document["combinations"]) else OTHER_QUESTION,
        "verdict": " ".join(document["recommendation"]["headline"]),
        "load": load_in_words(document["load"]),
        "statistic": statistic(document),
        "summary": first,
        "others": others,
        "binds": in_words(document),
        "server_tables": server_tables(document),
        "commands": commands(document),
        "conditions": conditions(document),
    }


def _run(document: Document, number: int) -> dict[str, Any]:
    sections: dict[str, Sequence[Picture | None]] = {
        "effects": [effects_picture(document)],
        "distribution": [distribution_picture(document)],
        "course": [course_picture(document)],
        "bottleneck": [bottleneck_picture(document)],
        "capacity": list(capacity_pictures(document)),
        "sweep": list(sweep_pictures(document)),
    }
    named = {
        section: [(f"{picture.name}-{number}", picture) for picture in pictures if picture]
        for section, pictures in sections.items()
    }
    return {
        **described(document),
        "effect_rows": effect_rows(document),
        "fault_table": [(fault, *cells) for fault, cells in fault_rows(document)],
        "fault_columns": fault_columns(document),
        "sections": named,
        "pictures": [drawn for pictures in named.values() for drawn in pictures],
    }


def _other_load(documents: Sequence[Document]) -> list[str]:
    first, *others = [document["load"] for document in documents]
    return sorted({key for other in others for key in first if first[key] != other.get(key)})


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


# Names in run.json, and the variables of `make matrix`.
VARIABLES: Final = (("profile", "PROFILE"), ("rounds", "ROUNDS"), ("stack", "STACK"), ("workers", "WORKERS"))


def commands(document: Document) -> list[str]:
    """The commands that reproduce the run from a clean clone."""
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
