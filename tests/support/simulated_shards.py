"""Shards of a load with known latencies, as k6 writes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loadtests.schema.files import write_json
from loadtests.schema.shard import Curve
from tests.support.simulated_results import SECONDS, Document, document

COARSE = [half / 2 for half in range(201)]
PLACES = sorted(
    {*COARSE[:181], *(place / 10 for place in range(900, 981)), *(place / 100 for place in range(9800, 10001))}
)
VUS = 8


def curve(values: Sequence[float], places: Sequence[float] = PLACES) -> Curve:
    """Interpolates linearly between values, as k6 does."""
    at = np.percentile(values, places).round(4).tolist() if values else []
    return Curve(len(values), float(np.mean(values)) if values else 0.0, at)


def shard(values: Sequence[float], number: int, of: int = 2, **changes: Any) -> Document:
    """A load of one route in two slices, without turns; `changes` apply to its shard."""
    whole, half = curve(values), len(values) // 2
    base = document("sync", requests=len(values), vus=VUS, think_time_s=1.0)
    route = base["routes"]["products"]
    slices = [
        {"start_s": at * SECONDS / 2, "duration_s": SECONDS / 2, "requests": count, "failed": 0,
         "latency_ms": dict.fromkeys(("avg", "p50", "p95", "max"))}
        for at, count in enumerate((half, len(values) - half))
    ]  # fmt: skip
    own = {
        "segment": f"{number - 1}/{of}:{number}/{of}",
        "sequence": ",".join(f"{edge}/{of}" for edge in range(of + 1)),
        "number": number,
        "of": of,
        "script_sha256": "a" * 64,
        "visitors": VUS // of,
        "block_s": SECONDS / 2,
        "places": PLACES,
        "coarse": COARSE,
        "latency": whole,
        "routes": {"products": whole},
        "timeline": [curve(values[:half], COARSE), curve(values[half:], COARSE)],
        "turns": {},
        "head_to_head": {},
    }
    return {
        **base,
        "failures": {"status": 0},
        "routes": {"products": route},
        "percentiles": dict.fromkeys(("p50", "p90", "p95", "p99")),
        "quantiles": dict.fromkeys(("0", "50", "90", "95", "99", "100")),
        "timeline": slices,
        "turns": {},
        "head_to_head": {},
        "shard": {**own, **changes},
    }


def save_shard(folder: Path, content: Document, name: str = "") -> Path:
    own = content["shard"]
    path = folder / (name or f"{content['combination']}.shard-{own['number']}-of-{own['of']}.json")
    write_json(path, content)
    return path
