"""The end of a measuring command: its exit status, and a line with the reason."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from compose.local.failures import StackError
from loadtests.schema.exit_status import BROKEN, INTERRUPTED, UNUSABLE_INPUT
from loadtests.schema.settings import UnusableInput
from loadtests.targets.base import TargetError
from loadtests.targets.k6 import GeneratorFailed


def ended(name: str, work: Callable[[], int], kept: str = "what was finished is kept") -> int:
    """Runs `work` and returns the exit status; `kept` is printed if it is interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return work()
    except UnusableInput as error:
        return _fail(name, str(error), UNUSABLE_INPUT)
    except StackError as error:
        return _fail(name, f"{error}\n{error.log}".strip(), error.status)
    except (GeneratorFailed, TargetError) as error:
        return _fail(name, str(error), BROKEN)
    except KeyboardInterrupt:
        return _fail(name, f"interrupted; {kept}", INTERRUPTED)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # SIGTERM cleans up like Ctrl-C.
    raise KeyboardInterrupt


def _fail(name: str, line: str, status: int) -> int:
    say(f"{name}: {line}")
    return status
