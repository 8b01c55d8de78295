"""The faults of the matrix, in order."""

from functools import partial
from typing import Final

from loadtests.faults.fault import FULL, WRITES, Fault
from loadtests.faults.kinds.clients import disconnecting, overload, silent, slow_senders
from loadtests.faults.kinds.database import deadlocking, out_of_connections, row_locks, table_lock
from loadtests.faults.kinds.processes import deployed, rolling, terminated, worker_killed
from loadtests.faults.kinds.servers import frozen, full, killed, on_the_way, restarted
from loadtests.proxy.modes import GARBLE, Mode

THREADS_WAIT: Final = (
    "A gthread thread reads one connection until it has a whole request, so these clients occupy all threads; Hypercorn"
    " waits on all connections at once. Remedy: a buffering proxy, as in the same fault behind nginx."
)
DRIVER_WAITS: Final = (
    "PyMySQL takes its time-outs when it connects: a statement that begins late in a request, here after a wait"
    " for another request's query, may outlast it by READ_TIMEOUT. On async it ends with its request."
)
FAULTS: Final = (
    Fault("redis-killed", "Redis killed with -9", "Redis", 5, partial(killed, "cache"),
        "Its port refuses connections; then it is back, empty."),
    Fault("redis-restarted", "Redis restarted empty", "Redis", 1, partial(restarted, "cache"),
        "Killed and started again at once: all connections and values are lost."),
    Fault("redis-frozen", "Redis frozen", "Redis", 5, partial(frozen, "cache"),
        "It accepts connections and does not answer (SIGSTOP)."),
    Fault("redis-slow", "Redis 200 ms away", "Redis", 5,
        partial(on_the_way, "cache", Mode("delay", 0.1), "delayed", 0.19),
        "Each direction takes 100 ms, longer than a request may spend on Redis."),
    Fault("redis-dripping", "Redis drips", "Redis", 5, partial(on_the_way, "cache", Mode("drip", 0.06), "dripped", 0.3),
        "Replies arrive one byte per 60 ms: no single read is slow."),
    Fault("redis-garbage", "Redis answers garbage", "Redis", 5, partial(on_the_way, "cache", GARBLE, "garbled", 0),
        "Every byte of every reply is random."),
    Fault("redis-full", "Redis full", "Redis", 5, full,
        "It refuses SET (maxmemory, no eviction) and allows GET and DEL."),
    Fault("database-killed", "database killed with -9", "database", 3, partial(killed, "database"),
        "Its port refuses connections; then it recovers from its log."),
    Fault("database-frozen", "database frozen for 10 s", "database", 10, partial(frozen, "database"),
        "It accepts connections and does not answer (SIGSTOP).", findings={"sync-cached": DRIVER_WAITS}),
    Fault("database-full", "database out of connections", "database", 5, out_of_connections,
        "The service's sessions are killed and the database refuses new ones."),
    Fault("database-far", "database 50 ms away", "database", 5,
        partial(on_the_way, "database", Mode("delay", 0.025), "delayed", 0.049),
        "Each direction takes 25 ms, so a statement takes 50 ms more."),
    Fault("commit-lost", "answers to commits lost", "database", 5,
        partial(on_the_way, "database", Mode("lose", word="COMMIT"), "lost", 0),
        "The database gets every COMMIT and the connection closes before its answer: the outcome is unknown."),
    Fault("statement-long", "statements that take too long", "database", 8, table_lock,
        "Every statement on products or categories waits in the database, as behind an ALTER TABLE."),
    Fault("lock-wait", "rows locked by another transaction", "database", 5, row_locks,
        "A transaction holds every product's row and does not commit."),
    Fault("deadlocks", "deadlocks", "database", 5, deadlocking,
        "A heavy transaction repeatedly locks the orders' rows in the opposite order.",
        load=WRITES),
    Fault("worker-killed", "one worker killed with -9", "service", 0, worker_killed,
        "One of two workers dies with its running requests.", kills=True),
    Fault("terminated", "SIGTERM under load, and a new start", "service", 0, terminated,
        "The only instance restarts, with no proxy in front of it."),
    Fault("rolling", "rolling restart of two instances behind nginx", "service", 0, rolling,
        "One instance restarts after the other; nginx retries unanswered requests on the other one.",
        instances_behind_nginx=2),
    Fault("deploy", "deploy day: all fresh, full load at once", "service", 0, deployed,
        "Fresh processes and an empty cache get the full load; figures of the first 30 s.",
        after=30, load=FULL, kills=True),
    Fault("silent-clients", "1,000 silent clients", "clients", 12, partial(silent, 1000),
        "They connect and send nothing.", findings=dict.fromkeys(("sync", "sync-cached"), THREADS_WAIT)),
    Fault("silent-clients-nginx", "1,000 silent clients behind nginx", "clients", 6, partial(silent, 1000),
        "The same with nginx in front: it forwards only whole requests.",
        instances_behind_nginx=1),
    Fault("slow-senders", "200 slow clients", "clients", 12, partial(slow_senders, 200, 1.0),
        "Each sends one byte of its request head per second.",
        findings=dict.fromkeys(("sync", "sync-cached"), THREADS_WAIT)),
    Fault("slow-senders-nginx", "200 slow clients behind nginx", "clients", 6, partial(slow_senders, 200, 1.0),
        "The same with nginx in front.", instances_behind_nginx=1),
    Fault("disconnects", "clients that disconnect", "clients", 6, partial(disconnecting, 40.0),
        "They reset the connection up to 30 ms after their request."),
    Fault("overload", "load three times over capacity", "clients", 8, partial(overload, 3),
        "Three times as many visitors as the service handles at once request uncached reports without pause."),
)  # fmt: skip
