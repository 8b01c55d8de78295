"""k6's own dashboard while a cell runs, always at one address.

k6 does not end, and writes no result, while a browser has its dashboard open. So a browser is given a relay to it,
which hangs up when the measured time is over.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from loadtests.observe.window import BOUNDS

HOST: Final = "127.0.0.1"
LISTEN_S: Final = 0.2
CHUNK: Final = 65536


@contextmanager
def watched(port: int | None, log: Path, say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """Gives the variables of k6 for a cell that is watched on a port; none, and no dashboard, without one."""
    if port is None:
        yield {}
        return
    with Dashboard(log, say, port) as dashboard:
        yield dashboard.variables


class Dashboard:
    """Entering listens on the address; `variables` make k6 open its dashboard behind it."""

    def __init__(self, log: Path, say: Callable[[str], None], port: int) -> None:
        self._log = log
        self._say = say
        self._port = port
        self._behind = _free_port()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="dashboard", daemon=True)

    @property
    def variables(self) -> dict[str, str]:
        """What k6 has to be told."""
        return {
            "K6_WEB_DASHBOARD": "true",
            "K6_WEB_DASHBOARD_HOST": HOST,
            "K6_WEB_DASHBOARD_PORT": str(self._behind),
            "K6_WEB_DASHBOARD_OPEN": "false",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(self._relay, HOST, self._port)
        except OSError as error:
            self._say(f"WATCH: no dashboard, port {self._port} is taken ({error.strerror})")
            return
        # The server first: leaving it waits for relays, which end when they are cancelled.
        await self._over()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _over(self) -> None:
        """Returns when the measured time is over, or the cell has ended by itself."""
        entered, end = time.time(), None
        while not self._ended.is_set() and (end is None or time.time() < end):
            await asyncio.sleep(LISTEN_S)
            if end is None and self._log.exists():
                end = self._end_after(entered)

    def _end_after(self, entered: float) -> float | None:
        """When the measured time ends, null while k6 has not said so; a log of the round before is not meant."""
        found = BOUNDS.search(self._log.read_text(errors="replace"))
        end = float(found[1]) / 1000 + float(found[2]) if found else 0.0
        return end if end > entered else None

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind_reader, behind_writer = await asyncio.open_connection(HOST, self._behind)
            await asyncio.gather(_copy(reader, behind_writer), _copy(behind_reader, writer))
        except OSError:
            writer.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        with contextlib.suppress(OSError):
            sink.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])
