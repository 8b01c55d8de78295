"""What a fault is: how it is done, how it is undone, and how one knows that it took place."""

from typing import NamedTuple, Protocol

from loadtests.faults.scene import Scene


class Evidence(NamedTuple):
    """Whether the fault took place, and the sentence that says by what one knows it."""

    happened: bool
    line: str


class Fault(Protocol):
    """Something that can be done to a scene under load."""

    def inject(self, scene: Scene) -> None:
        """Begins the fault; returns when it is in force."""

    def evidence(self, scene: Scene) -> Evidence:
        """Looks for the fault while it is in force, at the end of its time."""

    def lift(self, scene: Scene) -> None:
        """Ends the fault and returns when what was broken is there again; harmless when it was not begun."""
