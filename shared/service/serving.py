"""The options of the servers in one table, each beside its counterpart."""

import logging
import sys
from typing import Any, Final

import msgspec

from shared.service.settings import Settings


class Setting(msgspec.Struct, frozen=True):
    """One option: its name in each server (None where a server lacks it) and its value."""

    matter: str
    gunicorn: str | None
    hypercorn: str | None
    value: Any
    # The servers of variants/.
    waitress: str | None = None
    uvicorn: str | None = None
    granian: str | None = None


def serving(settings: Settings) -> tuple[Setting, ...]:
    """docs/fairness.md explains the rows."""
    access_log = logging.getLogger("hypercorn.access") if settings.access_log == "on" else None
    return (
        Setting("address", "bind", "bind", settings.bind),
        Setting("processes", "workers", "workers", settings.workers),
        Setting("socket of each worker", "reuse_port", None, own_socket(settings)),
        Setting("threads in a process", "threads", None, THREADS_PER_PLACE * settings.in_flight, waitress="threads"),
        Setting("peers whose headers are trusted", "forwarded_allow_ips", None, ""),
        Setting("headers of proxies believed", None, None, False, uvicorn="proxy_headers"),
        Setting("headers of peers that set the path", "forwarder_headers", None, ""),
        Setting("headers of peers that set the scheme", "secure_scheme_headers", None, {}),
        # asyncio accepts this many per iteration: a larger backlog would admit a crowd faster than it is refused.
        Setting(
            "backlog", "backlog", "backlog", settings.backlog,
            waitress="backlog", uvicorn="backlog", granian="backlog",
        ),
        Setting(
            "keep-alive time, s", "keepalive", "keep_alive_timeout", settings.keep_alive,
            waitress="channel_timeout", uvicorn="timeout_keep_alive",
        ),
        Setting("requests before a connection is closed", None, "keep_alive_max_requests", sys.maxsize),
        Setting("requests before a worker is replaced", "max_requests", None, 0),
        Setting(
            "grace time, s", "graceful_timeout", "graceful_timeout", settings.grace,
            uvicorn="timeout_graceful_shutdown", granian="workers_kill_timeout",
        ),
        Setting("longest request line, bytes", "limit_request_line", None, LONGEST_LINE),
        Setting("longest header field, bytes", "limit_request_field_size", None, LONGEST_LINE),
        Setting("header fields", "limit_request_fields", None, 100),
        Setting("longest head, bytes", None, "h11_max_incomplete_size", LONGEST_HEAD),
        Setting("longest head, bytes", None, None, LONGEST_HEAD, waitress="max_request_header_size"),
        Setting("access log", "accesslog", None, "-" if access_log else None),
        Setting("access log", None, "accesslog", access_log),
        Setting("access log", None, None, access_log is not None, uvicorn="access_log", granian="log_access"),
        Setting("error log", "errorlog", None, "-"),
        Setting("error log", None, "errorlog", logging.getLogger("hypercorn.error")),
        Setting("level of the error log", "loglevel", "loglevel", "WARNING"),
        Setting("level of the error log", None, None, "warning", uvicorn="log_level", granian="log_level"),
        Setting("worker", "worker_class", None, "gthread"),
        Setting("worker", None, "worker_class", "asyncio"),
        Setting(
            "connections in a process", "worker_connections", None, CONNECTIONS,
            waitress="connection_limit", granian="backpressure",
        ),
        Setting("silence after which a worker is killed, s", "timeout", None, WORKER_SILENCE),
        Setting("application loaded before the fork", "preload_app", None, False),
        Setting("place of the heartbeat file", "worker_tmp_dir", None, "/dev/shm"),  # noqa: S108
        Setting("control socket off", "control_socket_disable", None, True),
    )  # fmt: skip


def own_socket(settings: Settings) -> bool:
    """Whether each worker has its own listening socket; for a single worker the parent listens.

    From a shared socket asyncio accepts all waiting connections: the first worker to wake would take them all.
    """
    return settings.workers > 1


def most_waiting(settings: Settings) -> int:
    """How many requests may wait for a place in a process; the next is refused at once, on sync by the last thread."""
    return (THREADS_PER_PLACE - 1) * settings.in_flight - 1


# gunicorn's maximum; Hypercorn limits only the head as a whole.
LONGEST_LINE: Final = 8190
LONGEST_HEAD: Final = 64 * 1024
# Threads beyond the IN_FLIGHT places of service/admission.py hold the requests that wait for one.
THREADS_PER_PLACE: Final = 4
# gthread limits open connections and Hypercorn does not: far above what the load generator opens.
CONNECTIONS: Final = 10_000
WORKER_SILENCE: Final = 30
# Seconds beyond the grace time in which a worker closes its connections before it is killed.
STOP_MARGIN: Final = 3
