"""How a long study ends: its exit status and the one line that says why."""

import signal
import sys
from collections.abc import Callable

from compose.failures import StackError
from loadtests.generator import GeneratorFailed
from loadtests.plan import UnusableInput
from loadtests.run import BROKEN, INTERRUPTED, UNUSABLE_INPUT, interrupt
from loadtests.targets import TargetError


def ended(name: str, work: Callable[[], int]) -> int:
    """Gives what `work` gives; 2 for unusable input, 1 when something broke, 130 when it was interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        return work()
    except UnusableInput as error:
        return _fail(name, str(error), UNUSABLE_INPUT)
    except StackError as error:
        return _fail(name, f"{error}\n{error.log}".strip(), error.status)
    except (GeneratorFailed, TargetError) as error:
        return _fail(name, str(error), BROKEN)
    except KeyboardInterrupt:
        return _fail(name, "interrupted; what was finished is kept", INTERRUPTED)


def say(line: str) -> None:
    """Tells a person what happens now."""
    print(line, file=sys.stderr, flush=True)


def _fail(name: str, line: str, status: int) -> int:
    say(f"{name}: {line}")
    return status
