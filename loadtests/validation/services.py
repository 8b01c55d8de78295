"""Five services: the same one under the names of all four combinations, and a copy slowed by a spin."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from compose.local import ports
from compose.local.options import StackOptions
from compose.local.processes import stop_all
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.runner.ended import say
from loadtests.targets.local import LocalTarget
from loadtests.validation import spinning
from loadtests.validation.judged import NAMES, SLOWED

SERVICE: Final = "sync-cached"


class FiveServices(LocalTarget):
    """Each has its own processes, like the twins; `spin_ms` takes effect at the slowed one's next start."""

    def __init__(self, stack: Stack, port_base: int) -> None:
        super().__init__(stack)
        self.spin_ms = 0.0
        self._shop = stack.database(SERVICE)
        folder = stack.directory / "selfcheck"
        folder.mkdir()
        self._services = {
            name: _service(stack, name, port_base + number, folder / name) for number, name in enumerate(NAMES, 1)
        }

    def service(self, name: str) -> Service:
        return self._services[name]

    def database(self, _name: str) -> str:
        return self._shop

    def environment(self, name: str) -> dict[str, str]:
        return {spinning.VARIABLE: str(self.spin_ms)} if name == SLOWED else {}

    def close(self) -> None:
        services = self._services.values()
        stop_all([each.process for each in services], max(each.grace for each in services))
        super().close()


def _service(stack: Stack, name: str, port: int, folder: Path) -> Service:
    settings = stack.service(SERVICE).settings
    own = {"COMBINATION": name, "BIND": f"{ports.LOOPBACK}:{port}", "WORKERS": "1"}
    service = Service(name, port, settings | own, folder, stack.placement.services)
    service.program = [spinning.__name__ if name == SLOWED else "sync_api.serve"]
    return service


@contextmanager
def five_services(port_base: int) -> Iterator[FiveServices]:
    """Not started yet; raises StackError."""
    with Stack(StackOptions(port_base=port_base, only=[SERVICE], progress=say)) as stack:
        stack.service(SERVICE).stop()
        with closing(FiveServices(stack, port_base)) as target:
            yield target


def combinations_file(folder: Path, target: FiveServices) -> Path:
    """The file for k6; a subfolder keeps it apart from results."""
    path = folder / "services" / "combinations.json"
    path.parent.mkdir(parents=True)
    entries = [
        {"name": name, "url": target.url(name), "expect": name, "varies": {"stack": name, "cache": True}}
        for name in NAMES
    ]
    path.write_bytes(msgspec.json.encode(entries))
    return path
