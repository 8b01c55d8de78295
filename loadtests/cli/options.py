"""Options shared by commands: each is also an environment variable."""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
from click.shell_completion import CompletionItem

from loadtests.schema.combinations import GROUPS, OURS, read_entries
from loadtests.schema.files import ROOT
from loadtests.schema.load import read_profiles
from loadtests.schema.plan import RESULTS, STACKS, Plan, make_plan
from loadtests.schema.settings import LOAD, UnusableInput, decimal, one_of, refuse, some_of, whole

Check: TypeAlias = Callable[[str, str], Any]
Declare: TypeAlias = Callable[[Callable[..., int]], Callable[..., int]]

PROFILES: Final = tuple(read_profiles())
HIGHEST_PORT: Final = 65_000
HIGHEST_SCALE: Final = 999


class Checked(click.ParamType[Any]):
    """A click type read by a function of schema.settings, whose error names the variable, the value and the cure."""

    def __init__(self, metavar: str, check: Check = lambda _name, text: text, words: Sequence[str] = ()) -> None:
        self.name = metavar
        self._check = check
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name = str(param.envvar or param.opts[0]) if param else ""
        try:
            return self._check(name, value) if isinstance(value, str) else value
        except UnusableInput as error:
            raise click.UsageError(str(error), ctx) from error

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        *before, last = incomplete.split(",")
        return [CompletionItem(",".join([*before, word])) for word in self._words if word.startswith(last)]


def between(low: int, high: int) -> Checked:
    return Checked("N", partial(whole, low=low, high=high))


def decimals(low: float, high: float) -> Checked:
    return Checked("N", partial(decimal, low=low, high=high))


def percent(low: float, high: float) -> Checked:
    return Checked("%", lambda name, text: decimal(name, text, low, high) / 100)


def choice(words: Sequence[str]) -> Checked:
    return Checked("NAME", partial(one_of, known=words), words)


def choices(words: Sequence[str]) -> Checked:
    return Checked("NAMES", partial(some_of, known=words), words)


def _new_file(name: str, text: str) -> Path:
    path = Path(text)
    return path if path.parent.is_dir() and not path.is_dir() else refuse(name, text, "give a file in a folder")


FILE: Final = Checked("FILE", lambda _name, text: Path(text))
NEW_FILE: Final = Checked("FILE", _new_file)
FOLDER: Final = Checked("DIR", lambda _name, text: Path(text))
COMBINATIONS: Final = Checked("NAMES", words=[*GROUPS, *(entry.name for entry in read_entries(OURS))])


def option(name: str, kind: Checked, text: str, preset: str | None = None, field: str = "", **more: Any) -> Declare:
    """An option that is also an environment variable; `field` is its name in the program."""
    settings = {"type": kind, "metavar": kind.name, "default": preset, "show_default": bool(preset), **more}
    names = [f"--{name}", field or name.replace("-", "_")]
    return click.option(*names, envvar=name.upper().replace("-", "_"), show_envvar=True, help=text, **settings)


def together(*declarations: Declare) -> Declare:
    """Combines several options into one decorator, in the order of --help."""
    return lambda command: reduce(lambda declared, declare: declare(declared), reversed(declarations), command)


def results_option(preset: Path) -> Declare:
    shown = str(preset.relative_to(ROOT))
    return option("results", FOLDER, "Folder in which the run's folder is made.", str(preset), show_default=shown)


json_option: Final = option("json", NEW_FILE, "Also write the figures to this file.")
port_base_option: Final = option(
    "port-base", between(1, HIGHEST_PORT), "Services listen on the ports after this one.", "8000"
)
profile_option: Final = option("profile", choice(PROFILES), f"The load: {', '.join(PROFILES)}.", "quick")

# Which services are measured, and where they are.
plan_options: Final = together(
    option(
        "combinations",
        COMBINATIONS,
        f"Names separated by commas; {', '.join(GROUPS)}; or a JSON file of services of your own.",
        "",
    ),
    option(
        "stack",
        choice(STACKS),
        "local: private processes; compose: containers; kubernetes: a cluster; none: running services.",
        "local",
    ),
    option("context", Checked("NAME"), "The cluster of STACK=kubernetes, as kubectl calls it.", ""),
    option(
        "overlay", Checked("DIR"), "The overlay applied to it: laptop, managed, nodes, or a folder of yours.", "laptop"
    ),
    port_base_option,
    option("workers", between(1, 64), "Worker processes per local service.", "1"),
    option("scale", between(1, HIGHEST_SCALE), "Size of the data set, as a multiple.", "1"),
    results_option(RESULTS),
)

# The settings of the load, which loadtests/lib/settings.js reads and make_plan checks.
LOAD_TEXTS: Final = {
    "vus": ("N", "Concurrent visitors; with RATE, the most requests in flight."),
    "think": ("SECONDS", "Mean think time; `fixed` is exactly 1 s."),
    "turns": ("TIME", "Seconds of the head to head in each start; 0 for none."),
    "warm-up": ("TIME", "Load before the measured time, as 30, 30s or 2m."),
    "duration": ("TIME", "Measured time of each combination in a start."),
    "mix": ("ROUTE=N,...", "Weights, as products=70,revenue=30."),
    "rate": ("N", "Requests per second: an open model with a constant arrival rate."),
    "limits": ("ROUTE=MS,...", "Milliseconds by route: longer answers count as late."),
    "hit-ratio": ("SHARE", "Share of `page` requests whose answer is already in the cache."),
    "routes": ("FILE", "Routes of your own; needs COMBINATIONS=yours.json STACK=none."),
    "service-host": ("HOST", "The host of the services, if not this machine; needs STACK=none."),
    "allow-hosts": ("HOST,...", "Other machines that may be loaded: your own, or with their owner's permission."),
}


def load_options(*names: str) -> Declare:
    texts = {name: LOAD_TEXTS[name] for name in names or LOAD_TEXTS}
    return together(*(option(name, Checked(metavar), text) for name, (metavar, text) in texts.items()))


def plan_of(profile: str, **values: Any) -> Plan:
    """The plan from the values of plan_options and load_options; raises UnusableInput."""
    load = {name: values.pop(name.lower()) for name in LOAD if name.lower() in values}
    return make_plan(profile, load={name: text for name, text in load.items() if text}, **values)
