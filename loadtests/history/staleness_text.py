"""What the staleness checker says: a table, what is wrong, and a file."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from loadtests.checkout import describe_checkout
from loadtests.history.check import SHIPPED, Checked
from loadtests.host import describe_host

# A value lives 60 s, give or take a tenth; what a failed drop leaves behind must be gone by then.
LONGEST_LIFETIME: Final = 66.0
HEADS = ("", "reads", "writes", "hits", "stale", "oldest", "failed drop", "oldest", "refused", "worst")
WIDTH = 110
LEGEND = """stale: reads outside the exceptions. failed drop: reads of what a write left whose drop Redis refused.
oldest: for how long the oldest data seen had been wrong. refused: what the service counted as refused by Redis."""


def show(results: Sequence[Checked]) -> None:
    """Prints a line for each check, and the faults with their evidence."""
    if not results:
        return
    table = Table(*HEADS, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in results:
        table.add_row(_name(each), *_figures(each))
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table)
    print(LEGEND)
    for each in results:
        for line in each.faults:
            print(f"{_name(each)}: {line}")


def summary(results: Sequence[Checked]) -> list[str]:
    """Gives a line for everything that is not as it must be; none when all is well."""
    return [f"{_name(each)}: {line}" for each in results for line in _wrong(each)]


def write(file: Path, results: Sequence[Checked]) -> None:
    """Writes the results, and with which code and on what machine they were made."""
    made = {
        "made_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": shlex.join(["python", "-m", "loadtests.history.staleness", *sys.argv[1:]]),
        **describe_checkout(),
        "host": describe_host(),
    }
    content = made | {"checks": results}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def _name(each: Checked) -> str:
    return f"{each.combination}, {f'Redis {each.redis}' if each.policy == SHIPPED else each.policy}"


def _figures(each: Checked) -> Iterator[str]:
    yield f"{each.reads:,}"
    yield f"{each.writes:,}"
    yield f"{each.states.get('hit', 0) / max(each.reads, 1):.0%}"
    yield f"{each.stale:,}"
    yield f"{each.largest_age_s:.2f} s"
    yield f"{each.failed_drop:,}"
    yield f"{each.failed_drop_largest_age_s:.2f} s"
    yield f"{each.refused:,}"
    yield f"{1000 * each.failures.worst_s:.0f} ms"


def _wrong(each: Checked) -> Iterator[str]:
    if each.policy != SHIPPED:
        if not each.stale:
            yield "it was not found out, so a zero means nothing"
        return
    if each.stale or each.impossible:
        yield f"{each.stale} stale reads, {each.impossible} of what was never written, such as {each.examples[0]}"
    if each.failed_drop and (each.refused == 0 or each.failed_drop_largest_age_s > LONGEST_LIFETIME):
        yield "reads after a failed drop that no counter tells of, or older than a value's lifetime"
    if each.lost_writes or each.duplicate_orders:
        yield "; ".join((each.lost_writes + each.duplicate_orders)[:3])
    if each.failures.broken:
        yield f"requests that ended as none may: {each.failures}"
    if each.full:
        yield "not everything could be remembered: ask for fewer reads"
