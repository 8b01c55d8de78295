"""The JSON Schemas in docs/schema match the types, and the program's output is valid by them."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from loadtests.cli.main import main
from tools.json_schemas import FOLDER, texts

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "loadtests" / "results" / "example"
SUMMARIES: Final = ROOT / "docs" / "examples" / "k6-summaries"


def errors(name: str, document: object) -> list[str]:
    schema = json.loads((FOLDER / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return [error.message[:200] for error in Draft202012Validator(schema).iter_errors(document)]


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_the_committed_schemas_are_those_of_the_types() -> None:
    assert {path: path.read_text() for path in FOLDER.iterdir()} == texts(), "run python -m tools.json_schemas"


@pytest.mark.parametrize("path", sorted(EXAMPLE.glob("*.json")), ids=lambda path: path.stem)
def test_the_committed_example_is_valid(path: Path) -> None:
    kind = path.stem if path.stem in ("run", "comparison") else "result"
    assert errors(kind, read(path)) == []


@pytest.mark.parametrize("folder", [EXAMPLE, SUMMARIES], ids=lambda folder: folder.name)
def test_the_output_of_compare_is_valid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(folder), "--json"]) == 0
    assert errors("comparison", json.loads(capsys.readouterr().out)) == []


@pytest.mark.parametrize(
    ("name", "file", "key"),
    [
        ("result", "sync.round-1.json", "latency_ms"),
        ("run", "run.json", "rounds"),
        ("comparison", "comparison.json", "load"),
    ],
)
def test_a_document_of_another_shape_is_not_valid(name: str, file: str, key: str) -> None:
    assert errors(name, read(EXAMPLE / file) | {key: "another"}) != []
