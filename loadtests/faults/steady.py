"""How much load a fault meets."""

from dataclasses import dataclass

from loadtests.history.load import Load


@dataclass(frozen=True)
class Steady:
    """A mixed load at a fixed rate: reads and writes a second, by so many readers and writers."""

    reads_per_second: float = 60.0
    writes_per_second: float = 12.0
    readers: int = 12
    patchers: int = 6
    orderers: int = 4

    def load(self, combination: str, port: int, run: str) -> Load:
        """Gives this load on one service; `run` names its keys."""
        return Load(
            combination=combination,
            port=port,
            run=run,
            readers=self.readers,
            patchers=self.patchers,
            orderers=self.orderers,
            reads_per_second=self.reads_per_second,
            writes_per_second=self.writes_per_second,
        )


STEADY = Steady()
# Everybody at once and without a pause: every thread and connection of the service comes into use.
WARM_UP = Steady(reads_per_second=0.0, readers=100)
# All that one core of services and one of database can do for the dearest of the combinations, and a little less.
FULL = Steady(reads_per_second=150.0, writes_per_second=30.0, readers=40)
