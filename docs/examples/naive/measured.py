"""What a measurement asks of a service besides its routes: its name in each answer, and the facts of its ledger."""

import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from shared.service.runtime_facts import LIBRARIES
from shared.service.serving import serving
from shared.service.settings import Settings


def facts(kind: str, settings: Settings, configured: Callable[[str], Any], scheduler: type) -> str:
    """As Prometheus reads them: the effective options of a server by `kind`, a column of `serving`, and versions."""
    known = {"server": kind, "event loop": f"{scheduler.__module__}.{scheduler.__qualname__}"}
    for row in serving(settings):
        if name := getattr(row, kind):
            value = configured(name)
            known[row.matter] = getattr(value, "name", None) or getattr(value, "__name__", None) or value
    known["Python"] = f"{platform.python_implementation()} {platform.python_version()}"
    known |= {f"library {library}": version(library) for library in LIBRARIES if library in sys.modules}
    return "".join(f'service_trait{{entry="{name}",value="{value}"}} 1\n' for name, value in known.items())
