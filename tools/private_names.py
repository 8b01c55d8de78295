"""Finds uses of a library's internals: private names, patched classes and modules, subclasses of its classes."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OWN: Final = ("shared", "sync_api", "async_api")
# Base classes that their libraries document as such. Those of the standard library are allowed.
BASES: Final = {"msgspec.Struct", "gunicorn.app.base.BaseApplication"}
# Exists for type checkers only.
TYPES_ONLY: Final = "_typeshed"


def faults(folder: Path) -> list[str]:
    """A line `file:line: text` for each use of a library's internals."""
    return [
        f"{folder.name}/{file.relative_to(folder)}:{line}: {text}"
        for file in sorted(folder.rglob("*.py"))
        for line, text in sorted(_uses(ast.parse(file.read_text())))
    ]


def _uses(module: ast.Module) -> Iterator[tuple[int, str]]:
    imported = dict(_imported(module))
    for node in ast.walk(module):
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from _private_imports(node)
            case ast.Attribute(value=value, attr=name) if _is_private(name) and not _is_self(value):
                yield node.lineno, f"{ast.unparse(node)}: a private name of another object"
            case ast.Call(func=ast.Name("getattr"), args=[of, ast.Constant(str(name)), *_]) if _is_private(name):
                yield node.lineno, f"{ast.unparse(of)}.{name}: a private name of another object"
            case ast.ClassDef(bases=bases):
                yield from ((node.lineno, f"{name}: not made to be subclassed") for name in _bases(bases, imported))
        for target in _assigned(node):
            if isinstance(target, ast.Attribute) and _root(target) in imported:
                yield target.lineno, f"{ast.unparse(target)}: patches what is imported"


def _imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    """(bound name, qualified name) of each import."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else ""
        elif isinstance(node, ast.ImportFrom):
            of = "." * node.level + (node.module or "")
            yield from ((alias.asname or alias.name, f"{of}.{alias.name}") for alias in node.names)


def _private_imports(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[int, str]]:
    module = getattr(node, "module", None) or ""
    if module.partition(".")[0] in {TYPES_ONLY, "__future__"}:
        return
    for alias in node.names:
        name = f"{module}.{alias.name}".lstrip(".")
        if any(_is_private(part) for part in name.split(".")):
            yield node.lineno, f"{name}: a private name is imported"


def _bases(bases: list[ast.expr], imported: dict[str, str]) -> Iterator[str]:
    for base in bases:
        if isinstance(base, ast.Subscript):
            base = base.value
        name = ast.unparse(base)
        first, _, rest = name.partition(".")
        if first not in imported:
            continue
        whole = ".".join(filter(None, [imported[first] or first, rest]))
        top = whole.partition(".")[0]
        if top and top not in OWN and top not in sys.stdlib_module_names and whole not in BASES:
            yield whole


def _assigned(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return targets
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return [target]
        case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name() as changed, *_]):
            return [ast.Attribute(changed, "?", lineno=node.lineno)]
    return []


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}
