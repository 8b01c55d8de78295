"""What a measurement needs from a service besides its routes: its name in each answer, and its ledger facts."""

import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from shared.service.runtime_facts import LIBRARIES
from shared.service.serving import serving
from shared.service.settings import Settings


def facts(kind: str, settings: Settings, configured: Callable[[str], Any], scheduler: type) -> str:
    """In Prometheus' text format: a server's effective options and versions; `kind` is a column of `serving`."""
    known = {"server": kind, "event loop": f"{scheduler.__module__}.{scheduler.__qualname__}"}
    for row in serving(settings):
        if name := getattr(row, kind):
            value = configured(name)
            known[row.matter] = getattr(value, "name", None) or getattr(value, "__name__", None) or value
    known["Python"] = f"{platform.python_implementation()} {platform.python_version()}"
    known |= {f"library {library}": version(library) for library in LIBRARIES if library in sys.modules}
    return "".join(f'service_trait{{entry="{name}",value="{value}"}} 1\n' for name, value in known.items())
