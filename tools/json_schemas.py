"""Writes docs/schema/*.json from the types of results and of `compare --json`: `python -m tools.json_schemas`."""

from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.schema.files import as_json, write_whole
from loadtests.schema.result import Result
from loadtests.schema.run import RunDescription
from loadtests.verdict.comparison import Comparison

FOLDER: Final = Path(__file__).parents[1] / "docs" / "schema"
SHAPES: Final[dict[str, type[msgspec.Struct]]] = {"result": Result, "run": RunDescription, "comparison": Comparison}


def texts() -> dict[Path, str]:
    return {FOLDER / f"{name}.json": as_json(_schema(shape)) for name, shape in SHAPES.items()}


def _schema(shape: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(shape)}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_whole(texts())
