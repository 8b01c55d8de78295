"""How much is asked, by how many visitors, and for how long."""

from typing import Final

import msgspec

# k6's time-out, above the 8 s in which the service answers whatever comes.
REQUEST_SECONDS: Final = 10.0
# Some 100 MB in the driver's process.
MOST_RECORDS: Final = 300_000


class Load(msgspec.Struct, frozen=True):
    """A load on one combination: readers, and writers that patch or order.

    A rate is per second over all visitors of its kind, 0 for a closed loop without thinking. With `reads_per_write`
    writers also wait until so many reads have been answered for each write. It ends when both `reads` and
    `writes` were answered (0: not before it is stopped), after `seconds`, or when no more can be remembered.
    """

    combination: str
    port: int
    run: str
    readers: int = 12
    patchers: int = 6
    orderers: int = 4
    reads_per_second: float = 0.0
    writes_per_second: float = 0.0
    reads_per_write: int = 0
    reads: int = 0
    writes: int = 0
    seconds: float = 600.0
    request_seconds: float = REQUEST_SECONDS
    most_records: int = MOST_RECORDS
    seed: int = 1

    @property
    def read_pause(self) -> float:
        """Mean seconds between two reads of a reader."""
        return self.readers / self.reads_per_second if self.reads_per_second else 0.0

    @property
    def write_pause(self) -> float:
        """Mean seconds between two writes of a writer."""
        writers = self.patchers + self.orderers
        return writers / self.writes_per_second if self.writes_per_second else 0.0
