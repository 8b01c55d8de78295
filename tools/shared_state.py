"""Mutable state in shared/: classes and module variables that change after creation, each with a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# The twins create these objects and, where they have threads, lock them.
ALLOWED: Final = {
    "cache.breaker.Breaker": "the state of Redis, and the invalidations owed to it, outlive every request",
    "cache.flights.Flights": "a request has to find the flight led by another request",
    "cache.flights.Latch": "each place is held and released by one of many requests",
}
CHANGING: Final = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove"),
    *("setdefault", "update"),
}


def faults(folder: Path) -> list[str]:
    """A line for each class and module variable that keeps state and has no reason in ALLOWED."""
    cure = "pass the state in, or give its reason in tools/shared_state.py"
    return [f"{folder.name}: {each} keeps state: {cure}" for each in state(folder) if each not in ALLOWED]


def state(folder: Path) -> list[str]:
    """`package.module.name` of each class and module variable that changes after creation."""
    files = sorted(folder.rglob("*.py"))
    return sorted(
        {f"{_module(file, folder)}.{name}" for file in files for name in _changed(ast.parse(file.read_text()))}
    )


def _module(file: Path, folder: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts)


def _changed(module: ast.Module) -> Iterator[str]:
    variables = {target.id for node in module.body for target in _assigned(node) if isinstance(target, ast.Name)}
    yield from (name for node in ast.walk(module) if isinstance(node, ast.Global) for name in node.names)
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield from variables & set(_changed_in(node))
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name != "__init__"]
            yield from {node.name for method in methods if "self" in _changed_in(method)}


def _changed_in(tree: ast.AST) -> Iterator[str]:
    """Names whose items or attributes are assigned or deleted, or on which a method in CHANGING is called."""
    for node in ast.walk(tree):
        parts = [target for target in _assigned(node) if not isinstance(target, ast.Name)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            parts.append(node.func.value)
        yield from (_name(part) for part in parts)


def _assigned(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield target


def _name(part: ast.expr) -> str:
    while isinstance(part, ast.Attribute | ast.Subscript):
        part = part.value
    return part.id if isinstance(part, ast.Name) else ""
