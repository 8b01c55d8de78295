"""A database connection that tracks whether it can be used again."""

from time import monotonic

from shared.database.connections import Raw, Result, limited, session_statement
from shared.database.faults import CommitUnknown, ConnectionGone, DatabaseFault, TransactionUndone
from shared.http import deadlines
from shared.service import runtime_facts
from shared.service.metrics import Metrics
from shared.service.settings import Settings
from shared.shop import statements

from ..service.background import Background
from .driver import close, connect, execute


class Connection:
    """One open connection; `broken` once its state is unknown, `begun` while a transaction is open."""

    def __init__(self, raw: Raw, settings: Settings, background: Background) -> None:
        self._raw = raw
        self._settings = settings
        self._background = background
        self.opened_at = self.taken_at = monotonic()
        self.broken = False
        self.begun = False

    def run(self, statement: str, *values: object) -> Result:
        """Raises a DatabaseFault, or a 504 when the request has no time left."""
        seconds = deadlines.within(self._settings.read_timeout)
        in_time = limited(statement, seconds, self._raw.get_server_info(), self._settings)
        try:
            return execute(self._raw, in_time, values, seconds)
        except DatabaseFault as fault:
            self.broken = fault.breaks
            if fault.unfinished:
                self._give_up()
            raise
        except BaseException:
            self._give_up()
            raise

    def begin(self) -> None:
        self.begun = True
        self.run(statements.BEGIN)

    def commit(self) -> None:
        """Raises TransactionUndone when the server rolled back, CommitUnknown after any other failure."""
        try:
            self.run(statements.COMMIT)
        except TransactionUndone:
            raise
        except DatabaseFault as fault:
            raise CommitUnknown(str(fault)) from fault
        self.begun = False

    def roll_back(self) -> None:
        """Never raises a DatabaseFault: a connection on which it fails is broken."""
        if self.broken:
            return
        try:
            execute(self._raw, statements.ROLLBACK, (), self._settings.connect_timeout)
            self.begun = False
        except DatabaseFault:
            self.broken = True

    def describe(self, metrics: Metrics) -> None:
        """Publish the session's settings as metrics."""
        result = execute(self._raw, statements.SESSION, (), self._settings.connect_timeout)
        runtime_facts.session(metrics, self._raw, result.rows)

    def close(self) -> None:
        close(self._raw)

    def _give_up(self) -> None:
        """Kill the statement, which may still run: the server notices a closed connection only seconds later."""
        self.broken = True
        self._background.submit(kill, self._settings, self._raw.thread_id())


def open_connection(settings: Settings, background: Background) -> Connection:
    """Connect and set the session; raises a DatabaseFault, or a 504 when no time is left."""
    raw = connect(settings, deadlines.within(settings.connect_timeout))
    try:
        seconds = deadlines.within(settings.connect_timeout)
        execute(raw, session_statement(raw.get_server_info(), settings), (), seconds)
    except BaseException:
        close(raw)
        raise
    return Connection(raw, settings, background)


def kill(settings: Settings, number: int) -> None:
    """Kill the running statement of connection `number`, over a connection of its own."""
    raw = connect(settings, settings.connect_timeout)
    try:
        execute(raw, statements.KILL, (number,), settings.connect_timeout)
    except ConnectionGone:
        return
    finally:
        close(raw)
