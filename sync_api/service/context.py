"""The objects of a worker, created once and passed to their users."""

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

# Requests have had GRACE seconds to finish, so work that still runs is stuck.
CLOSE_SECONDS = 1.0


class ServiceContext:
    """Opened before the first request of a worker, closed after the last."""

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
        self.pool.open()
        self.cache.open()
        self.background.submit(self.lag.watch)
        # Start-up objects stay alive: exclude them from full collections, which would also copy memory pages shared
        # with the parent.
        gc.freeze()

    def close(self) -> None:
        self.lag.close()
        self.cache.end_pauses()
        self.background.close(CLOSE_SECONDS)
        self.fanout.close()
        self.pool.close(CLOSE_SECONDS)
        self.cache.close()
        self.logs.stop()
