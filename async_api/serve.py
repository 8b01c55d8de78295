"""Entry point: `python -m` this module serves until SIGTERM."""

import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable
from tempfile import mkdtemp

from shared.service.logs import log_at_once
from shared.service.settings import Settings, SettingsError, read_settings

log = logging.getLogger(__name__)


def main(run: Callable[[Settings], int] | None = None) -> int:
    """Exit status 2 for unusable settings, 1 for a busy address; `run` replaces the server."""
    try:
        settings = read_settings(os.environ)
        log_at_once(settings)
        _check_address(settings.bind)
        return _serve(settings, run or _run)
    except SettingsError as error:
        sys.stderr.write(f"{__package__}: {error}\n")
        return 2
    except OSError as error:
        log.error("cannot serve: %s", error)
        return 1


def _check_address(bind: str) -> None:
    """Gunicorn retries a busy port and Hypercorn does not; check the port first so both fail alike."""
    host, _, port = bind.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            reason = f"{bind}: {error.strerror}; stop the program that uses it or change BIND"
            raise OSError(error.errno, reason) from error


def _serve(settings: Settings, run: Callable[[Settings], int]) -> int:
    """prometheus_client reads PROMETHEUS_MULTIPROC_DIR at import: set it before importing the server."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return run(settings)
    maker, folder = os.getpid(), mkdtemp(prefix="metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        return run(settings)
    finally:
        if os.getpid() == maker:  # forked workers run this `finally` as well
            shutil.rmtree(folder, ignore_errors=True)


def _run(settings: Settings) -> int:
    from .service.server import run

    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
