"""tools/compose_road selects tests by a part of their names, which has to match."""

import re
from pathlib import Path

from tests.support.seeded_servers import EXTERNAL_KIND

ROAD = Path(__file__).parents[2] / "tools" / "compose_road"


def test_the_road_selects_the_tests_on_its_own_server() -> None:
    assert re.findall(r"-k (\w+)", ROAD.read_text()) == [EXTERNAL_KIND]


def test_each_file_of_the_road_has_tests_on_an_external_server() -> None:
    files = re.findall(r"tests/\S+\.py", ROAD.read_text())
    assert files
    for file in files:
        assert re.search(r"\b(SIDES|KINDS)\b", (ROAD.parents[1] / file).read_text()), file
