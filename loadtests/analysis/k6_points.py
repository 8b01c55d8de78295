"""Reads k6's points, from `--out json` and `--out csv`, line by line, since these files are large.

A line is one value of a metric, such as a request's latency with its end time. Sources: k6's
`internal/output/json/wrapper.go` and `internal/output/csv/output.go`; both compress files with names in .gz.
"""

import gzip
import re
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from loadtests.schema.files import LARGEST, UnusableResults
from loadtests.schema.result import Slice, SliceLatency
from loadtests.schema.turns import BATCHES

JSON: Final = re.compile(rb'\{\s*"(?:type|metric)":\s*".+\n')
CSV: Final = b"metric_name,timestamp,metric_value"
METRIC: Final = re.compile(rb'"metric":\s*"([^"]+)"')
GZIP: Final = b"\x1f\x8b"
LONGEST_LINE: Final = 100_000
# Metrics that are not compared but show what was measured instead of HTTP.
MOST_NAMES: Final = 1000
# Seconds since 1970 are below this; --out csv can also write milliseconds, microseconds and nanoseconds.
MOST_SECONDS: Final = 1e11
PERCENTILES: Final = (50, 90, 95, 99, 99.9)
LATENCY: Final = "http_req_duration"
FAILED: Final = "http_req_failed"
WANTED: Final = frozenset({LATENCY, FAILED, "checks", "dropped_iterations", "vus_max"})

# Time and value of a compared metric.
Reading: TypeAlias = tuple[float, float] | None
Reader: TypeAlias = Callable[[bytes], tuple[str, Reading]]
Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


class Points(NamedTuple):
    """Times and values of the compared metrics."""

    names: dict[str, None]
    moments: dict[str, "array[float]"]
    values: dict[str, "array[float]"]


class _Data(msgspec.Struct):
    time: datetime
    value: float


class _Point(msgspec.Struct, tag_field="type", tag="Point"):
    metric: str
    data: _Data


class _Metric(msgspec.Struct, tag_field="type", tag="Metric"):
    """A metric's declaration, before its first point."""

    metric: str


LINE: Final = msgspec.json.Decoder(_Point | _Metric)


def reader_of(path: Path) -> Reader | None:
    """None for other files."""
    first = next(_lines(path), b"")
    if first.startswith(CSV):
        return _of_csv
    return _of_json if JSON.fullmatch(first) else None


def read_points(path: Path, read: Reader) -> Points:
    """Raises UnusableResults, naming the first line that k6 does not write."""
    points = Points({}, *({name: array("d") for name in WANTED} for _ in range(2)))
    for number, line in enumerate(_lines(path), 1):
        if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
            # The incomplete last line of a k6 that was killed.
            break
        try:
            _add(points, *read(line))
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            raise UnusableResults(f"{path} has a line {number} that k6 does not write: {error}") from error
    return points


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            packed = file.read(len(GZIP)) == GZIP
        with gzip.open(path) if packed else path.open("rb") as lines:
            while line := lines.readline(LONGEST_LINE):
                yield line
    except EOFError:
        return
    except (OSError, zlib.error) as error:
        raise UnusableResults(f"{path} cannot be read: {error}") from error


def _of_json(line: bytes) -> tuple[str, Reading]:
    """Decodes only lines that may be needed; a tag may also be called metric."""
    named = [name.decode(errors="replace") for name in METRIC.findall(line)]
    if not named:
        raise ValueError("it names no metric")
    if WANTED.isdisjoint(named):
        return named[0], None
    point = LINE.decode(line)
    if isinstance(point, _Metric) or point.metric not in WANTED:
        return point.metric, None
    return point.metric, (point.data.time.timestamp(), point.data.value)


def _of_csv(line: bytes) -> tuple[str, Reading]:
    """A text in a later column may continue in the next line, which then names no compared metric."""
    name, _, rest = line.partition(b",")
    metric = name.decode(errors="replace")
    if metric not in WANTED:
        return metric, None
    moment, value, *_ = rest.split(b",", 2)
    return metric, (_seconds(moment.decode()), float(value))


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()
    while MOST_SECONDS < number < LARGEST:
        number /= 1000
    return number


def _add(points: Points, name: str, reading: Reading) -> None:
    if len(points.names) < MOST_NAMES:
        points.names[name] = None
    if reading is None:
        return
    moment, value = reading
    if not (0 <= moment <= MOST_SECONDS and 0 <= value <= LARGEST):
        raise ValueError(f"{value} at {moment} is no figure of a measurement")
    points.moments[name].append(moment)
    points.values[name].append(value)


def summary_of(points: Points) -> Mapping[str, Any]:
    """The summary in the form of `handleSummary`, without tenths."""
    values = {name: np.asarray(values) for name, values in points.values.items()}
    latency, failed, checks = values[LATENCY], values[FAILED], values["checks"]
    begin, end = _span(points)
    measured = {
        "http_reqs": {"count": len(latency), "rate": len(latency) / (end - begin) if end > begin else None},
        LATENCY: _figures(latency) if len(latency) else {},
        FAILED: {"passes": _count(failed > 0)},
        "checks": {"passes": _count(checks > 0), "fails": _count(checks == 0)},
        "dropped_iterations": {"count": float(values["dropped_iterations"].sum())},
        "vus_max": {"value": max(values["vus_max"], default=None)},
    }
    return {"metrics": {**{name: {} for name in points.names}, **measured}}


def _count(value: Any) -> int:
    return int(np.count_nonzero(value))


def _figures(latency: Numbers) -> dict[str, float]:
    """Percentiles are interpolated linearly, as in k6."""
    percentiles = zip(PERCENTILES, np.percentile(latency, PERCENTILES), strict=True)
    named = {"avg": latency.mean(), "min": latency.min(), "max": latency.max()}
    return {name: float(value) for name, value in [*named.items(), *((f"p({n})", value) for n, value in percentiles)]}


def _span(points: Points) -> tuple[float, float]:
    """From the start of the first request to the end of the last one.

    --out csv has whole seconds only: the first and the last second count in proportion to their requests.
    """
    ended, latency = np.asarray(points.moments[LATENCY]), np.asarray(points.values[LATENCY])
    if not len(ended):
        return 0.0, 0.0
    if _in_whole_seconds(ended):
        seconds, counts = np.unique(ended, return_counts=True)
        first, last = np.minimum(1.0, counts[[0, -1]] / np.median(counts))
        return float(seconds[0] + 1 - first), float(seconds[-1] + last)
    return float((ended - latency / 1000).min()), float(ended.max())


def _in_whole_seconds(moments: Numbers) -> bool:
    return not np.any(moments % 1)


def begun(points: Points) -> str:
    return datetime.fromtimestamp(_span(points)[0], UTC).isoformat()


def tenths(points: Points) -> list[Slice]:
    """Tenths of the whole time, by the end of requests; none if whole seconds are too coarse."""
    ended, latency = np.asarray(points.moments[LATENCY]), np.asarray(points.values[LATENCY])
    begin, end = _span(points)
    edges = np.linspace(begin, end, BATCHES + 1)
    if _in_whole_seconds(ended):
        edges[1:-1] = np.round(edges[1:-1])
    if np.any(np.diff(edges) <= 0):
        return []
    places = _places(edges, ended)
    failed = _places(edges, np.asarray(points.moments[FAILED])[np.asarray(points.values[FAILED]) > 0])
    return [
        _slice(
            edges[number] - begin,
            edges[number + 1] - edges[number],
            latency[places == number],
            _count(failed == number),
        )
        for number in range(BATCHES)
    ]


def _places(edges: Numbers, moments: Numbers) -> Any:
    return np.clip(np.searchsorted(edges, moments, "right") - 1, 0, BATCHES - 1)


def _slice(start: float, lasts: float, latency: Numbers, failed: int) -> Slice:
    known = _figures(latency) if len(latency) else {}
    figures = SliceLatency(*(known.get(name) for name in ("avg", "p(50)", "p(95)", "max")))
    return Slice(float(start), float(lasts), len(latency), failed, figures)
