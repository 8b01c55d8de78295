"""Measures a sweep or reads one, and says what it means: python -m loadtests.sweep, or make matrix PROFILE=sweep."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from compose.stack import Stack
from loadtests.cell import write
from loadtests.exits import ended, say
from loadtests.host import describe_host
from loadtests.local_target import stack_options
from loadtests.plan import Plan, UnusableInput
from loadtests.result_folders import new_folder
from loadtests.sweep.asked import Asked, read_asked
from loadtests.sweep.course import FILE, Course
from loadtests.sweep.document import Document
from loadtests.sweep.factors import ordered
from loadtests.sweep.target import sweep_target
from loadtests.sweep.text import PLAIN_WIDTH, show, show_here


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, writes after every cell, prints; gives the exit status."""
    return ended("sweep", lambda: _run(*read_asked(arguments)))


def _run(asked: Asked, plan: Plan) -> int:
    document = read(asked.read) if asked.read else _measured(asked, plan)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    show(document, console)
    if asked.here.given:
        show_here(document, asked.here, console)
    return 0


def read(path: Path) -> Document:
    """Gives a sweep that was measured before; raises UnusableInput."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Document)
    except (OSError, msgspec.DecodeError) as error:
        raise UnusableInput(f"READ={path} is no sweep.json: {error}") from error


def _measured(asked: Asked, plan: Plan) -> Document:
    folder = new_folder(plan.results, plan.profile_name)
    order = list(ordered(asked.factors, plan.axes, asked.passes, asked.seed))
    say(f"results go to {folder}")
    say(
        f"{len(order)} cells in {asked.passes} pass{'es' if asked.passes > 1 else ''}, {asked.measured_s:g} s each; "
        f"about {asked.minutes:g} min"
    )
    with Stack(stack_options(plan, say)) as stack, sweep_target(stack) as target:
        run = {"workers": plan.workers, "host": describe_host(), "versions": target.versions()}
        document = Course(asked, plan, folder, run, order).measure(target)
    say(f"Results: {folder / FILE}")
    if asked.json:
        write(asked.json, msgspec.to_builtins(document))
    return document
