"""The contract on other servers: a twin answers the same on each."""

import inspect
from collections.abc import Callable, Iterator
from statistics import median

import pytest

from loadtests.schema.combinations import OURS, read_entries
from tests.conftest import PATIENT
from tests.contract import (
    test_bad_input,
    test_contract_catalogue,
    test_contract_health,
    test_contract_orders,
    test_contract_products,
    test_contract_reports,
    test_contract_routing,
)
from tests.support.combination import Combination
from tests.support.stacks import stack_of

# Not on other versions of Python, which may be missing.
VARIANTS = [one.name for one in read_entries(OURS) if one.varies and (one.varies.server or one.varies.driver)]
MODULES = (
    test_bad_input,
    test_contract_catalogue,
    test_contract_health,
    test_contract_orders,
    test_contract_products,
    test_contract_reports,
    test_contract_routing,
)
CONTRACT = [
    test
    for module in MODULES
    for name, test in vars(module).items()
    if name.startswith("test_") and callable(test) and list(inspect.signature(test).parameters) == ["combination"]
]


@pytest.fixture(scope="module")
def variants(servers: None) -> Iterator[dict[str, Combination]]:
    with stack_of(VARIANTS, PATIENT, workers=1) as stack:
        found = {name: Combination(stack, name) for name in VARIANTS}
        yield found
        for each in found.values():
            each.close()


@pytest.mark.parametrize("test", CONTRACT, ids=lambda test: test.__name__)
@pytest.mark.parametrize("name", VARIANTS)
def test_another_server_or_driver_keeps_the_contract(
    variants: dict[str, Combination], name: str, test: Callable[[Combination], None]
) -> None:
    test(variants[name])


@pytest.mark.parametrize("name", VARIANTS)
def test_no_part_of_an_answer_waits_for_an_acknowledgement(variants: dict[str, Combination], name: str) -> None:
    """A client delays acknowledgements by 40 ms: see TCP_NODELAY."""
    answers = [variants[name].get("/health/live") for _ in range(20)]
    assert median(answer.elapsed.total_seconds() for answer in answers) < 0.03


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_stops_on_sigterm(variants: dict[str, Combination], name: str) -> None:
    service = variants[name].stack.service(name)
    service.process.terminate()
    service.process.wait(lambda: not service.process.running, service.grace)
    assert service.process.exit_status == 0
    service.start()
