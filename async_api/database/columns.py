"""Descriptions of result columns, each parsed once: a statement's columns come in the same bytes every time."""

from functools import lru_cache
from typing import Any

import aiomysql.connection

# A product's row has seven columns, and to parse their descriptions takes longer than the row itself.
# More than all columns of all statements, so that nothing is forgotten; bounded, because the server sends them.
KEPT = 1024


def remember_columns() -> None:
    """Has the driver take a description it has parsed before, which nobody changes, in place of parsing it again."""
    driver: Any = aiomysql.connection
    if isinstance(driver.FieldDescriptorPacket, type):
        driver.FieldDescriptorPacket = lru_cache(KEPT)(driver.FieldDescriptorPacket)
