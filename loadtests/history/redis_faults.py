"""What happens to Redis in the middle of a checked load, each with evidence that it did."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

import redis

from compose.stack import Stack

FROZEN_SECONDS: Final = 1.5
DEAD_SECONDS: Final = 1.5
REPLY_SECONDS: Final = 0.2


def freeze(stack: Stack) -> str:
    """Stops Redis' process for a while; what it holds is still there afterwards."""
    os.kill(stack.cache_pid, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
        silent = not _answers(stack)
    finally:
        os.kill(stack.cache_pid, signal.SIGCONT)
    return f"frozen for {FROZEN_SECONDS} s: {'no reply to a PING meanwhile' if silent else 'IT ANSWERED A PING'}"


def kill(stack: Stack) -> str:
    """Kills Redis and starts it again, empty."""
    before = stack.cache_pid
    server = stack.parts.cache
    server.process.kill()
    time.sleep(DEAD_SECONDS)
    dead = not server.process.running
    server.start()
    found = "dead" if dead else "NOT DEAD"
    return f"killed: process {before} was {found} for {DEAD_SECONDS} s, then {stack.cache_pid} answered, empty"


def flush(stack: Stack) -> str:
    """Takes all data out of Redis."""
    with closing(redis.Redis.from_url(stack.cache_url, socket_timeout=REPLY_SECONDS * 10)) as client:
        before = client.dbsize()
        client.flushall()
    return f"flushed: {before} keys gone"


def _answers(stack: Stack) -> bool:
    with closing(redis.Redis.from_url(stack.cache_url, socket_timeout=REPLY_SECONDS)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


# When each comes, by the share of reads that are done.
FAULTS: Final[tuple[tuple[float, Callable[[Stack], str]], ...]] = (
    (0.15, freeze),
    (0.4, kill),
    (0.65, flush),
    (0.8, freeze),
)
