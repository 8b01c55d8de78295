"""A part of a load, as `k6 run --execution-segment` writes it: a result of its own, and what it takes to pool it."""

from typing import Annotated

import msgspec

from loadtests.schema.result import Name, Result
from loadtests.schema.server import Amount, Count


class Curve(msgspec.Struct, frozen=True):
    """Milliseconds at each of the shard's places: its quantile function; empty without requests."""

    count: Count
    avg: Amount
    at: list[Amount]


class BatchPart(msgspec.Struct, frozen=True):
    """`contrasts` are as many as visitors had one, `hits` those of the answers that say whether they are one."""

    latency: Curve
    contrasts: Count
    hits: Count
    asked: Count


class Shard(msgspec.Struct, frozen=True):
    """Which part of how many; `visitors` are its own, `block_s` is how long the shortest of its blocks lasts.

    Places are percentages: the coarse ones of slices and batches, the others of all else.
    """

    segment: Name
    sequence: Name
    number: Annotated[int, msgspec.Meta(ge=1)]
    of: Annotated[int, msgspec.Meta(ge=1)]
    script_sha256: Name
    visitors: Count
    block_s: Amount
    places: list[Amount]
    coarse: list[Amount]
    latency: Curve
    routes: dict[str, Curve]
    timeline: list[Curve]
    turns: dict[str, list[BatchPart]]
    head_to_head: dict[str, Curve]


class Part(Result, frozen=True, kw_only=True):
    shard: Shard
