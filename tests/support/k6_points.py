"""k6's points as `--out json` and `--out csv` write them, with known latencies."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

BEGUN = datetime(2026, 11, 20, 10, 0, 0, 900_000, tzinfo=UTC)
FAILS_EACH = 100
HEADER = (
    "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,"
    "service,status,subproto,tls_version,url,extra_tags,metadata"
)


class Point(NamedTuple):
    metric: str
    time: datetime
    value: float


def points(mean_ms: float, requests: int = 3000, seconds: int = 30, seed: int = 1) -> Iterator[Point]:
    """Requests at an even pace; every hundredth failed, and all checks held."""
    noise = random.Random(seed)
    yield Point("vus_max", BEGUN, 7)
    for number in range(requests):
        latency = mean_ms * noise.uniform(0.5, 1.5)
        ended = BEGUN + timedelta(seconds=seconds * (number + 1) / requests)
        yield Point("http_reqs", ended, 1)
        yield Point("http_req_duration", ended, latency)
        yield Point("http_req_blocked", ended, 0.01)
        yield Point("http_req_failed", ended, float(number % FAILS_EACH == 0))
        yield Point("checks", ended, 1)


def as_json(point: Point) -> str:
    """`internal/output/json/wrapper.go` of today."""
    return _line({"metric": point.metric, "type": "Point", "data": _data(point)})


def as_older_json(point: Point) -> str:
    return _line({"type": "Point", "data": _data(point), "metric": point.metric})


def _data(point: Point) -> dict[str, Any]:
    # Go's clock has nanoseconds.
    moment = f"{point.time.replace(tzinfo=None).isoformat(timespec='microseconds')}123Z"
    return {
        "time": moment,
        "value": point.value,
        "tags": {"metric": "checks", "name": "http://x/?a={1}", "status": "200"},
    }


def _line(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def as_csv(point: Point) -> str:
    return _as_csv(point, f"{int(point.time.timestamp())}")


def as_csv_in_milliseconds(point: Point) -> str:
    return _as_csv(point, f"{round(1000 * point.time.timestamp())}")


def as_csv_with_dates(point: Point) -> str:
    return _as_csv(point, point.time.isoformat())


def _as_csv(point: Point, moment: str) -> str:
    return f'{point.metric},{moment},{point.value:f},,"a, b",,true,,GET,"http://x/\n""",HTTP/1.1,default,,200,,,http://x/,,'


METRIC = _line(
    {"type": "Metric", "data": {"name": "http_reqs", "type": "counter", "submetrics": None}, "metric": "http_reqs"}
)
# How k6 writes a point, and the line before the first.
STREAMS: dict[str, tuple[Callable[[Point], str], str]] = {
    "json": (as_json, METRIC),
    "older.json": (as_older_json, METRIC),
    "json.gz": (as_json, METRIC),
    "csv": (as_csv, HEADER),
    "csv.gz": (as_csv, HEADER),
    "milliseconds.csv": (as_csv_in_milliseconds, HEADER),
    "dates.csv": (as_csv_with_dates, HEADER),
}


def write_stream(path: Path, kind: str, found: Iterator[Point]) -> None:
    form, first = STREAMS[kind]
    content = "".join(f"{line}\n" for line in (first, *map(form, found))).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
