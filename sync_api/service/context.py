"""What lives as long as a worker, made once and passed to whoever needs them."""

import gc

from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..cache.cache import Cache
from ..database.database import Database
from ..database.pool import Pool
from ..shop.store import Store
from .background import Background
from .fanout import Fanout
from .lag import Lag
from .logs import log_behind

# Requests had their grace time before this, so what still runs is stuck.
CLOSE_SECONDS = 1.0


class ServiceContext:
    """Everything that lives as long as a worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.logs = log_behind(settings)
        self.metrics = Metrics()
        self.background = Background()
        self.pool = Pool(settings, self.background, self.metrics)
        self.store = Store(Database(self.pool, self.metrics))
        self.cache = Cache(settings, self.background, self.pool.is_busy, self.metrics)
        self.fanout = Fanout(settings)
        self.lag = Lag(self.metrics)

    def open(self) -> None:
        """Opens the connections, before the first request."""
        self.pool.open()
        self.cache.open()
        self.background.submit(self.lag.watch)
        # What a worker begins with stays: a full collection would walk all of it, and take each page that it lies on
        # from those shared with the parent.
        gc.freeze()

    def close(self) -> None:
        """Closes everything, after the last request."""
        self.lag.close()
        self.cache.end_pauses()
        self.background.close(CLOSE_SECONDS)
        self.fanout.close()
        self.pool.close(CLOSE_SECONDS)
        self.cache.close()
        self.logs.stop()
