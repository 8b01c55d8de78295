"""Database errors by number: the answer to the client, the state of the connection, and the log level."""

import logging

from shared.http.errors import Problem, unavailable


class DatabaseFault(Exception):
    """A statement or connection that failed.

    `status` and `detail` are the answer once no retry is left, `level` is the log level.
    `breaks`: the connection must be closed. `unfinished`: the statement may still run on the server.
    `repeatable`: nothing was committed, and a retry on another connection may succeed.
    """

    status = 503
    detail = "The database cannot carry out the statement."
    level = logging.WARNING
    breaks = False
    unfinished = False
    repeatable = False

    def problem(self) -> Problem:
        if self.status == 503:
            return unavailable(self.detail)
        return Problem(self.status, self.detail)


class StatementRejected(DatabaseFault):
    """Our bug: invalid SQL, or values that the tables reject."""

    status = 500
    detail = "The database refused a statement."
    level = logging.ERROR


class OperatorNeeded(DatabaseFault):
    """The server is full, broken or misconfigured, or the user lacks privileges."""

    detail = "The database needs its operator."
    level = logging.ERROR


class AccessDenied(OperatorNeeded):
    """Access denied; a session keeps the privileges that it began with, so the connection is closed."""

    breaks = True


class Busy(DatabaseFault):
    """The server has run out of a resource that other sessions will release."""

    detail = "The database is too busy; try again."


class ReadOnly(DatabaseFault):
    """The server rejects writes, as after a failover; a new connection may reach the new primary."""

    detail = "The database takes no writes at the moment."
    breaks = True


class ConnectionLost(DatabaseFault):
    """The connection is dead; the server rolls back what was not committed on it."""

    detail = "The database cannot be reached."
    breaks = True
    unfinished = True
    repeatable = True


class ConnectTimedOut(ConnectionLost):
    """No connection in time; not retried, because a second time-out would use up the request's time."""

    repeatable = False


class TransactionUndone(DatabaseFault):
    """A deadlock or a table change: the server rolled the transaction back, and it may be retried."""

    detail = "Too many concurrent writes to the same rows."
    repeatable = True


class LockTimedOut(DatabaseFault):
    """Another transaction held the rows for too long."""

    detail = "Other writes hold the rows; try again."


class StatementTimedOut(DatabaseFault):
    """The server aborted the statement at its time limit."""

    status = 504
    detail = "The database took too long."


class NoAnswerInTime(StatementTimedOut):
    """The server did not answer in time; the statement may still run and has to be killed."""

    breaks = True
    unfinished = True


class ConnectionGone(DatabaseFault):
    """KILL found no such connection: it has ended already."""


class CommitUnknown(DatabaseFault):
    """The server did not confirm the commit; it may or may not have taken place."""

    detail = (
        "The database went away during the commit; repeat with the same Idempotency-Key to learn what became of it."
    )
    level = logging.ERROR


# Error numbers of MySQL and MariaDB. A number that is not listed is OperatorNeeded: all statements are ours and tested,
# so an unexpected error is more likely the state of the server than a mistake in a statement.
NUMBERS: dict[type[DatabaseFault], tuple[int, ...]] = {
    ConnectionLost: (
        1040, 1203, 1226,  # too many connections: in all, of this user, in this hour
        1053, 1077, 1078, 1079, 1080, 3168, 3169,  # the server shuts down, or ended this session
        1152, 1184, 1927, 4031,  # aborted, killed (MariaDB), idle for too long (MySQL)
        1135, 4081,  # no thread available; no memory left for connections (MySQL)
        3032, 6400, 6141,  # offline mode; a handover in group replication (MySQL)
        1042, 1043, 1081, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161,  # the network
    ),
    TransactionUndone: (
        1213, 1402, 1613, 1614, 3058, 3132,  # deadlocks: of rows, of XA, of user locks, of the locking service
        1020, 1412, 1615,  # a row or a table changed since the transaction began
        3101,  # rolled back by group replication
    ),
    LockTimedOut: (1205, 1689, 3133, 3572),  # also behind a waiting ALTER TABLE, of the locking service, NOWAIT
    Busy: (
        1206, 1637,  # the lock table or the transaction table is full
        1297, 3197,  # a temporary error of the storage engine, of XA
        1461, 3985,  # too many prepared statements, no memory for a lock
        3100, 3781, 3782, 3783, 3796, 3797, 3798, 3799, 4094,  # group replication stopped the transaction
    ),
    ReadOnly: (
        1290, 1836, 1874,  # --read-only, super_read_only, innodb_read_only
        1036, 1223, 1792,  # the table, a read lock, the transaction
        1047,  # a node of Galera that is not ready
        3989, 4049,  # a read-only schema, a secondary of group replication (MySQL)
    ),
    StatementTimedOut: (1317, 1028, 1969, 3024),  # killed; max_statement_time (MariaDB); max_execution_time (MySQL)
    ConnectionGone: (1094,),
    AccessDenied: (
        1044, 1142, 1143, 1227, 1370,  # privileges on the database, table, column, server, routine
        1045, 1698, 1873, 3118, 3879, 3955, 4150, 4151, 6126, 6127,  # the password, the account, the database
        1129, 1130, 1131, 1820, 1862,  # the host, also after too many failed handshakes; an expired password
        1095, 1979, 6038, 6444,  # KILL; another privilege; the firewall
        1251, 1275, 1524, 2059, 3159,  # the authentication plugin; TLS that the server requires
    ),
    StatementRejected: (
        1052, 1054, 1055, 1056, 1057, 1058, 1060, 1063, 1064, 1065, 1066, 1096, 1109, 1110, 1111, 1120,  # syntax
        1136, 1137, 1138, 1139, 1140, 1149, 1172, 1210, 1221, 1222, 1235, 1241, 1242, 1243, 1247, 1248, 1250,
        1318, 1327, 1463, 1582, 1583,
        1022, 1048, 1062, 1169, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762,  # keys and constraints
        1859, 3673, 3819, 4025,
        1263, 1264, 1265, 1292, 1300, 1364, 1365, 1366, 1367, 1406, 1411, 1441, 1525, 1690, 6527,  # values
        1253, 1267, 1270, 1271,  # collations
        1046, 1099, 1100, 1179, 1192, 1207, 1568,  # the order of statements
        1390, 2014,  # the protocol
    ),
}  # fmt: skip
FAULTS = {number: kind for kind, numbers in NUMBERS.items() for number in numbers}
# The numbers of client errors; server errors are below and above.
CLIENT_ERRORS = range(2000, 3000)


def kind_of(number: object) -> type[DatabaseFault]:
    """The fault class of an error number; an error without a number comes from the driver."""
    if not isinstance(number, int) or number == 0:
        return ConnectionLost
    return FAULTS.get(number, ConnectionLost if number in CLIENT_ERRORS else OperatorNeeded)


def fault_of(error: Exception) -> DatabaseFault:
    """The fault of a driver's exception, whose first argument is the error number."""
    return kind_of(error.args[0] if error.args else None)(str(error))


def connecting_fault(error: Exception) -> DatabaseFault:
    """The same while connecting; the message includes the causes, which a driver's own message may omit."""
    causes = (error, error.__cause__, error.__context__)
    text = "; ".join(str(cause) for cause in causes if cause is not None and str(cause)) or "no answer in time"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return ConnectTimedOut(text)
    return kind_of(error.args[0] if error.args else None)(text)
