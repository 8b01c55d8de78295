"""The seams: files that may differ between the twins, within limits."""

import ast
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from tools.twin_mirror import Mirror
from tools.twin_table import UnusableInput

LARGEST_SHARE = Fraction(1, 4)
SHORTEST_REASON = 3


def has_reason(reason: str) -> bool:
    """At least a few words and no placeholder."""
    return len(reason.split()) >= SHORTEST_REASON


def lines_of_seams(files: dict[str, str], seams: dict[str, str]) -> tuple[int, int]:
    """Lines in a twin's seams, and their limit; `files` are texts by name."""
    lines = {name: text.count("\n") for name, text in files.items()}
    in_seams = sum(lines[name] for name in seams if name in lines)
    return in_seams, int(sum(lines.values()) * LARGEST_SHARE)


def surface(text: str, path: Path, mirror: Mirror | None = None) -> str:
    """The public names of a file with their parameters, in order, one per line.

    With a mirror they are mapped to the sync side. Async functions count as functions.
    Raises UnusableInput.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise UnusableInput(f"{path}: not Python: {error}") from error
    lines = "".join(_public(tree.body, ""))
    return mirror.erase(lines, path) if mirror else lines


def _public(body: list[ast.stmt], owner: str) -> Iterator[str]:
    for node in body:
        for name, parameters in _names(node):
            if _is_public(name):
                yield f"{owner}{name}{parameters}\n"
        if isinstance(node, ast.ClassDef) and _is_public(node.name):
            yield from _public(node.body, f"{owner}{node.name}.")


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _names(node: ast.stmt) -> Iterator[tuple[str, str]]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield node.name, _parameters(node.args)
        case ast.ClassDef():
            yield node.name, ""
        case ast.Assign():
            yield from ((target.id, "") for target in node.targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name, ""
        case ast.Import() | ast.ImportFrom():
            # `import x as x` is a re-export.
            yield from ((name.name, "") for name in node.names if name.asname == name.name)
        case _:
            return


def _parameters(arguments: ast.arguments) -> str:
    plain = [argument.arg for argument in arguments.args]
    before = [argument.arg for argument in arguments.posonlyargs]
    keywords = [argument.arg for argument in arguments.kwonlyargs]
    rest = [f"*{arguments.vararg.arg}"] if arguments.vararg else ["*"] if keywords else []
    last = [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return f"({', '.join([*before, *(['/'] if before else []), *plain, *rest, *keywords, *last])})"
