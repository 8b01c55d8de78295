"""What Redis counts."""

from typing import Any, Final

import redis

GROWING: Final = (
    "total_connections_received", "total_commands_processed", "rejected_connections", "expired_keys", "evicted_keys",
    "keyspace_hits", "keyspace_misses", "total_net_input_bytes", "total_net_output_bytes", "used_cpu_sys",
    "used_cpu_user", "total_error_replies",
)  # fmt: skip
STANDING: Final = ("used_memory", "used_memory_peak", "connected_clients", "blocked_clients")


def read_info(client: "redis.Redis") -> dict[str, float]:
    """Raises a RedisError."""
    info: Any = client.info()
    return {name: float(info[name]) for name in (*GROWING, *STANDING) if name in info}


def info_between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """By how much each counter grew, and the other figures as they are at the end."""
    grown = {name: round(after[name] - before[name], 6) for name in GROWING if name in before and name in after}
    return grown | {name: after[name] for name in STANDING if name in after}
