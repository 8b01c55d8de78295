"""A Redis with TLS and a password: the right one serves hits, every other one is bypassed and logged."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shared.cache.plans import product_plan
from shared.service.metrics import Metrics
from shared.service.settings import SettingsError, read_settings
from tests.support.certificates import Authority, authority
from tests.support.own_redis import OwnRedis
from tests.support.twins import NAMES, Twin

pytestmark = pytest.mark.usefixtures("servers")

REQUIRED = {"COMBINATION": "it", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none"}
# A connection with TLS loads the system's authorities first.
LIMITS = {"CACHE_TIMEOUT": "2", "IN_FLIGHT": "4"}
PLAN = product_plan(1)
UNVERIFIED = "CERTIFICATE_VERIFY_FAILED"
PASSWORD = "a secret: @/?#"


@dataclass
class Servers:
    """A Redis per certificate, and the authorities."""

    folder: Path
    ours: Authority
    other: Authority
    running: dict[str, OwnRedis] = field(default_factory=dict)

    def with_tls(self, name: str, host: str, days: int) -> OwnRedis:
        """A Redis, not yet started, whose certificate is signed by our authority."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self.ours.sign(certificate, key, host, days)
        redis = OwnRedis(self.folder, ssl=True, ssl_cert_reqs="none", ssl_check_hostname=False)
        redis.add_options(
            "--port", "0", "--tls-port", str(redis.port), "--tls-auth-clients", "no",
            "--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(self.ours.file),
        )  # fmt: skip
        return redis


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("tls")
    made = Servers(folder, authority(folder, "ours"), authority(folder, "other"))
    redis = {
        "good": made.with_tls("good", "127.0.0.1", 30),
        "misnamed": made.with_tls("misnamed", "redis.example", 30),
        "expired": made.with_tls("expired", "127.0.0.1", -1),
        "plain": OwnRedis(folder),
        "locked": OwnRedis(folder, "--requirepass", PASSWORD, password=PASSWORD),
    }
    with ExitStack() as stack:
        made.running = {name: stack.enter_context(server) for name, server in redis.items()}
        yield made


@dataclass(frozen=True)
class Told:
    """The results of two reads and of readiness."""

    states: list[str]
    readiness: str
    log: str


def told(name: str, settings: dict[str, str], caplog: pytest.LogCaptureFixture) -> Told:
    """Runs a twin's cache with a Redis, from start to end; no read may fail."""
    with Twin(name) as twin, caplog.at_level(logging.WARNING):
        background = twin.call(twin.part("service.background", "Background"))
        read = read_settings(REQUIRED | LIMITS | settings)
        cache: Any = twin.call(twin.part("cache.cache", "Cache"), read, background, lambda: False, Metrics())
        twin.call(cache.open)
        answers = [twin.call(cache.answer, PLAN, lambda: twin.result(b"1")) for _ in "12"]
        readiness = twin.call(cache.state)
        cache.end_pauses()
        twin.call(background.close, 5.0)
        twin.call(cache.close)
    assert [answer.body for answer in answers] == [b"1", b"1"]
    return Told([dict(answer.headers)["X-Cache"] for answer in answers], readiness, caplog.text)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_redis_whose_certificate_is_verified_serves_hits(
    name: str, servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    redis = servers.running["good"]
    with redis.client() as client:
        client.flushall()
    url = f"rediss://127.0.0.1:{redis.port}/0"
    answered = told(name, {"CACHE_URL": url, "CACHE_CA_FILE": str(servers.ours.file)}, caplog)
    assert (answered.states, answered.readiness) == (["miss", "hit"], "ok")


@pytest.mark.parametrize(
    ("server", "trusted"),
    [("good", "other"), ("good", None), ("misnamed", "ours"), ("expired", "ours"), ("plain", "ours")],
    ids=["wrong CA", "no CA", "wrong name", "expired", "no TLS"],
)
def test_a_redis_whose_certificate_is_not_verified_is_bypassed_and_logged(
    name: str, server: str, trusted: str | None, servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"CACHE_URL": f"rediss://127.0.0.1:{servers.running[server].port}/0"}
    if trusted is not None:
        settings["CACHE_CA_FILE"] = str({"ours": servers.ours, "other": servers.other}[trusted].file)
    answered = told(name, settings, caplog)
    assert (answered.states, answered.readiness) == (["bypass", "bypass"], "down")
    assert ("TimeoutError" if server == "plain" else UNVERIFIED) in answered.log


@pytest.mark.parametrize(("given", "states"), [(PASSWORD, ["miss", "hit"]), ("wrong", ["bypass", "bypass"])])
def test_the_password_of_redis_is_read_from_its_file(
    given: str, states: list[str], name: str, servers: Servers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    redis, file = servers.running["locked"], tmp_path / "password"
    with redis.client() as client:
        client.flushall()
    file.write_text(f"{given}\n")
    settings = {"CACHE_URL": f"redis://127.0.0.1:{redis.port}/0", "CACHE_PASSWORD_FILE": str(file)}
    answered = told(name, settings, caplog)
    assert answered.states == states
    assert given not in answered.log


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"CACHE_URL": "redis://:one@h/0", "CACHE_PASSWORD_FILE": "{file}"}, "CACHE_PASSWORD_FILE"),
        ({"CACHE_URL": "redis://h/0", "CACHE_PASSWORD_FILE": "/not/there"}, "CACHE_PASSWORD_FILE"),
        ({"CACHE_URL": "redis://h/0", "CACHE_CA_FILE": "{file}"}, "CACHE_CA_FILE"),
        ({"CACHE_URL": "rediss://h/0", "CACHE_CA_FILE": "{file}"}, "CACHE_CA_FILE"),
        ({"CACHE_URL": "rediss://h/0", "CACHE_CA_FILE": "/not/there"}, "CACHE_CA_FILE"),
    ],
    ids=["two passwords", "no such password", "CA without TLS", "no certificate", "no such CA"],
)
def test_settings_that_contradict_each_other_are_refused_in_one_line(
    settings: dict[str, str], variable: str, tmp_path: Path
) -> None:
    file = tmp_path / "text"
    file.write_text("two")
    with pytest.raises(SettingsError, match=variable) as refused:
        read_settings(REQUIRED | {name: value.format(file=file) for name, value in settings.items()})
    assert "\n" not in str(refused.value)
