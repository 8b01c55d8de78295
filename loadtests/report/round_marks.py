"""What makes the rounds visible on an axis of time: a line between two, and the name of each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

# With more rounds than these a phone has no room for the word.
MOST_NAMED: Final = 4


def round_marks(starts: Mapping[int, float], duration: float) -> dict[str, list[dict[str, Any]]]:
    """Gives shapes and annotations for rounds that start at these seconds."""
    return {"shapes": list(_borders(starts)), "annotations": list(_names(starts, duration))}


def _borders(starts: Mapping[int, float]) -> Iterator[dict[str, Any]]:
    for start in list(starts.values())[1:]:
        yield {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": start,
            "x1": start,
            "y0": 0,
            "y1": 1,
            "name": "border",
        }


def _names(starts: Mapping[int, float], duration: float) -> Iterator[dict[str, Any]]:
    for number, start in starts.items():
        place = {"x": start + duration / 2, "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom"}
        yield {**place, "text": f"round {number}" if len(starts) <= MOST_NAMED else f"{number}", "showarrow": False}
