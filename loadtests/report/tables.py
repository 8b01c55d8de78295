"""The tables of a report: faults, resources, routes, the server's side, statements."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from loadtests.analysis.read import COMBINATIONS
from loadtests.report.document import Document
from loadtests.report.numbers import MISSING, digits, milliseconds, percent, plain


def fault_rows(document: Document) -> list[tuple[str, list[str]]]:
    run = document["report"]["further"].get("faults")
    cells = run["cells"] if run else []
    names = fault_columns(document)
    texts = {(cell["fault"], cell["combination"]): _fault(cell) for cell in cells}
    faults = dict.fromkeys(cell["fault"] for cell in cells)
    return [(fault, [texts.get((fault, name), "does not concern it") for name in names]) for fault in faults]


def fault_columns(document: Document) -> list[str]:
    """The combinations with a measured fault, in their usual order."""
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


Row: TypeAlias = tuple[str | float | None, ...]

STATEMENT_COLUMNS: Final = ("Statement", "% of the time of all", "Times", "ms each", "Rows examined each")


class Table(NamedTuple):
    """A table with a line on how to read it."""

    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: list[Row]


def server_tables(document: Document) -> list[Table]:
    return [
        table
        for table in (
            resources(document["bottleneck"]),
            routes(document["by_route"]),
            _counted(document),
            _statements(document),
        )
        if table.rows
    ]


def resources(bottlenecks: Mapping[str, Mapping[str, Any]]) -> Table:
    names = dict.fromkeys(name for bottleneck in bottlenecks.values() for name in bottleneck["shares"])
    rows: list[Row] = [(name, *(_use(bottleneck, name) for bottleneck in bottlenecks.values())) for name in names]
    if any(bottleneck["saturated_at_vus"] for bottleneck in bottlenecks.values()):
        saturated = [digits(bottleneck["saturated_at_vus"]) for bottleneck in bottlenecks.values()]
        rows.append(("Saturation, visitors", *saturated))
    return Table(
        "Each resource: utilization and service demand",
        "The share of the time that it was busy, then what one request asks of it; medians over starts. Of think time "
        "and of waiting for the database, where nobody queues, it is the share of a visitor's cycle.",
        ("Resource", *bottlenecks),
        rows,
    )


def routes(by_route: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    names = list(dict.fromkeys(name for row in by_route.values() for name in row))
    return Table(
        "What binds each route, head to head",
        "What is busiest while a service has its turn: how busy, and the CPU that one request takes of it. By the "
        "utilization law it sets the highest throughput.",
        ("Route", *names),
        [(route, *(_binding(row.get(name)) for name in names)) for route, row in by_route.items()],
    )


def _binding(bottleneck: Mapping[str, Any] | None) -> str:
    if bottleneck is None:
        return MISSING
    cause = f" ({bottleneck['cause']})" if bottleneck["cause"] else ""
    name = bottleneck["name"]
    return f"{name}, {percent(bottleneck['share'])}, {milliseconds(bottleneck['demands'][name])}{cause}"


def _use(bottleneck: Mapping[str, Any], name: str) -> str:
    if name not in bottleneck["shares"]:
        return MISSING
    parts = [percent(bottleneck["shares"][name]), milliseconds(bottleneck["demands"].get(name))]
    return ", ".join([*parts, "binds"] if name == bottleneck["name"] else parts)


def _counted(document: Document) -> Table:
    names = list(document["combinations"])
    return Table(
        "What was counted at the server's side",
        "In the measured time; medians over starts. What a database or a Redis server counts is of the whole server, "
        "of which one combination is used at a time.",
        ("Figure", *names),
        [(label, *(_whole(values[name]) for name in names)) for label, values in document["report"]["server"]],
    )


def _whole(value: float | None) -> str | float | None:
    """A whole count."""
    return plain(value) if value is not None and float(value).is_integer() else value


def _statements(document: Document) -> Table:
    rows: list[Row] = [
        (
            _in_words(line),
            None if line["share"] is None else 100 * line["share"],
            line["executions"],
            line["each_ms"],
            line["rows_each"],
        )
        for line in document["report"]["statements"]
    ]
    return Table(
        "The statements that cost the database most, without the cache",
        "The first three of each combination by their total time, over all starts that count.",
        STATEMENT_COLUMNS,
        rows,
    )


def _in_words(line: Mapping[str, Any]) -> str:
    routes = f" ({', '.join(line['routes'])})" if line["routes"] else ""
    return f"{line['combination']}: {line['statement']}{routes}"
