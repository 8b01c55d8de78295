"""`staleness`: looks for stale reads under load."""

from typing import Any, Final

import click

from loadtests.cli.options import between, choices, json_option, option, port_base_option
from loadtests.consistency.check import SHIPPED
from loadtests.consistency.command import BROKEN, CACHED, CALM, FAULTS, Options, check_all
from loadtests.runner.ended import ended

POLICIES: Final = (SHIPPED, *BROKEN)


@click.command(
    epilog="""\b
Examples:
  python -m loadtests staleness                                     all checks, some minutes
  python -m loadtests staleness --policies shipped --redis calm     the shipped policy, Redis undisturbed
  python -m loadtests staleness --reads 2000 --writes 200           a quick look
  python -m loadtests staleness --policies no-stamps --only sync-cached

\b
Exit status: 0 if the shipped policy has no stale read and every broken policy was detected, 1 if not,
2 for unusable options, 130 if interrupted. Exception: reads after an invalidation that Redis refused
(counted by cache_events{event="refused"}), for at most a value's lifetime.
"""
)
@option("only", choices(CACHED), "Combinations.", ",".join(CACHED))
@option("policies", choices(POLICIES), "The shipped cache policy, and broken ones to detect.", ",".join(POLICIES))
@option("redis", choices((CALM, FAULTS)), "Conditions of Redis, for the shipped policy.", f"{CALM},{FAULTS}")
@option("reads", between(1, 10_000_000), "Reads per check; a broken policy gets a tenth.", "20000")
@option("writes", between(1, 10_000_000), "Writes per check.", "2000")
@option("workers", between(1, 64), "Worker processes per service.", "2")
@port_base_option
@json_option
def command(reads: int, writes: int, **values: Any) -> int:
    """Compare every answer with the writes before it, under load, with and without faults of Redis."""
    if reads < writes:
        raise click.UsageError(f"WRITES={writes}: give no more writes than READS={reads}")
    options = Options(reads=reads, writes=writes, **values)
    return ended("staleness", lambda: check_all(options))
