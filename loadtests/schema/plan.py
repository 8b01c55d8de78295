"""The plan of a run."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.schema.combinations import OURS, Entry, group, moved, must_be_allowed, read_entries
from loadtests.schema.files import LOADTESTS
from loadtests.schema.load import JOURNEYS, WRITES, Lengths, Profile, read_profiles, read_routes
from loadtests.schema.result import Varies
from loadtests.schema.settings import by_route, check_load, refuse, seconds_or_none, some_of, whole

STACKS: Final = ("local", "compose", "kubernetes", "none")
RESULTS: Final = LOADTESTS / "results"
LENGTHS: Final = ("TURNS", "WARM_UP", "DURATION")
USUAL: Final = 4
PORT_BASE: Final = 8000


class Plan(NamedTuple):
    """One run; `load` holds the variables that change what k6 does."""

    profile_name: str
    profile: Profile
    rounds: int
    stack: str
    port_base: int
    workers: int
    results: Path
    file: Path | None
    names: list[str]
    # How the combinations differ.
    axes: dict[str, Varies]
    load: Mapping[str, str]
    # Addresses of the services of STACK=none.
    urls: Mapping[str, str]
    scale: int = 1
    # How many k6 processes share the load.
    generators: int = 1
    # For STACK=kubernetes: the cluster, and the overlay applied to it.
    context: str = ""
    overlay: str = ""

    @property
    def mix(self) -> dict[str, float]:
        return by_route("MIX", self.load["MIX"]) if "MIX" in self.load else self.profile.mix

    @property
    def lengths(self) -> dict[str, str]:
        """The length of each part of a start, as k6 reads it; the user's own variables take precedence."""
        profile = self.profile
        usual = profile.start or Lengths(profile.turns_s, profile.warm_up_s, profile.duration_s)
        # Each combination gets the same number of turns, however many combinations there are.
        longer = max(1.0, len(self.names) / USUAL)
        lengths = {"TURNS": usual.turns_s * longer, "WARM_UP": usual.warm_up_s, "DURATION": usual.duration_s}
        return {name: f"{length:g}" for name, length in lengths.items() if length}

    @property
    def restores(self) -> bool:
        """Whether the load or the head to head changes rows, so that each start has to restore them."""
        turns = {**self.lengths, **self.load}.get("TURNS", "0") != "0" and "MIX" not in self.load
        return (turns and len(self.names) > 1) or bool(self.mix.keys() & WRITES)

    @property
    def hashes(self) -> dict[str, str | None]:
        """SHA-256 of the user's own files; null for ours."""
        routes = self.load.get("ROUTES")
        return {"services_sha256": _hash(self.file), "routes_sha256": _hash(Path(routes) if routes else None)}

    def chosen(self, names: Sequence[str]) -> str:
        """COMBINATIONS as k6 reads it, for these names."""
        return f"{self.file}#{','.join(names)}" if self.file else ",".join(names)


def lasting(variables: Mapping[str, str], combinations: int) -> float:
    """The seconds of a start by its variables, without the pauses between its parts."""
    turns, *each = (seconds_or_none(name, variables.get(name) or "0") for name in LENGTHS)
    return (turns if combinations > 1 else 0.0) + combinations * sum(each)


def make_plan(
    profile: str = "quick",
    *,
    combinations: str = "",
    stack: str = "local",
    rounds: int | None = None,
    port_base: int = PORT_BASE,
    workers: int = 1,
    scale: int = 1,
    generators: int = 1,
    context: str = "",
    overlay: str = "laptop",
    results: Path = RESULTS,
    load: Mapping[str, str] | None = None,
) -> Plan:
    """Raises UnusableInput for settings that do not fit together or that k6 would reject."""
    file, entries = _combinations(combinations)
    chosen = read_profiles()[profile]
    if file and stack != "none":
        refuse("COMBINATIONS", file, "these are services of your own: add STACK=none")
    if generators > 1 and stack == "compose":
        refuse("GENERATORS", generators, "containers have one k6: choose another STACK")
    _refuse_idle(generators, chosen, load or {})
    if stack == "kubernetes":
        _refuse_set_elsewhere(WORKERS=workers, SCALE=scale)
    return Plan(
        profile_name=profile,
        profile=chosen,
        rounds=rounds or chosen.starts,
        stack=stack,
        port_base=port_base,
        workers=workers,
        results=results,
        file=file,
        names=[entry.name for entry in entries],
        axes={entry.name: entry.axes for entry in entries},
        load=_checked(_limited(entries) | dict(load or {}), file),
        urls=_urls(file, port_base, stack, load or {}),
        scale=scale,
        generators=generators,
        context=context,
        overlay=overlay,
    )


def _hash(path: Path | None) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else None


def _combinations(text: str) -> tuple[Path | None, list[Entry]]:
    path = Path(text) if text.endswith(".json") else OURS
    known = {entry.name: entry for entry in read_entries(path)}
    if text.endswith(".json"):
        return path.resolve(), list(known.values())
    names = group(text, known) or some_of("COMBINATIONS", text, known)
    return None, [known[name] for name in names]


def _limited(entries: Sequence[Entry]) -> dict[str, str]:
    """MIX, if one of these services has some routes only."""
    mix = next((entry.mix for entry in entries if entry.mix), {})
    return {"MIX": ",".join(f"{route}={weight:g}" for route, weight in mix.items())} if mix else {}


def _urls(file: Path | None, port_base: int, stack: str, load: Mapping[str, str]) -> dict[str, str]:
    host, beyond = load.get("SERVICE_HOST", ""), port_base - PORT_BASE
    if host and stack != "none":
        refuse("SERVICE_HOST", host, "services elsewhere are not started from here: add STACK=none")
    urls = {entry.name: moved(entry.url, host) for entry in read_entries(file or OURS)}
    name, value = ("SERVICE_HOST", host) if host else ("COMBINATIONS", file)
    must_be_allowed(name, value, urls.values(), load.get("ALLOW_HOSTS", ""))
    return urls if file else {name: _beyond(url, beyond) for name, url in urls.items()}


def _beyond(url: str, ports: int) -> str:
    host, _, port = url.rpartition(":")
    return f"{host}:{int(port) + ports}"


def _refuse_idle(generators: int, profile: Profile, load: Mapping[str, str]) -> None:
    visitors = whole("VUS", load.get("VUS") or str(profile.vus))
    if generators > visitors and "RATE" not in load:
        refuse("GENERATORS", generators, f"{visitors} visitors cannot be shared by so many: make fewer, or raise VUS")


def _refuse_set_elsewhere(**values: int) -> None:
    for name, value in values.items():
        if value != 1:
            refuse(name, value, "on a cluster the overlay says so: set it there, in its ConfigMap")


def routes_of(load: Mapping[str, str]) -> Sequence[str]:
    """The names of the user's own routes, else of ours; raises UnusableInput."""
    routes = load.get("ROUTES")
    return [route.name for route in read_routes(Path(routes))] if routes else JOURNEYS


def _checked(load: Mapping[str, str], file: Path | None) -> dict[str, str]:
    routes = load.get("ROUTES")
    if routes and not file:
        refuse("ROUTES", routes, "these are routes of your own: add COMBINATIONS=yours.json STACK=none")
    check_load(load, routes_of(load))
    # k6 may be started in another folder than this program.
    return {**load, **({"ROUTES": str(Path(routes).resolve())} if routes else {})}
