"""Uses of library internals are found, and documented uses are not."""

from pathlib import Path

import pytest

from tools.private_names import faults

FAULTS = [
    "import redis\ndef reads(it): return it.connection._parser",
    "class It:\n    def __init__(self, other): self._other = other\n    def of(self): return self._other._sock",
    "def reads(it): return getattr(it, '_sock')",
    "from redis.connection import _HiredisParser",
    "from redis._parsers import BaseParser",
    "import _thread",
    "import pymysql\npymysql.connections.FieldDescriptorPacket = None",
    "from prometheus_client import values\nvalues.ValueClass = None",
    "import redis.connection as it\nsetattr(it, 'Parser', None)",
    "from gunicorn.workers.gthread import ThreadWorker\nclass It(ThreadWorker): pass",
    "import redis.connection\nclass It(redis.connection.DefaultParser): pass",
    "from redis import Redis as Client\nclass It(Client[bytes]): pass",
]
USES = [
    "class It:\n    def __init__(self): self._own = 1\n    def of(self): return self._own.__class__",
    "class It:\n    @classmethod\n    def of(cls): return cls._own",
    "from __future__ import annotations\nfrom _typeshed.wsgi import WSGIApplication",
    "from flask import Flask\napp = Flask('it')\napp.config['A'] = 1\napp.wsgi_app = None",
    "import msgspec\nclass It(msgspec.Struct, frozen=True): a: int",
    "from gunicorn.app.base import BaseApplication\nclass It(BaseApplication): pass",
    "import threading\nclass It(threading.Thread): pass",
    "from .waiting import Event\nclass It(Event): pass\nclass Problem(Exception): pass",
    "from shared.schema import Product\nclass It(Product): pass",
    "from redis import Redis\nclient = Redis()\nclient.name = 'it'",
]


@pytest.mark.parametrize("code", FAULTS)
def test_the_use_of_library_internals_is_found(code: str, tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(code)
    found = faults(tmp_path)
    assert len(found) == 1
    assert f"{tmp_path.name}/it.py:" in found[0]


@pytest.mark.parametrize("code", USES)
def test_the_use_of_documented_names_is_not(code: str, tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(code)
    assert faults(tmp_path) == []
