"""k6's raw points, as the truth about what several k6 have measured together."""

import json
import re
from pathlib import Path

Raw = list[tuple[str, dict[str, str], float]]
LOOKED_AT = re.compile(r'"metric":"(http_req_duration|turns_[^"]+)"')


def values_in(folder: Path) -> Raw:
    """Metric, tags and value of each latency, and of all of the turns, out of files of `--out json`."""
    lines = [line for path in sorted(folder.glob("*.json")) for line in path.read_text().splitlines()]
    points = [json.loads(line) for line in lines if LOOKED_AT.search(line)]
    return [
        (point["metric"], point["data"]["tags"] or {}, point["data"]["value"])
        for point in points
        if point["type"] == "Point"
    ]


def named(raw: Raw, metric: str = "http_req_duration", **tags: str) -> list[float]:
    return [value for name, own, value in raw if name == metric and tags.items() <= own.items()]
