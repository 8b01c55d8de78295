"""The shards of a folder: finds, checks, pools and archives them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec

from loadtests.analysis.pool import Piece, pool, start_skew_s
from loadtests.analysis.read import SAME_LOAD, refuse_other_load
from loadtests.schema.files import UnusableResults, as_json, read_json, write_whole
from loadtests.schema.shard import Curve, Part

# Pooled shards are moved there, so that they are not read twice.
SHARDS: Final = "shards"
PATTERN: Final = "*.shard-*-of-*.json"
NAME: Final = re.compile(r"([^/]+)\.shard-(\d+)-of-(\d+)\.json")
# The prefix of k6's line that replaces a file, with SHARDS=stdout.
LINE: Final = re.compile(rf"MATRIX-SHARD ({NAME.pattern}) (.*)")
SAME: Final = (*SAME_LOAD, "combination", "round", "varies", "weights")
# Share of a block by which starts of shards may differ.
MOST_SKEW: Final = 0.1
Pieces = dict[Path, Piece]


def pool_folder(folder: Path, kept: Path | None = None) -> list[Path]:
    """Writes the pooled results of the shards in `folder`, all or none, and moves the shards into `kept`.

    Also reads shards from logs. Raises UnusableResults.
    """
    logs = _unpack(folder)
    wholes = {path: _pooled(path, pieces) for path, pieces in _groups(folder).items()}
    write_whole({path: as_json(document) for path, document in wholes.items()})
    away = kept or folder / SHARDS
    away.mkdir(exist_ok=True)
    for path in [*folder.glob(PATTERN), *logs]:
        path.replace(away / path.name)
    return list(wholes)


def _unpack(folder: Path) -> list[Path]:
    """Writes the shards in logs to files, and returns these logs."""
    sources: dict[str, tuple[Path, str]] = {}
    for log in sorted(folder.glob("*.log")):
        for name, *_, text in LINE.findall(log.read_text(errors="replace")):
            if name in sources or (folder / name).exists():
                place = sources[name][0].name if name in sources else "the folder"
                raise UnusableResults(f"{log} holds {name}, and so does {place}: keep the log of one start")
            sources[name] = (log, text)
    write_whole({folder / name: text for name, (_, text) in sources.items()})
    return list(dict.fromkeys(log for log, _ in sources.values()))


def _groups(folder: Path) -> dict[Path, Pieces]:
    """The shards of each result; raises UnusableResults if one is missing or there are none."""
    groups: dict[Path, Pieces] = {}
    for path in sorted(folder.glob(PATTERN)):
        if match := NAME.fullmatch(path.name):
            groups.setdefault(folder / f"{match[1]}.json", {})[path] = _read(path)
    if not groups:
        raise UnusableResults(f"{folder} holds no shards: run k6 with --execution-segment, or make matrix GENERATORS=4")
    return groups


def _read(path: Path) -> Piece:
    document = read_json(path, dict[str, Any])
    if document.get("schema") != 1 or "shard" not in document:
        raise UnusableResults(f"{path} has schema {document.get('schema')!r}, and no shard that can be read")
    try:
        part = msgspec.convert(document, Part)
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{path} is not a shard: {error}") from error
    _refuse_counts(path, part)
    return Piece(document, part)


def _pooled(whole: Path, pieces: Pieces) -> dict[str, Any]:
    if whole.exists():
        raise UnusableResults(f"{whole} stands beside its shards: move it away, or the shards")
    by_number = sorted(pieces.items(), key=lambda piece: piece[1].part.shard.number)
    for path, (_, part) in by_number:
        _refuse_other(path, part, *by_number[0])
    _refuse_missing(whole, by_number)
    _refuse_skew(by_number)
    _refuse_visitors(whole, by_number)
    return pool([piece for _, piece in by_number])


def _refuse_other(path: Path, part: Part, first_path: Path, first: Piece) -> None:
    refuse_other_load(path, part, first_path.name, first.part, SAME)
    others = {
        "k6": (part.k6.version, first.part.k6.version),
        "segments": (part.shard.sequence, first.part.shard.sequence),
        "places": (part.shard.places, first.part.shard.places),
        "script": (part.shard.script_sha256, first.part.shard.script_sha256),
    }
    for name, (own, wanted) in others.items():
        if own != wanted:
            own, wanted = str(own)[:20], str(wanted)[:20]
            raise UnusableResults(f"{path} has {name} {own}, {first_path.name} has {wanted}: use one for all shards")


def _refuse_missing(whole: Path, pieces: Sequence[tuple[Path, Piece]]) -> None:
    of = pieces[0][1].part.shard.of
    seen: dict[int, Path] = {}
    for path, (_, part) in pieces:
        number = part.shard.number
        if number in seen:
            raise UnusableResults(f"{path} and {seen[number].name} both hold shard {number}: remove one of them")
        seen[number] = path
    if missing := [number for number in range(1, of + 1) if number not in seen]:
        name = whole.with_name(f"{whole.stem}.shard-{missing[0]}-of-{of}.json")
        raise UnusableResults(f"{name} is missing, {len(seen)} of {of} are there: fetch it, or measure again")


def _refuse_skew(pieces: Sequence[tuple[Path, Piece]]) -> None:
    skew, block = start_skew_s([piece.part for _, piece in pieces]), pieces[0][1].part.shard.block_s
    if skew > MOST_SKEW * block:
        path = max(pieces, key=lambda piece: piece[1].part.started_at)[0]
        raise UnusableResults(
            f"{path} began {skew:g} s after the first shard, more than a tenth of a block of {block:g} s: "
            "start all at once, with clocks kept by NTP"
        )


def _refuse_visitors(whole: Path, pieces: Sequence[tuple[Path, Piece]]) -> None:
    part, visitors = pieces[0][1].part, sum(piece.part.shard.visitors for _, piece in pieces)
    if part.rate_rps is None and part.duration_s and visitors != part.vus:
        raise UnusableResults(
            f"{whole}: its shards have {visitors} visitors together, VUS is {part.vus}: measure again"
        )


def _refuse_counts(path: Path, part: Part) -> None:
    """A shard must have a latency for each counted request."""
    shard = part.shard
    pairs: list[tuple[str, int, Curve]] = [("the load", part.requests, shard.latency)]
    pairs += [(name, route.requests, shard.routes[name]) for name, route in part.routes.items() if name in shard.routes]
    for name, batches in part.turns.items():
        parts = shard.turns.get(name, [])
        if len(parts) != len(batches):
            _disagree(path, name, f"{len(batches)} batches", f"{len(parts)}")
        pairs += [(name, batch.requests, own.latency) for batch, own in zip(batches, parts, strict=True)]
    for name, requests, curve in pairs:
        if requests != curve.count or (requests and len(curve.at) not in (len(shard.places), len(shard.coarse))):
            _disagree(path, name, f"{requests} requests", f"{curve.count}")


def _disagree(path: Path, name: str, counted: str, others: str) -> NoReturn:
    raise UnusableResults(f"{path} has {counted} of {name}, and latencies of {others}: measure again")
