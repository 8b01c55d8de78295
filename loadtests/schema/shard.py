"""A shard of a load, as `k6 run --execution-segment` writes it: a result and the data needed to pool it."""

from typing import Annotated

import msgspec

from loadtests.schema.result import Name, Result
from loadtests.schema.server import Amount, Count


class Curve(msgspec.Struct, frozen=True):
    """The quantile function: milliseconds at each of the shard's places; empty without requests."""

    count: Count
    avg: Amount
    at: list[Amount]


class BatchPart(msgspec.Struct, frozen=True):
    """`contrasts` counts the visitors with a contrast, `hits` the hits among the answers that name the cache."""

    latency: Curve
    contrasts: Count
    hits: Count
    asked: Count


class Shard(msgspec.Struct, frozen=True):
    """Which shard of how many. `visitors` are its own; `block_s` is the length of its shortest block.

    Places are percentages: slices and batches have the coarse ones, everything else the fine ones.
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
