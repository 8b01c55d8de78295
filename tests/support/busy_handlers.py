"""A change of a twin: its product route burns CPU time first."""

import importlib
import time
from functools import wraps
from typing import Any


def burn(seconds: float) -> None:
    """Use CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def change(twin: str, seconds: str) -> None:
    """Wrap the twin's handler; the result may be a coroutine, so the time is burnt before it is created."""
    products = importlib.import_module(f"{twin}_api.shop.products").Products
    handle = products.get

    @wraps(handle)
    def busy(*values: Any, **named: Any) -> Any:
        burn(float(seconds))
        return handle(*values, **named)

    products.get = busy
