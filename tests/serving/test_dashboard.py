"""The Grafana dashboard of the examples uses only metrics that the services have."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.combination import Combination
from tests.support.figures import figures

DASHBOARD: Final = Path(__file__).parents[2] / "docs" / "examples" / "grafana-dashboard.json"
PANELS: Final = json.loads(DASHBOARD.read_text())["panels"]
GROUPING: Final = re.compile(r"\bby \(([^)]*)\)")
CHOICE: Final = re.compile(r"\{([^}]*)\}")
LABEL: Final = re.compile(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"')
FUNCTIONS: Final = {"histogram_quantile", "rate", "sum"}
# Labels that Prometheus adds.
ITS_OWN: Final = {"instance"}


@pytest.mark.parametrize("target", [target for panel in PANELS for target in panel["targets"]], ids=str)
def test_each_query_of_the_dashboard_uses_existing_metrics(combination: Combination, target: dict[str, Any]) -> None:
    combination.body("/api/products/1")
    exposed, query = figures(combination.url), target["expr"]
    grouped = set(re.findall(r"\w+", " ".join(GROUPING.findall(query)))) - ITS_OWN
    chosen = [one for labels in CHOICE.findall(query) for one in LABEL.findall(labels) if one[0] not in ITS_OWN]
    for name in metrics(query):
        values = exposed.labels(name)
        assert grouped | {label for label, _ in chosen} <= set(values), name
        # A pattern of statuses may match nothing.
        named = {(label, value) for label, pattern in chosen for value in pattern.split("|") if value.isalpha()}
        assert all(value in values[label] for label, value in named), name
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= grouped | ITS_OWN


def metrics(query: str) -> set[str]:
    bare = re.sub(r"\[[^]]*\]", "", CHOICE.sub("", GROUPING.sub("", query)))
    return set(re.findall(r"[a-z_]{2,}", bare)) - FUNCTIONS
