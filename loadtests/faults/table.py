"""The faults of the matrix, in the order in which they are shown."""

from typing import Final

from loadtests.faults.fault import FULL, Row, Steady
from loadtests.faults.kinds.clients import Disconnecting, Silent, SlowSenders
from loadtests.faults.kinds.database import Deadlocks, LockWait, OutOfConnections, TooLong
from loadtests.faults.kinds.overload import Overload
from loadtests.faults.kinds.processes import Deployed, Rolling, Terminated, WorkerKilled
from loadtests.faults.kinds.servers import Frozen, Full, Killed, OnTheWay, Restarted
from loadtests.proxy.modes import GARBLE, delay, drip, lose

THREADS_WAIT: Final = (
    "A thread of gunicorn's gthread reads one connection until it has a request, so these clients hold all threads;"
    " Hypercorn waits for all connections at once. A buffering proxy before gunicorn cures it: see the same with nginx."
)
ROWS: Final = (
    Row("redis-killed", "Redis killed with -9", "Redis", 5, Killed("cache"),
        "Redis' port refuses; then Redis is back, empty."),
    Row("redis-restarted", "Redis restarted empty", "Redis", 1, Restarted("cache"),
        "Redis is killed and started again at once: every connection ends, every value is gone."),
    Row("redis-frozen", "Redis frozen", "Redis", 5, Frozen("cache"),
        "Redis accepts connections and says nothing (SIGSTOP)."),
    Row("redis-slow", "Redis 200 ms away", "Redis", 5, OnTheWay("cache", delay(0.1), "delayed", 0.19),
        "Each way to Redis takes 100 ms, longer than a request may spend on it."),
    Row("redis-dripping", "Redis drips", "Redis", 5, OnTheWay("cache", drip(0.06), "dripped", 0.3),
        "Redis' replies come a byte each 60 ms: no single wait is long."),
    Row("redis-garbage", "Redis answers garbage", "Redis", 5, OnTheWay("cache", GARBLE, "garbled"),
        "Every byte of every reply is a random one."),
    Row("redis-full", "Redis full", "Redis", 5, Full(),
        "Redis refuses SET (maxmemory, no eviction) and allows GET and DEL."),
    Row("database-killed", "database killed with -9", "database", 3, Killed("database"),
        "The database's port refuses; then it recovers from its log and is back."),
    Row("database-frozen", "database frozen for 10 s", "database", 10, Frozen("database"),
        "The database accepts connections and says nothing (SIGSTOP)."),
    Row("database-full", "database out of connections", "database", 5, OutOfConnections(),
        "The service's sessions are ended, and the database has no room for new ones."),
    Row("database-far", "database 50 ms away", "database", 5, OnTheWay("database", delay(0.025), "delayed", 0.049),
        "Each way to the database takes 25 ms, a statement 50 ms more."),
    Row("commit-lost", "answers to commits lost", "database", 5, OnTheWay("database", lose("COMMIT"), "lost"),
        "The database hears every COMMIT, and the connection ends before its answer: nobody can tell what came of it."),
    Row("statement-long", "statements that take too long", "database", 8, TooLong(),
        "Every statement on products or categories waits at the server, as behind an ALTER TABLE."),
    Row("lock-wait", "rows locked by somebody", "database", 5, LockWait(),
        "A transaction holds every product's row and does not commit."),
    Row("deadlocks", "deadlocks", "database", 5, Deadlocks(),
        "A heavy transaction takes the orders' rows in the other order, again and again.",
        load=Steady(writes_per_second=30, orderers=10)),
    Row("worker-killed", "one worker killed with -9", "service", 0, WorkerKilled(),
        "One of two workers dies with all that it was doing.", kills=True),
    Row("terminated", "SIGTERM under load, and a new start", "service", 0, Terminated(),
        "One step of a rolling restart without anything before the service that would hold requests back."),
    Row("rolling", "rolling restart of two instances behind nginx", "service", 0, Rolling(),
        "Each is told to end and is back before the next; nginx sends what was not answered to the other one.",
        instances_behind_nginx=2),
    Row("deploy", "deploy day: all fresh, full load at once", "service", 0, Deployed(),
        "Fresh processes and an empty cache meet the whole load; the figures are of the first 30 s.",
        after=30, load=FULL, kills=True),
    Row("silent-clients", "1,000 clients that say nothing", "clients", 12, Silent(1000),
        "They connect, and that is all.", findings=dict.fromkeys(("sync", "sync-cached"), THREADS_WAIT)),
    Row("silent-clients-nginx", "1,000 clients that say nothing to nginx", "clients", 6, Silent(1000),
        "The same with nginx before the service: it waits for a whole request and only then asks.",
        instances_behind_nginx=1),
    Row("slow-senders", "200 clients that send slowly", "clients", 12, SlowSenders(200, 1.0),
        "Each sends a byte of its request's head a second.",
        findings=dict.fromkeys(("sync", "sync-cached"), THREADS_WAIT)),
    Row("slow-senders-nginx", "200 clients that send slowly to nginx", "clients", 6, SlowSenders(200, 1.0),
        "The same with nginx before the service.", instances_behind_nginx=1),
    Row("disconnects", "clients that leave in the middle", "clients", 6, Disconnecting(40.0),
        "They reset the connection up to 30 ms after their request."),
    Row("overload", "load three times over capacity", "clients", 8, Overload(3),
        "Three times as many visitors as the service handles at once ask for uncached reports and never pause."),
)  # fmt: skip
