"""A service's Prometheus metrics."""

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.combination import TLS

SECONDS = 30.0


class Figures:
    """A snapshot of /metrics."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.names = [family.name for family in families]
        self._samples = [sample for family in families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """Sum of the samples with this name and at least these labels."""
        return sum(value for _, value in self._matching(name, labels))

    def values(self, name: str, label: str) -> dict[str, float]:
        """Samples by the value of one label."""
        return {carried[label]: value for carried, value in self._matching(name, {})}

    def labels(self, name: str) -> dict[str, set[str]]:
        """The values of each label that the samples with this name have."""
        carried = [sample.labels for sample in self._samples if sample.name == name]
        assert carried, f"there is no {name}"
        return {label: {labels[label] for labels in carried} for label in carried[0]}

    def _matching(self, name: str, labels: Mapping[str, str]) -> list[tuple[Mapping[str, str], float]]:
        return [
            (sample.labels, sample.value)
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]


def figures(url: str) -> Figures:
    return Figures(httpx.get(f"{url}/metrics", timeout=SECONDS, verify=TLS).text)
