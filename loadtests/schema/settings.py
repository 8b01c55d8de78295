"""Settings as text, checked before anything starts: the same rules as loadtests/lib/settings.js."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
MEAN: Final = f"fixed|{NUMBER}"
HOST: Final = r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]"
HOSTS: Final = rf"(?:{HOST}|[0-9A-Fa-f:.]+)(?: *, *(?:{HOST}|[0-9A-Fa-f:.]+))*"
UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
MOST: Final = 999_999


class UnusableInput(Exception):
    """An unusable setting; the message is one line with its name, its value and the cure."""


def refuse(name: str, text: object, cure: str) -> NoReturn:
    raise UnusableInput(f"{name}={text}: {cure}")


def whole(name: str, text: str, low: int = 1, high: int = MOST) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
        refuse(name, text, f"give a whole number from {low} to {high}")
    return int(text)


def decimal(name: str, text: str, low: float, high: float) -> float:
    if not re.fullmatch(NUMBER, text) or not low <= float(text) <= high:
        refuse(name, text, f"give a number from {low:g} to {high:g}")
    return float(text)


def seconds(name: str, text: str) -> float:
    match = re.fullmatch(f"({NUMBER})(s|m|h|)", text)
    value = float(match[1]) * UNITS[match[2]] if match else 0.0
    return value if value > 0 else refuse(name, text, "give seconds, as 30, 30s or 2m")


def seconds_or_none(name: str, text: str) -> float:
    return 0.0 if text == "0" else seconds(name, text)


def spelled(name: str, text: str, pattern: str, cure: str) -> None:
    if not re.fullmatch(pattern, text):
        refuse(name, text, cure)


def one_of(name: str, text: str, known: Collection[str]) -> str:
    return text if text in known else refuse(name, text, f"choose one of {', '.join(known)}")


def some_of(name: str, text: str, known: Collection[str]) -> tuple[str, ...]:
    """Names separated by commas, each at most once."""
    names = tuple(part.strip() for part in text.split(","))
    if not set(names) <= set(known) or len(set(names)) < len(names):
        refuse(name, text, f"name each of {', '.join(known)} once at most")
    return names


def by_route(name: str, text: str) -> dict[str, float]:
    """A number for each route; routes with 0 are left out."""
    positive = {route: number for route, number in numbers(name, text, "products=70,revenue=30").items() if number > 0}
    return positive or refuse(name, text, "one number at least must be above 0")


def numbers(name: str, text: str, example: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for part in text.split(","):
        route, _, number = (word.strip() for word in part.partition("="))
        if not route or not re.fullmatch(NUMBER, number):
            refuse(name, text, f"write it as {example}")
        values[route] = float(number)
    return values


def read_named(variable: str, path: Path, shape: Any, what: str) -> Any:
    """A user's list of routes or combinations with unique names; raises UnusableInput."""
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=shape)
    except OSError as error:
        raise UnusableInput(f"{variable}={path}: it cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{variable}={path}: it is no list of {what}s ({error})") from error
    names = [entry.name for entry in entries]
    twice = [name for name in names if names.count(name) > 1]
    return refuse(variable, path, f"{what} {twice[0]} is there twice") if twice else entries


# All variables that change what k6 does: a run passes them to k6 and records them.
LOAD: Final[Mapping[str, Callable[[str, str], object]]] = {
    "VUS": whole,
    "THINK": partial(spelled, pattern=MEAN, cure="give the mean in seconds, or the word fixed for exactly 1 s"),
    "TURNS": seconds_or_none,
    "VISITORS": whole,
    "WARM_UP_REQUESTS": whole,
    "WARM_UP": seconds,
    "DURATION": seconds,
    "MIX": by_route,
    "RATE": whole,
    "LIMITS": by_route,
    "HIT_RATIO": partial(decimal, low=0, high=1),
    "ROUTES": lambda _name, text: text,
    "SERVICE_HOST": partial(spelled, pattern=HOST, cure="give the name or the address of a machine"),
    "ALLOW_HOSTS": partial(spelled, pattern=HOSTS, cure="give names or addresses of machines, with commas"),
}


def check_load(load: Mapping[str, str], routes: Collection[str]) -> None:
    """Raises UnusableInput for the first setting that k6 would reject."""
    for name, text in load.items():
        LOAD[name](name, text)
        if LOAD[name] is by_route:
            check_routes(name, text, routes)


def check_routes(name: str, text: str, routes: Collection[str]) -> None:
    """Raises UnusableInput for a route that is not measured."""
    if not numbers(name, text, "").keys() <= set(routes):
        refuse(name, text, f"the routes are {', '.join(routes)}")
