"""More rows: seeding is as much more work, and a route whose answer is no larger reads no more rows."""

import http.client
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from psutil import virtual_memory

from compose.local import definition, rows
from compose.local.placement import place
from compose.local.service import Service, localised
from tests.support.data_rules import ROW_COUNTS, WRITTEN_DOWN
from tests.support.own_services import free_port
from tests.support.seeded_servers import KINDS, SeededServer, seeded_server
from tests.support.stacks import COMBINATIONS
from tools.scale_requests import AGGREGATES, LIMIT, ROUTES, ask, requests_of, rows_read

pytestmark = pytest.mark.usefixtures("servers")

# Megabytes of data and indexes of one database at SCALE=1, on either server.
COPY_MB: Final = 20
SCALES: Final = (1, 2)
# Tables of as many rows at any scale.
FIXED: Final = {"calendar", "categories"}
# Of one as many as of the other; a report reads the same rows each time.
REQUESTS: Final = 60
# Of the user of either shop.
SECRET: Final = "shop_sync"
STATISTICS: Final = re.compile(r"^(?:ALTER|ANALYZE) .*?;", re.MULTILINE)
WORK: Final = "SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler\\_read%' OR Variable_name LIKE 'Handler\\_write%'"


class Shops(NamedTuple):
    """A database for each scale: what it holds, and the rows that its seeding has read and written."""

    server: SeededServer
    checksums: dict[int, str]
    work: dict[int, int]


@pytest.fixture(scope="module", params=KINDS)
def shops(request: pytest.FixtureRequest) -> Iterator[Shops]:
    with seeded_server(request.param) as server:
        try:
            work = {scale: seeded(server, scale) for scale in SCALES}
            yield Shops(server, {scale: server.checksums(shop_of(scale)) for scale in SCALES}, work)
        finally:
            for scale in SCALES:
                server.rows("mysql", f"DROP DATABASE IF EXISTS {shop_of(scale)}")
                server.rows("mysql", f"DROP USER IF EXISTS {shop_of(scale)}")


def shop_of(scale: int) -> str:
    return f"shop_of_scale_{scale}"


def seeded(server: SeededServer, scale: int) -> int:
    rows.create(server.connect, shop_of(scale))
    with server.connect(shop_of(scale)) as root, root.cursor() as cursor:
        rows.run(root, "seed.sql", scale=scale)
        cursor.execute(WORK)
        work = sum(int(count) for _, count in cursor.fetchall())
        for statement in STATISTICS.findall((rows.SCRIPTS / "copy.sql").read_text()):
            cursor.execute(statement)
        password = definition.read(os.environ).secret(SECRET)
        rows.run(root, "access.sql", shop=shop_of(scale), password=password)
    return work


@pytest.fixture(params=["sync", "async"])
def services(request: pytest.FixtureRequest, shops: Shops, tmp_path: Path) -> Iterator[dict[int, Service]]:
    """One twin, once for each shop."""
    found = {scale: service_of(request.param, scale, shops.server, tmp_path) for scale in SCALES}
    with ExitStack() as closing:
        for service in found.values():
            closing.callback(service.stop)
            service.launch()
        for service in found.values():
            service.wait()
        yield found


def service_of(twin: str, scale: int, server: SeededServer, folder: Path) -> Service:
    plan, port = definition.read(os.environ), free_port()
    settings = localised(plan.combinations[twin], port, server.port, "", plan.secrets)
    settings["DATABASE_URL"] = f"mysql://{shop_of(scale)}@{server.host}:{server.port}/{shop_of(scale)}"
    settings["DATABASE_PASSWORD_FILE"] = str(plan.secrets[SECRET])
    (folder / shop_of(scale)).mkdir()
    return Service(twin, port, settings, folder / shop_of(scale) / twin, place("", "").others)


def rows_of(service: Service, route: str, scale: int, server: SeededServer) -> float:
    """Rows that the database reads for one request."""
    requests = requests_of(route, scale, 1 if route in AGGREGATES else REQUESTS)
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)) as connection:
        # Once before, since a server reads what a table is when it is first opened.
        ask(connection, requests)
        with server.connect(None) as root:
            return rows_read(root, lambda: ask(connection, requests)) / len(requests)


def test_no_route_but_the_aggregates_reads_more_rows_of_a_larger_shop(
    shops: Shops, services: dict[int, Service]
) -> None:
    small, large = (
        {route: rows_of(services[scale], route, scale, shops.server) for route in ROUTES} for scale in SCALES
    )
    growth = {route: large[route] / small[route] for route in ROUTES}
    allowed = {route: SCALES[1] * LIMIT if route in AGGREGATES else LIMIT for route in ROUTES}
    assert {route: by for route, by in growth.items() if by > allowed[route]} == {}
    assert min(growth[route] for route in AGGREGATES) > LIMIT


@pytest.mark.parametrize("scale", SCALES)
def test_another_seeding_makes_the_same_rows_times_the_scale(shops: Shops, scale: int) -> None:
    lines = (line.split("\t") for line in shops.checksums[scale].splitlines())
    counts = {name: int(count) for name, count, _ in lines}
    assert counts == {name: count if name in FIXED else count * scale for name, count in ROW_COUNTS.items()}
    assert (shops.checksums[scale] == WRITTEN_DOWN) is (scale == 1)


def test_seeding_reads_and_writes_as_many_more_rows_as_there_are(shops: Shops) -> None:
    small, large = (shops.work[scale] for scale in SCALES)
    assert large < LIMIT * SCALES[1] * small


def test_no_page_of_a_larger_data_set_leaves_the_database_s_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definition, "virtual_memory", lambda: virtual_memory()._replace(total=64 << 30))
    assert definition.room_for(COMBINATIONS, 1) == {}
    room = definition.read(definition.room_for(COMBINATIONS, 10))
    [pool] = [word for word in room.database.command if "buffer-pool-size" in word]
    assert int(pool.partition("=")[2].removesuffix("M")) > 10 * COPY_MB * (len(COMBINATIONS) + 1)
