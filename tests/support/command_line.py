"""Parses a command line without running the command."""

from typing import Any

from click import Command

from loadtests.cli import capacity, run, sweep
from loadtests.cli.options import plan_of
from loadtests.schema.plan import Plan
from loadtests.studies.capacity.options import Options as CapacityOptions
from loadtests.studies.sweep.factors import Options as SweepOptions


def values_of(command: Command, *words: str) -> dict[str, Any]:
    """Parameters by name; raises click.UsageError."""
    return command.make_context(str(command.name), list(words)).params


def read_plan(*words: str) -> Plan:
    values = values_of(run.command, *words)
    return plan_of(values.pop("profile"), **values)


def read_capacity(*words: str) -> tuple[CapacityOptions, Plan]:
    return capacity.read(**values_of(capacity.command, *words))


def read_sweep(*words: str) -> tuple[SweepOptions, Plan]:
    return sweep.read(**values_of(sweep.command, *words))
