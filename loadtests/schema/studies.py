"""Other studies shown with a run: capacity, sweep and the fault matrix, if they exist."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from loadtests.schema import capacity, faults, sweep
from loadtests.schema.files import ROOT, UnusableResults, read_json

# Studies kept for the documentation.
MEASUREMENTS: Final = ROOT / "docs" / "measurements"
KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "capacity": capacity.Document,
    "sweep": sweep.Document,
    "faults": faults.Run,
}

Document = TypeVar("Document", capacity.Document, sweep.Document)


class LinkedStudy(NamedTuple, Generic[Document]):
    place: str
    document: Document


def linked_studies(folder: Path, files: Sequence[Path] = ()) -> dict[str, dict[str, Any]]:
    """The existing study of each kind as data, without the points of a sweep."""
    paths = {kind: path for kind in KINDS if (path := _path(folder, kind, files))}
    return {kind: _data(path, KINDS[kind]) for kind, path in paths.items()}


def linked_study(
    folder: Path, kind: str, shape: type[Document], files: Sequence[Path] = ()
) -> LinkedStudy[Document] | None:
    """From the given files, else this folder, else the newest folder beside it, else docs/measurements.

    Raises UnusableResults for a file that cannot be read or is no study.
    """
    path = _path(folder, kind, files)
    return LinkedStudy(_place(path), read_json(path, shape)) if path else None


def _data(path: Path, shape: type[msgspec.Struct]) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(read_json(path, shape), str_keys=True)
    left_out = "points" if shape is sweep.Document else None
    return {"place": _place(path), **{key: value for key, value in document.items() if key != left_out}}


def _path(folder: Path, kind: str, files: Sequence[Path]) -> Path | None:
    mine = [path for path in files if _kind(path) == kind]
    return next((path for path in (*mine, *_candidates(folder.resolve(), f"{kind}.json"))), None)


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    beside = sorted(folder.parent.glob(f"*-{name.removesuffix('.json')}/{name}"), reverse=True)
    yield from (path for path in (folder / name, *beside, MEASUREMENTS / name) if path.is_file())


def _place(path: Path) -> str:
    # Reports are passed on, so they contain no paths of this machine.
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else f"{path.parent.name}/{path.name}"


def _kind(path: Path) -> str:
    kind = str(read_json(path, dict[str, Any]).get("kind") or path.stem)
    if kind not in KINDS:
        raise UnusableResults(f"{path} is none of {', '.join(f'{name}.json' for name in KINDS)}")
    return kind
