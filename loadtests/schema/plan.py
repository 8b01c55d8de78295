"""What a run is asked to measure: options, else the environment, else presets."""

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.schema.combinations import OURS, Entry, UnusableFile, read_entries
from loadtests.schema.design import williams_square
from loadtests.schema.files import LOADTESTS
from loadtests.schema.profiles import STUDIES, Profile, read_profiles, writes

NEWEST: Final = "newest"
STACKS: Final = ("local", "compose", "none")
ROUNDS: Final = {"smoke": 1}
USUAL_ROUNDS: Final = 4
# Every variable with which a user changes what k6 does: the run hands them on and writes them down.
PASSED_ON: Final = (
    "VUS",
    "THINK",
    "WARM_UP",
    "DURATION",
    "MIX",
    "ROUTES",
    "RATE",
    "LIMITS",
    "HIT_RATIO",
    "SERVICE_HOST",
)


class UnusableInput(Exception):
    """The run cannot be started as asked for; the message says why and what helps."""


class Plan(NamedTuple):
    """One run."""

    profile_name: str
    profile: Profile
    rounds: int
    stack: str
    port_base: int
    workers: int
    results: Path
    file: Path | None
    names: list[str]
    # Which stack each combination has, and whether it has the cache.
    axes: dict[str, tuple[str, bool]]
    resume: str | None = None

    @property
    def restores(self) -> bool:
        """Whether the load changes rows, so that each cell needs the first ones back."""
        return writes(read_mix(os.environ.get("MIX", "")) or self.profile.mix)

    @property
    def passed_on(self) -> dict[str, str]:
        """The variables of the load that are set, which k6 reads by itself."""
        given = {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}
        # k6 is started from another folder than this program may have been.
        return given | ({"ROUTES": str(Path(given["ROUTES"]).resolve())} if "ROUTES" in given else {})

    @property
    def hashes(self) -> dict[str, str | None]:
        """SHA-256 of the user's own files, which a path does not tell apart; null where ours is used."""
        routes = self.passed_on.get("ROUTES")
        return {"services_sha256": _hash(self.file), "routes_sha256": _hash(Path(routes) if routes else None)}

    def combination(self, name: str) -> str:
        """COMBINATIONS as k6 reads it."""
        return f"{self.file}#{name}" if self.file else name


def read_plan(arguments: Sequence[str] | None = None) -> Plan:
    """Raises UnusableInput."""
    options = _parser().parse_args(arguments)
    profiles = read_profiles()
    if options.profile not in profiles:
        raise UnusableInput(f"PROFILE={options.profile}: the profiles are {', '.join(profiles)}")
    if options.resume and options.profile in STUDIES:
        raise UnusableInput(f"RESUME={options.resume}: PROFILE={options.profile} cannot go on, start it without RESUME")
    if options.stack not in STACKS:
        raise UnusableInput(f"STACK={options.stack}: choose one of {', '.join(STACKS)}")
    file, axes = _combinations(options.combinations)
    rounds = options.rounds or str(ROUNDS.get(options.profile, whole_squares(len(axes))))
    _refuse_routes(os.environ.get("ROUTES"), file)
    if file and options.stack != "none":
        raise UnusableInput(f"COMBINATIONS={file} are services of your own: add STACK=none")
    return Plan(
        profile_name=options.profile,
        profile=profiles[options.profile],
        rounds=number("ROUNDS", rounds, 1, 1000),
        stack=options.stack,
        port_base=number("PORT_BASE", options.port_base, 1, 65000),
        workers=number("WORKERS", options.workers, 1, 64),
        results=Path(options.results),
        file=file,
        names=list(axes),
        axes=axes,
        resume=options.resume,
    )


def _hash(path: Path | None) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else None


def number(name: str, text: str, low: int, high: int) -> int:
    """Raises UnusableInput with the range."""
    if not text.isdecimal() or not low <= int(text) <= high:
        raise UnusableInput(f"{name}={text}: give a whole number from {low} to {high}")
    return int(text)


def read_mix(text: str) -> dict[str, float]:
    """The weights of MIX by route, empty when there is none; raises UnusableInput."""
    pairs = [part.partition("=") for part in text.split(",") if part]
    try:
        return {route.strip(): float(weight) for route, _, weight in pairs}
    except ValueError:
        raise UnusableInput(f"MIX={text}: write it as products=70,revenue=30") from None


def whole_squares(combinations: int) -> int:
    """Four rounds, or more where the square of the orders has more rows."""
    rows = len(williams_square(combinations))
    return rows * -(-USUAL_ROUNDS // rows)


def _combinations(asked: str) -> tuple[Path | None, dict[str, tuple[str, bool]]]:
    path = Path(asked) if asked.endswith(".json") else OURS
    try:
        known = {entry.name: _axes(entry) for entry in read_entries(path)}
    except UnusableFile as error:
        raise UnusableInput(str(error)) from error
    if not asked or asked.endswith(".json"):
        return (path.resolve() if asked else None), known
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise UnusableInput(f"COMBINATIONS={asked}: name each of {', '.join(known)} once at most")
    return None, {name: known[name] for name in names}


def _axes(entry: Entry) -> tuple[str, bool]:
    return (entry.varies.stack, entry.varies.cache) if entry.varies else (entry.name, False)


def _refuse_routes(routes: str | None, file: Path | None) -> None:
    if routes and (not Path(routes).is_file() or not file):
        raise UnusableInput(f"ROUTES={routes}: give a file that is there, with COMBINATIONS=yours.json STACK=none")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.run",
        description="Measure the combinations in rounds, each cell with fresh services.",
        epilog="VUS=, THINK=, WARM_UP=, DURATION=, MIX= and RATE= change the load.",
    )
    presets = (
        ("profile", "quick", "origin, quick, smoke, mixed, capacity or sweep"),
        ("rounds", "", "rounds, best in multiples of four (4, or 1 for smoke)"),
        ("stack", "local", "local: private processes; compose: containers; none: what is running"),
        ("port-base", "8000", "services answer on this port + 1 and the following ones"),
        ("workers", "1", "worker processes of each service with STACK=local"),
        ("results", str(LOADTESTS / "results"), "folder under which the run's folder is made"),
        ("combinations", "", "names with commas, or a JSON file with STACK=none"),
    )
    for name, preset, text in presets:
        value = os.environ.get(name.upper().replace("-", "_")) or preset
        parser.add_argument(f"--{name}", default=value, help=f"{text} (now: {value or 'usual'})")
    parser.add_argument(
        "--resume",
        nargs="?",
        const=NEWEST,
        default=os.environ.get("RESUME") or None,
        metavar="DIR",
        help="go on with an interrupted run: the folder of it, or nothing for the newest (RESUME=DIR or RESUME=newest)",
    )
    return parser
