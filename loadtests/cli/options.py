"""The declarations that commands share: each option is also a variable of the environment."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
from click.shell_completion import CompletionItem

from loadtests.schema.combinations import OURS, read_entries
from loadtests.schema.files import ROOT
from loadtests.schema.plan import RESULTS, STACKS, Plan, make_plan
from loadtests.schema.profiles import read_profiles
from loadtests.schema.settings import LOAD, UnusableInput, decimal, one_of, refuse, some_of, whole

Check: TypeAlias = Callable[[str, str], Any]
Kind: TypeAlias = click.ParamType[Any] | None
Declare: TypeAlias = Callable[[Callable[..., int]], Callable[..., int]]

PROFILES: Final = tuple(read_profiles())
HIGHEST_PORT: Final = 65_000
HIGHEST_SCALE: Final = 999


class Checked(click.ParamType[Any]):
    """Text that a function of schema.settings reads; its refusal names the variable, the value and the cure."""

    name = "text"

    def __init__(self, check: Check, words: Sequence[str] = ()) -> None:
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
    return Checked(partial(whole, low=low, high=high))


def decimals(low: float, high: float) -> Checked:
    return Checked(partial(decimal, low=low, high=high))


def percent(low: float, high: float) -> Checked:
    return Checked(lambda name, text: decimal(name, text, low, high) / 100)


def choice(words: Sequence[str]) -> Checked:
    return Checked(partial(one_of, known=words), words)


def choices(words: Sequence[str]) -> Checked:
    return Checked(partial(some_of, known=words), words)


def _new_file(name: str, text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise UnusableInput(f"{name}={text}: give a file in a folder that is there")
    return path


PATH: Final = click.Path(path_type=Path)
NEW_FILE: Final = Checked(_new_file)


def option(name: str, kind: Kind, metavar: str, text: str, preset: object = None, **more: Any) -> Declare:
    """An option that is also the variable of its name."""
    variable = name.upper().replace("-", "_")
    settings = {"type": kind, "metavar": metavar, "default": preset, "show_default": bool(preset), **more}
    return click.option(f"--{name}", envvar=variable, show_envvar=True, help=text, **settings)


def together(*declarations: Declare) -> Declare:
    """Several options as one decorator, in the order of --help."""

    def declare(command: Callable[..., int]) -> Callable[..., int]:
        for declaration in reversed(declarations):
            command = declaration(command)
        return command

    return declare


def results_option(preset: Path) -> Declare:
    shown = str(preset.relative_to(ROOT))
    return option("results", PATH, "DIR", "Folder under which the run's folder is made.", preset, show_default=shown)


json_option: Final = option("json", NEW_FILE, "FILE", "Also write the figures to this file.")
port_base_option: Final = option(
    "port-base", between(1, HIGHEST_PORT), "PORT", "Services answer on the ports after this one.", "8000"
)
rounds_option: Final = option("rounds", between(1, 1000), "N", "Rounds; the usual number is 4, and 1 for smoke.")
profile_option: Final = option("profile", choice(PROFILES), "NAME", f"The load: {', '.join(PROFILES)}.", "quick")

COMBINATIONS: Final = Checked(lambda _name, text: text, [entry.name for entry in read_entries(OURS)])
# A study is measured in one go, and must not begin anew where one was to go on.
not_resumed: Final = option(
    "resume",
    Checked(lambda name, text: refuse(name, text, "this cannot go on, start it without RESUME")),
    "DIR",
    "",
    hidden=True,
    expose_value=False,
)

# What says which services are measured, and where.
plan_options: Final = together(
    option("combinations", COMBINATIONS, "NAMES", "Names with commas, or a JSON file of services of your own.", ""),
    option(
        "stack",
        choice(STACKS),
        "NAME",
        "local: private processes; compose: containers; none: what is running.",
        "local",
    ),
    port_base_option,
    option("workers", between(1, 64), "N", "Processes of each local service.", "1"),
    option("scale", between(1, HIGHEST_SCALE), "N", "How many times the data.", "1"),
    results_option(RESULTS),
)

# What changes the load, as loadtests/lib/settings.js reads it; make_plan checks it.
LOAD_TEXTS: Final = {
    "vus": ("N", "Visitors at once; with RATE, how many requests may be in flight."),
    "think": ("SECONDS", "Mean think time; `fixed` is exactly 1 s."),
    "warm-up": ("TIME", "Load before the measured time, as 30, 30s or 2m."),
    "duration": ("TIME", "Measured time of each cell."),
    "mix": ("ROUTE=N,...", "Weights, as products=70,revenue=30."),
    "rate": ("N", "An open model: so many requests a second, whatever the answers do."),
    "limits": ("ROUTE=MS,...", "Count answers that take longer as late."),
    "hit-ratio": ("SHARE", "Share of `page` requests whose answer is in the cache already."),
    "routes": ("FILE", "Routes of your own; needs COMBINATIONS=yours.json STACK=none."),
    "service-host": ("HOST", "Where the services are, if not on this machine."),
}


def load_options(*names: str) -> Declare:
    """These options of the load, or all of them."""
    return together(*(option(name, None, *LOAD_TEXTS[name]) for name in names or LOAD_TEXTS))


def plan_of(profile: str, **values: Any) -> Plan:
    """The plan that plan_options, and load_options, were given; raises UnusableInput."""
    load = {name: values.pop(name.lower()) for name in LOAD if name.lower() in values}
    return make_plan(profile, load={name: text for name, text in load.items() if text}, **values)
