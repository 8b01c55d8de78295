"""The shop's SQL statements, its rules for writes, and the encoding of its rows."""
