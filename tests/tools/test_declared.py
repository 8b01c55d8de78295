"""A folder's imports are declared in its group of pyproject.toml, not only installed through another library."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
GROUPS: Final = {
    "shared": "service",
    "sync_api": "sync",
    "async_api": "async",
    "compose": "load",
    "loadtests": "load",
    "tests": "development",
    "tools": "development",
}
TYPES_ONLY: Final = {"_typeshed"}
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())


def imported(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield str(node.module).partition(".")[0]


def declared(group: str) -> Iterator[str]:
    for entry in PROJECT["dependency-groups"][group]:
        if isinstance(entry, dict):
            yield from declared(entry["include-group"])
        else:
            yield normal(entry)


@cache
def distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def normal(name: str) -> str:
    return re.split("[=<>~]", name)[0].lower().replace("_", "-")


@pytest.mark.parametrize(("folder", "group"), GROUPS.items())
def test_each_library_that_a_folder_imports_is_in_its_group(folder: str, group: str) -> None:
    own = {path.name for path in ROOT.iterdir() if path.is_dir()}
    libraries = set(imported(ROOT / folder)) - own - sys.stdlib_module_names - TYPES_ONLY
    known, names = set(declared(group)), distributions()
    assert [library for library in sorted(libraries) if not known & set(map(normal, names[library]))] == []


def test_the_wheel_requires_what_comparing_imports() -> None:
    files = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    packages = [ROOT / name for name in files if (ROOT / name).is_dir()]
    libraries = {name for package in packages for name in imported(package)} - {"loadtests"} - sys.stdlib_module_names
    assert libraries <= set(map(normal, PROJECT["project"]["dependencies"]))
