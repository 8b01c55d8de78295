"""report.md: the report for managers, in the order of the original one, with measured content only."""

from typing import Any, Final

from loadtests.report.charts.effects import MIX
from loadtests.report.document import Document
from loadtests.report.numbers import MISSING, per_second, percent, times_better
from loadtests.report.page import described, environment
from loadtests.schema.design import ROUTES_KEY, SIMPLE_KEY

# Characters with a meaning in Markdown.
MARKS: Final = {ord(mark): f"\\{mark}" for mark in "\\`*_[]<>|#~$"} | {ord("&"): "&amp;"}
# The spelling of library and server names; the database's version contains its name.
NAMES: Final = {
    "flask": "Flask",
    "pymysql": "PyMySQL",
    "quart": "Quart",
    "hypercorn": "Hypercorn",
    "cache": "Redis",
    "redis": "redis-py",
    "database": "",
}


class Verbatim(str):
    """A line of code, which is not escaped."""

    __slots__ = ()


def memo(document: Document) -> str:
    made = environment()
    made.finalize = escaped
    made.filters |= {"verbatim": _verbatim, "per_second": per_second, "percent": percent}
    return made.get_template("report.md.j2").render(
        **described(document), effects=_effects(document), stack=_stack(document)
    )


def escaped(value: Any) -> Any:
    """Text escaped for Markdown, on one line; lines of code stay unchanged."""
    if not isinstance(value, str) or isinstance(value, Verbatim):
        return value
    return _one_line(value).translate(MARKS)


def _verbatim(text: str) -> Verbatim:
    return Verbatim(_one_line(text))


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _effects(document: Document) -> dict[str, dict[str, str]]:
    """Each change's effect on the average latency, in total and by route, and on service CPU."""
    effects = document["effects"]
    places = {MIX: effects, **effects[ROUTES_KEY]}
    return {
        name: {
            **{place: _cell(of[SIMPLE_KEY][name]["latency_avg"]) for place, of in places.items()},
            "service CPU": _cell(row["service_cpu"]),
        }
        for name, row in effects[SIMPLE_KEY].items()
    }


def _cell(effect: dict[str, Any]) -> str:
    if effect["ratio"] is None:
        return MISSING
    return f"{times_better(effect)}, {effect['verdict']}"


def _stack(document: Document) -> list[tuple[str, str]]:
    """The measured software, by the versions in the run."""
    run = document["report"]["run"]
    libraries = run["host"].get("libraries", {}) if isinstance(run["host"].get("libraries"), dict) else {}
    known = {**libraries, **run["versions"]}
    rows = (
        ("Sync service", ("flask", "pymysql", "gunicorn")),
        ("Async service", ("quart", "aiomysql", "hypercorn")),
        ("Database", ("database",)),
        ("Cache", ("cache", "redis")),
        ("Load testing", ("k6",)),
    )
    return [
        (label, ", ".join(f"{NAMES.get(name, name)} {known[name]}".strip() for name in names if name in known))
        for label, names in rows
        if any(name in known for name in names)
    ]
