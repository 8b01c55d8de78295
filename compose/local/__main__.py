"""Runs the stack as local processes, without containers.

Options and settings come from compose/*.yaml; only hosts, ports and paths are replaced. Everything is in a temporary
directory that is removed at the end. Other servers on this machine are not touched.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from functools import partial

from compose.local import ownership
from compose.local.failures import StackError
from compose.local.options import StackOptions, whole
from compose.local.progress import Progress
from compose.local.stack import Stack

WATCH_SECONDS = 0.5
INTERRUPTED = 130

EXAMPLES = """
examples:
  python -m compose.local up                      all four services on ports 8001 to 8004
  python -m compose.local up --only sync,async    two of them
  PORT_BASE=18000 python -m compose.local up      on ports 18001 to 18004
  FANOUT=serial POOL=4 python -m compose.local up any variable of compose/api.yaml
  python -m compose.local down                    stop it from another terminal
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1: a program failed; 2: an unusable option or machine."""
    progress = Progress()
    try:
        chosen = parser().parse_args(arguments)
        return down() if chosen.command == "down" else up(chosen, progress)
    except StackError as error:
        return progress.fail(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        progress.end()


def up(chosen: argparse.Namespace, progress: Progress) -> int:
    """Keep the stack running until SIGINT, SIGTERM, or until one of its programs exits."""
    options = StackOptions(
        workers=chosen.workers,
        port_base=chosen.port_base,
        scale=chosen.scale,
        only=chosen.only.split(",") if chosen.only else None,
        progress=progress,
        foreground=True,
    )
    with Stack(options) as stack:
        progress.end()
        try:
            show(stack, progress.elapsed)
            watch(stack)
        except (KeyboardInterrupt, SystemExit):
            progress("stopping")
    return 0


def down() -> int:
    """Stop the stacks that `up` started from this checkout, and remove leftovers of killed stacks."""
    messages = [ownership.end(directory, owner) for directory, owner in ownership.stacks()]
    print("\n".join(filter(None, messages)) or "nothing to end: no stack of this checkout is up")
    return 0


def show(stack: Stack, seconds: float) -> None:
    print(f"ready after {seconds:.1f} s: {stack.database_version}, SCALE={stack.options.scale}")
    for name, service in stack.services.items():
        print(f"  {name:<14}{service.url}/api/products")
    print(f"  {'logs':<14}{stack.directory}/*.log")
    print("Ctrl-C stops it and removes everything.", flush=True)


def watch(stack: Stack) -> None:
    """Never returns; StackError when one of the stack's programs exits."""
    while True:
        stack.check()
        time.sleep(WATCH_SECONDS)


def parser() -> argparse.ArgumentParser:
    """The help names the environment variables that set the defaults."""
    top = argparse.ArgumentParser(
        prog="python -m compose.local",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start the stack and keep it until Ctrl-C or SIGTERM")
    commands.add_parser("down", help="stop the stack of `up`, and remove leftovers of killed stacks")
    for option, variable, default, meaning in (
        ("--workers", "WORKERS", "1", "processes per service"),
        ("--port-base", "PORT_BASE", "8000", "services listen on the four ports after it"),
        ("--scale", "SCALE", "1", "multiplies the data"),
    ):
        value = os.environ.get(variable) or default
        start.add_argument(
            option, type=partial(whole, variable), default=value, help=f"{meaning} ({variable}; now {value})"
        )
    start.add_argument("--only", default="", help="the services to start, such as sync,async-cached")
    return top


if __name__ == "__main__":
    sys.exit(main())
