"""Services on another machine, whose part another address of loopback plays: load goes there only with leave."""

import json
import re
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.schema.files import LOADTESTS
from loadtests.schema.plan import make_plan
from loadtests.schema.settings import UnusableInput
from tests.support.k6_runs import combinations_file, run_k6
from tests.support.known_service import KnownService

pytestmark = pytest.mark.usefixtures("k6")

ABORTED = 108
OTHER = "127.0.0.2"
SHORT = {"WARM_UP": "0.2", "DURATION": "1"}
LEAVE = f"ALLOW_HOSTS={OTHER}"


@pytest.mark.parametrize("moved", [False, True])
def test_k6_asks_another_machine_only_with_leave(tmp_path: Path, moved: bool) -> None:
    with KnownService("sync", host=OTHER) as service:
        url = service.url.replace(OTHER, "localhost") if moved else service.url
        path = combinations_file(tmp_path, [service], url=url)
        asked = {"COMBINATIONS": str(path), **({"SERVICE_HOST": OTHER} if moved else {}), **SHORT}
        refused = run_k6(tmp_path, LOADTESTS.parent, **asked, ALLOW_HOSTS="192.0.2.1")
        assert (refused.status, service.requests, refused.log.count("\n")) == (ABORTED, [], 1)
        assert LEAVE in refused.log
        run = run_k6(tmp_path, LOADTESTS.parent, **asked, ALLOW_HOSTS=f"192.0.2.1, {OTHER}")
    assert run.status == 0
    assert run.result("sync")["requests"] > 0


def test_a_run_measures_another_machine_with_leave(tmp_path: Path) -> None:
    with KnownService("sync", host=OTHER) as service:
        path = combinations_file(tmp_path, [service], url=service.url.replace(OTHER, "localhost"))
        words = ["run", "--stack", "none", "--profile", "smoke", "--rounds", "1", "--duration", "1"]
        places = ["--combinations", str(path), "--results", str(tmp_path), "--service-host", OTHER]
        assert main([*words, *places, "--allow-hosts", OTHER]) == 0
    described = json.loads((tmp_path / "latest" / "run.json").read_text())
    assert described["load"] == {"DURATION": "1", "SERVICE_HOST": OTHER, "ALLOW_HOSTS": OTHER}


@pytest.mark.parametrize(
    ("url", "load", "said"),
    [
        ("http://shop.example", {}, "ALLOW_HOSTS=shop.example"),
        ("https://shop.example:8443", {"ALLOW_HOSTS": "other.example"}, "ALLOW_HOSTS=shop.example"),
        ("http://localhost:1", {"SERVICE_HOST": "[fd00::5]"}, "ALLOW_HOSTS=fd00::5"),
        ("http://127.0.0.1@shop.example", {"ALLOW_HOSTS": "shop.example"}, "it is no list"),
        ("http://localhost.shop.example", {"ALLOW_HOSTS": "localhost"}, "ALLOW_HOSTS=localhost.shop.example"),
    ],
)
def test_a_plan_refuses_another_machine_in_one_line(tmp_path: Path, url: str, load: dict[str, str], said: str) -> None:
    path = combinations_file(tmp_path, [KnownService("sync")], url=url)
    with pytest.raises(UnusableInput, match=re.escape(said)) as refused:
        make_plan(combinations=str(path), stack="none", load=load)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "load", "found"),
    [
        ("http://[::1]:7", {}, "http://[::1]:7"),
        ("https://Shop.example", {"ALLOW_HOSTS": "shop.example"}, "https://Shop.example"),
        ("http://localhost:7", {"SERVICE_HOST": "[fd00::5]", "ALLOW_HOSTS": "fd00::5"}, "http://[fd00::5]:7"),
        ("http://192.0.2.1:7", {"SERVICE_HOST": "192.0.2.2", "ALLOW_HOSTS": "192.0.2.1"}, "http://192.0.2.1:7"),
    ],
)
def test_a_plan_knows_where_services_are(tmp_path: Path, url: str, load: dict[str, str], found: str) -> None:
    path = combinations_file(tmp_path, [KnownService("sync")], url=url)
    assert make_plan(combinations=str(path), stack="none", load=load).urls == {"sync": found}


def test_our_own_services_move_with_their_ports() -> None:
    load = {"SERVICE_HOST": "bench.example", "ALLOW_HOSTS": "bench.example"}
    urls = make_plan(stack="none", port_base=18000, load=load).urls
    assert (urls["sync"], urls["async-cached"]) == ("http://bench.example:18001", "http://bench.example:18004")
