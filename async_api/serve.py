"""The entry: `python -m` this module serves until SIGTERM."""

import logging
import os
import socket
import sys

from shared.service import metrics
from shared.service.logs import log_at_once
from shared.service.settings import SettingsError, read_settings

from .service.server import run

log = logging.getLogger(__name__)


def main() -> int:
    """Serves with the settings of the environment; gives 2 for unusable settings, 1 for a taken address."""
    try:
        settings = read_settings(os.environ)
        log_at_once(settings)
        _try_address(settings.bind)
        return run(settings)
    except SettingsError as error:
        sys.stderr.write(f"{__package__}: {error}\n")
        return 2
    except OSError as error:
        log.error("cannot serve: %s", error)
        return 1
    finally:
        metrics.remove_files()


def _try_address(bind: str) -> None:
    """The servers differ in how long and how loudly they try for an address, so it is tried before."""
    host, _, port = bind.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            reason = f"{bind}: {error.strerror}; stop what listens there or change BIND"
            raise OSError(error.errno, reason) from error


if __name__ == "__main__":
    sys.exit(main())
