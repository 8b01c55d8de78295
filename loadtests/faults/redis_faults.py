"""Faults inside Redis."""

from contextlib import closing
from dataclasses import dataclass, field

from redis.exceptions import OutOfMemoryError

from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

FULL = {"maxmemory": "1", "maxmemory-policy": "noeviction"}


@dataclass
class Full:
    """Redis holds more than it may and evicts nothing: it refuses every SET, and allows GET and DEL."""

    _before: dict[str, str] = field(default_factory=dict, init=False)

    def inject(self, scene: Scene) -> None:
        """Gives it less memory than it uses."""
        with closing(scene.redis()) as client:
            self._before = {name: str(client.config_get(name)[name]) for name in FULL}
            for name, value in FULL.items():
                client.config_set(name, value)

    def evidence(self, scene: Scene) -> Evidence:
        """A SET is refused, and the server has counted the services' refused commands."""
        with closing(scene.redis()) as client:
            try:
                client.set("full?", "1", px=1000)
            except OutOfMemoryError as error:
                refused = client.info("errorstats").get("errorstat_OOM", {}).get("count", 0)
                return Evidence(int(refused) > 1, f"SET refused ({str(error)[:40]}), {refused} refused in all")
        return Evidence(False, "a SET was ACCEPTED")

    def lift(self, scene: Scene) -> None:
        """Gives it its memory back."""
        with closing(scene.redis()) as client:
            for name, value in self._before.items():
                client.config_set(name, value)
