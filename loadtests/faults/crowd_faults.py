"""More load than there is capacity for."""

from dataclasses import dataclass, field

from loadtests.faults.crowd import Crowd
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene
from loadtests.history.failures import SHED
from loadtests.history.records import OK, Record


@dataclass
class Overload:
    """`times` as many visitors as the service handles at once, who never pause and ask for what is dear."""

    times: int
    _crowd: Crowd | None = field(default=None, init=False)
    _seen: list[Record] = field(default_factory=list, init=False)

    def inject(self, scene: Scene) -> None:
        """Lets the crowd in."""
        self._crowd = crowd_of(scene, self.times).__enter__()

    def evidence(self, scene: Scene) -> Evidence:
        """So many were answered, and so many shed; their attempts are judged with the load's."""
        if self._crowd is None:
            return Evidence(False, "NOT INJECTED")
        self._seen = self._crowd.stop()
        scene.attempts.extend(self._seen)
        good = [each.seconds for each in self._seen if each.status == OK]
        shed = sum(each.status in SHED for each in self._seen)
        line = f"the crowd met {len(good)} answers, the slowest after {max(good, default=0):.1f} s, and {shed} refusals"
        return Evidence(len(self._seen) > 0, line)

    def lift(self, scene: Scene) -> None:
        """Sends it away."""
        crowd, self._crowd = self._crowd, None
        if crowd is not None:
            crowd.__exit__()


def crowd_of(scene: Scene, times: int) -> Crowd:
    """Gives a crowd of `times` as many visitors as the service handles at once."""
    settings = scene.service.settings
    many = times * int(settings["WORKERS"]) * int(settings["IN_FLIGHT"])
    return Crowd(scene.door, many, scene.stack.placement.others)
