"""The ports that Compose publishes: services on loopback or a configured address, servers on none."""

import pytest
import yaml

from compose.local.definition import FILES, FOLDER, fill


@pytest.mark.parametrize(
    ("variables", "address"),
    [({}, "127.0.0.1"), ({"PUBLISH_ADDRESS": ""}, "127.0.0.1"), ({"PUBLISH_ADDRESS": "192.0.2.5"}, "192.0.2.5")],
)
def test_services_are_published_on_the_configured_address(variables: dict[str, str], address: str) -> None:
    files = [fill(yaml.safe_load((FOLDER / name).read_text()), variables) for name in (*FILES, "loadtest.yaml")]
    services = {name: body.get("ports", []) for file in files for name, body in file["services"].items()}
    assert [services.pop(name) for name in ("database", "cache", "k6")] == [[], [], []]
    assert {port.rsplit(":", 2)[0] for ports in services.values() for port in ports} == {address}
