"""Which effects two, three, four or six combinations allow."""

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


def test_six_combinations_hold_every_stack_to_the_first() -> None:
    third = {"go": Varies("go", cache=False), "go-cached": Varies("go", cache=True)}
    design = design_of({**OURS, **third})
    assert len(design.simple) == 7
    assert design.simple["go cached"] == ("sync-cached", "go-cached")
    assert list(design.main) == ["cache", "async", "interaction with async", "go", "interaction with go"]


def test_every_contrast_compares_as_much_with_as_without() -> None:
    third = {"go": Varies("go", cache=False), "go-cached": Varies("go", cache=True)}
    for weights in design_of({**OURS, **third}).main.values():
        assert sum(weights.values()) == pytest.approx(0)


def test_combinations_that_do_not_say_what_they_vary_are_held_to_the_first() -> None:
    design = design_of({"before": None, "after": None, "later": None})
    assert design.simple == {"after against before": ("before", "after"), "later against before": ("before", "later")}


def test_two_combinations_that_vary_alike_are_held_to_the_first() -> None:
    design = design_of({"a": Varies("x", cache=False), "b": Varies("x", cache=False)})
    assert list(design.simple) == ["b against a"]
