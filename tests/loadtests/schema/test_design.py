"""The effects between two, three, four or six combinations."""

import pytest

from loadtests.schema.design import design_of
from loadtests.schema.result import Varies

OURS = {
    "sync": Varies("sync", cache=False),
    "sync-cached": Varies("sync", cache=True),
    "async": Varies("async", cache=False),
    "async-cached": Varies("async", cache=True),
}


def test_the_matrix_has_four_simple_effects_two_main_ones_and_their_interaction() -> None:
    design = design_of(OURS)
    assert design.simple == {
        "cache in sync": ("sync", "sync-cached"),
        "cache in async": ("async", "async-cached"),
        "async uncached": ("sync", "async"),
        "async cached": ("sync-cached", "async-cached"),
    }
    assert list(design.main) == ["cache", "async", "interaction"]


@pytest.mark.parametrize(
    ("names", "simple"),
    [
        (("sync", "sync-cached"), ["cache in sync"]),
        (("sync", "async"), ["async uncached"]),
        (("sync-cached", "async-cached"), ["async cached"]),
        (("sync", "async-cached"), ["async-cached against sync"]),
    ],
)
def test_two_combinations_have_one_effect(names: tuple[str, str], simple: list[str]) -> None:
    design = design_of({name: OURS[name] for name in names})
    assert (list(design.simple), design.main) == (simple, {})


def test_six_combinations_compare_every_stack_with_the_first() -> None:
    third = {"go": Varies("go", cache=False), "go-cached": Varies("go", cache=True)}
    design = design_of({**OURS, **third})
    assert len(design.simple) == 7
    assert design.simple["go cached"] == ("sync-cached", "go-cached")
    assert list(design.main) == ["cache", "async", "interaction with async", "go", "interaction with go"]


def test_every_contrast_compares_as_much_with_as_without() -> None:
    third = {"go": Varies("go", cache=False), "go-cached": Varies("go", cache=True)}
    for weights in design_of({**OURS, **third}).main.values():
        assert sum(weights.values()) == pytest.approx(0)


def test_combinations_without_varies_are_compared_with_the_first() -> None:
    design = design_of({"before": None, "after": None, "later": None})
    assert design.simple == {"after against before": ("before", "after"), "later against before": ("before", "later")}


def test_two_combinations_with_equal_varies_are_compared_with_the_first() -> None:
    design = design_of({"a": Varies("x", cache=False), "b": Varies("x", cache=False)})
    assert list(design.simple) == ["b against a"]


def served(stack: str, server: str, cache: bool = False) -> Varies:
    return Varies(stack, cache, server)


ON_ONE_SERVER = {
    "sync-granian": served("sync", "granian"),
    "sync-granian-cached": served("sync", "granian", cache=True),
    "async-granian": served("async", "granian"),
    "async-granian-cached": served("async", "granian", cache=True),
}


def test_another_server_is_compared_with_its_twin_and_with_the_rewrite() -> None:
    design = design_of(
        {**OURS, "sync-waitress": served("sync", "waitress"), "async-uvicorn": served("async", "uvicorn")}
    )
    assert list(design.simple) == [
        *design_of(OURS).simple,
        "waitress in sync",
        "uvicorn in async",
        "sync-waitress against async",
    ]
    assert design.simple["waitress in sync"] == ("sync", "sync-waitress")
    assert (list(design.main), design.factors) == (["cache", "async", "interaction"], {})


def test_another_driver_is_compared_with_its_twin() -> None:
    design = design_of({**OURS, "async-asyncmy": Varies("async", cache=False, driver="asyncmy")})
    assert design.simple["asyncmy in async"] == ("async", "async-asyncmy")


def test_other_code_is_compared_with_its_twin() -> None:
    design = design_of({**OURS, "naive-sync-cached": Varies("sync", cache=True, code="naive")})
    assert design.simple["naive in sync-cached"] == ("sync-cached", "naive-sync-cached")


def test_server_framework_and_driver_multiply_to_the_rewrite() -> None:
    factors = design_of({**OURS, **ON_ONE_SERVER}).factors
    assert list(factors) == ["framework", "server", "driver", "cache"]
    rewrite = {
        name: sum(factors[factor].get(name, 0.0) for factor in ("framework", "server", "driver")) for name in OURS
    }
    assert rewrite == {"sync": -1.0, "sync-cached": 0.0, "async": 1.0, "async-cached": 0.0}
    for name in ON_ONE_SERVER:
        assert sum(factors[factor].get(name, 0.0) for factor in ("framework", "server", "driver")) == 0


def test_without_a_server_for_both_stacks_there_are_no_factors() -> None:
    one_side = {name: axes for name, axes in ON_ONE_SERVER.items() if axes.stack == "sync"}
    assert design_of({**OURS, **one_side}).factors == {}
