"""The commands, each a module beside this one that is imported when it is called: comparing results needs no driver."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "run": "Measure the combinations in turns and compare them.",
    "compare": "Compare results, hold them to conditions, write the report.",
    "pool": "Add up the parts of a load that several k6 made.",
    "capacity": "How many requests a second can each combination take?",
    "sweep": "At which concurrency, distance or hit ratio would the answer flip?",
    "faults": "One fault after the other under load, and what came of it.",
    "staleness": "Look for stale reads under load.",
    "selfcheck": "Does the tool find nothing where there is nothing, and a tenth where there is a tenth?",
    "simulate": "How often is the tool right, on thousands of runs of a known effect?",
    "ceiling": "Each service beside a bare constant answer on the same server.",
}


def command_of(name: str) -> click.Command:
    command: click.Command = import_module(f"loadtests.cli.{name}").command
    return command
