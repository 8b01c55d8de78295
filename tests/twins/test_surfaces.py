"""The modules of both twins have the same names with the same parameters."""

import inspect
from typing import Any

import pytest

from compose.local.definition import CHECKOUT
from tests.support.twins import NAMES, Twin

TWIN = CHECKOUT / "sync_api"
MODULES = sorted(".".join(file.relative_to(TWIN).with_suffix("").parts) for file in TWIN.rglob("[a-z]*.py"))
POOL = {
    "open": ["self"],
    "is_busy": ["self"],
    "acquire": ["self"],
    "release": ["self", "connection"],
    "suspect": ["self"],
    "close": ["self", "seconds"],
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_same_surface_on_both_twins(module: str) -> None:
    sync, asynchronous = (_surface(Twin(name).module(module)) for name in NAMES)
    assert sync
    assert sync == asynchronous


def test_both_pools_offer_what_the_services_use() -> None:
    for name in NAMES:
        surface = _surface(Twin(name).module("database.pool"))
        assert surface["Pool"] == POOL


def _surface(module: Any) -> dict[str, object]:
    """The public functions with their parameters, and the classes with those of their methods."""
    own = [(name, of) for name, of in vars(module).items() if not name.startswith("_")]
    return {
        name: _methods(of) if inspect.isclass(of) else _parameters(of)
        for name, of in own
        if getattr(of, "__module__", "") == module.__name__ and callable(of)
    }


def _methods(kind: type[Any]) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {name: _parameters(method) for name, method in methods if not name.startswith("_")}


def _parameters(function: Any) -> list[str]:
    """Names, kinds and defaults; the types differ where one side waits."""
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
    ]
    return [str(parameter) for parameter in bare]
