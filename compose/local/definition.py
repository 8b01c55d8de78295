"""The definition of the stack: compose/*.yaml with its variables substituted."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from psutil import virtual_memory

from compose.local.failures import unusable
from shared.service.settings import SettingsError, read_settings

FOLDER = Path(__file__).resolve().parents[1]
CHECKOUT = FOLDER.parent
FILES = ("database.yaml", "cache.yaml", "api.yaml")
DATABASE, CACHE = "database", "cache"
VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?::-(?P<default>[^{}]*))?\})")
CONNECTIONS = "--max-connections="
RESERVE = 20  # for KILL, seeding and measuring
DEFAULT_COUNT = 4
# COPY_MB is twice a database's size at SCALE=1; the defaults of compose/database.yaml are one step and the server.
COPY_MB, POOL_STEP_MB, SERVER_MB = 45, 512, 1024


@dataclass(frozen=True)
class Definition:
    """One service. With `profiles` it starts only if named; `python` is a version, empty for the current one."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cpus: str
    profiles: tuple[str, ...] = ()
    python: str = ""

    @property
    def database(self) -> str:
        """Also the name of its user."""
        return urlsplit(self.environment["DATABASE_URL"]).path.lstrip("/")

    @property
    def secret(self) -> str:
        """The name of its database's password."""
        return Path(self.environment["DATABASE_PASSWORD_FILE"]).name


@dataclass(frozen=True)
class Plan:
    database: Definition
    cache: Definition
    combinations: Mapping[str, Definition]
    secrets: Mapping[str, Path]

    def profiles(self, names: Collection[str]) -> set[str]:
        return {profile for name in names for profile in self.combinations[name].profiles}

    @property
    def default_names(self) -> list[str]:
        """The combinations that start by default."""
        return [name for name, each in self.combinations.items() if not each.profiles]

    def secret(self, name: str) -> str:
        file = self.secrets[name]
        if not file.is_file():
            raise unusable(f"{file} is missing: it must hold a password; see `SECRETS` in docs/services.md")
        return file.read_text()


def room_for(names: Collection[str], scale: int) -> dict[str, str]:
    """Variables for a buffer pool that holds the data of all combinations, within the machine's memory."""
    copies = 1 + max(DEFAULT_COUNT, len(names))
    needed = ceil(COPY_MB * copies * scale / POOL_STEP_MB) * POOL_STEP_MB
    pool = min(needed, virtual_memory().total // 2**21)
    return {"BUFFER_POOL": f"{pool}M", "DATABASE_MEMORY": f"{pool + SERVER_MB}m"} if needed > POOL_STEP_MB else {}


def read(variables: Mapping[str, str]) -> Plan:
    files = [fill(yaml.safe_load((FOLDER / name).read_text()), variables) for name in FILES]
    services = {name: define(name, body) for file in files for name, body in file["services"].items()}
    secrets = {
        name: (FOLDER / body["file"]).resolve() for file in files for name, body in file.get("secrets", {}).items()
    }
    database, cache = services.pop(DATABASE), services.pop(CACHE)
    return Plan(database, cache, services, secrets)


def must_be_usable(plan: Plan, names: Collection[str], environment: Mapping[str, str]) -> None:
    """StackError for a setting that a service would refuse; local stacks have password files of their own."""
    for name in names:
        settings = {**plan.combinations[name].environment, **environment}
        files = dict.fromkeys((key for key in settings if key.endswith("_PASSWORD_FILE")), "")
        try:
            read_settings({**settings, **files})
        except SettingsError as error:
            raise unusable(str(error)) from error


def must_fit(plan: Plan, names: Collection[str], environment: Mapping[str, str]) -> None:
    """StackError if the pools of these services together exceed `--max-connections`."""
    services = [{**plan.combinations[name].environment, **environment} for name in names]
    needed = sum(int(each["WORKERS"]) * int(each["POOL"]) for each in services) + RESERVE
    limits = [word.partition("=")[2] for word in plan.database.command if word.startswith(CONNECTIONS)]
    if limits and needed > int(limits[0]):
        raise unusable(f"the pools need {needed} database connections, the limit is {limits[0]}: lower WORKERS or POOL")


def define(name: str, body: Mapping[str, object]) -> Definition:
    command, environment = body.get("command", ()), body.get("environment", {})
    if not isinstance(command, list | tuple) or not isinstance(environment, dict):
        raise unusable(f"compose/*.yaml: write `command` of {name} as a list, `environment` as a mapping")
    return Definition(
        name=name,
        command=tuple(str(word) for word in command),
        environment={key: str(value) for key, value in environment.items()},
        cpus=str(body.get("cpuset", "")),
        profiles=tuple(body.get("profiles", ())),  # type: ignore[arg-type]
        python=str(body.get("x-python", "")),
    )


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """Substitute `${NAME:-default}` in every string of a YAML value, as Compose does."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: replacement(match, variables), value)
    if isinstance(value, dict):
        return {key: fill(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, variables) for inner in value]
    return value


def replacement(match: re.Match[str], variables: Mapping[str, str]) -> str:
    """As in Compose, `:-` treats an empty variable as unset."""
    if match["escaped"]:
        return "$"
    return variables.get(match["name"]) or match["default"] or ""
