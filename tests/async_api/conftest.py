"""The async twin's parts in the loop of a test, beside the real database of the stack."""

from collections.abc import Iterator

import pytest

from tests.support.sides import Side, server_of, side_of


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """The async twin's settings and user, and what the server sees of it; nothing runs in a loop of its own."""
    with side_of("async", server_of("local", request)) as running:
        yield running
