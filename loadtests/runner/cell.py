"""One cell: one combination measured once, with the server's side captured around it."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from loadtests.analysis.one_run import ledger_sha256
from loadtests.observe.idle import LONGEST_S, Settling
from loadtests.observe.ledger.read import changes_over_cell, read_ledger
from loadtests.observe.snapshot import Snapshots
from loadtests.observe.window import Observation, Observed, server_side
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.schema.result import Result
from loadtests.schema.run import Ledger
from loadtests.targets.base import Target
from loadtests.targets.k6 import Generator, GeneratorFailed

# What k6 needs beside warm-up and measured time: its start, the last requests, the summary.
SPARE_S: Final = 90
LONGEST_LOAD_S: Final = 24 * 3600
LENGTHS: Final = frozenset({"WARM_UP", "DURATION"})
UNJUDGED: Final = "unjudged"
# What a result says of its run, in the words of run.json.
FACTS: Final = ("run_id", "host", "commit", "versions")


class Cells:
    """Measures cells of one run: the same plan and load generator for all, and one ledger to hold each against.

    Each says of which `run` it is, which is what run.json holds.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        folder: Path,
        k6: str,
        settle_s: float = LONGEST_S,
        run: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._target = target
        self._plan = plan
        self._folder = folder
        self._k6 = k6
        self._settling = Settling(settle_s)
        self._facts = {name: run[name] for name in FACTS if name in run}

    def measure(
        self,
        name: str,
        number: int,
        ledger: Ledger | None = None,
        variables: Mapping[str, str] | None = None,
        injected: Sequence[str] = (),
        fresh: bool = True,
    ) -> Result:
        """Measures one cell, and writes its result to the run's folder too.

        `ledger` is what the cell's has to equal, `variables` change the load for this cell, `injected` names what is
        disturbed on purpose; without `fresh` processes and cache stay as they are. Raises GeneratorFailed and
        TargetError.
        """
        if fresh:
            self._target.prepare(name, self._plan.restores)
        programs = self._target.programs(name)
        before = read_ledger(self._target, name)
        settled = self._settling.settle(programs)
        file = f"{name}.round-{number}.json"
        with unjudged(self._folder) as drafts:
            load = {**_variables(self._plan, name, number, drafts), **(variables or {})}
            document, observed = self._load(name, load, programs, drafts / file)
            now = read_ledger(self._target, name)
            changed = changes_over_cell(before if ledger is None else ledger, before, now, fresh)
            side = server_side(observed, self._target.cores, document["requests"], now, changed, settled)
            document["server"] = msgspec.to_builtins(side)
            document["injected"] = list(injected)
            document["k6"] = {**document.get("k6", {}), "version": self._k6}
            document |= self._facts
            if ledger is not None:
                document["ledger_sha256"] = ledger_sha256(ledger)
            write_json(self._folder / file, document)
        return msgspec.convert(document, Result)

    def _load(
        self, name: str, variables: dict[str, str], programs: dict[str, int], draft: Path
    ) -> tuple[dict[str, Any], Observed]:
        log = self._folder / f"{name}.k6.log"
        with Snapshots(self._target, name) as snapshots:
            generator = self._target.generator(variables, log)
            with Observation(snapshots, programs, log) as observation:
                self._wait(generator, observation, programs)
        document, start = _document(draft, log)
        return document, observation.result(start, start + document["duration_s"])

    def _wait(self, generator: Generator, observation: Observation, programs: dict[str, int]) -> None:
        try:
            if pid := generator.pid:
                programs["k6"] = pid
                observation.watch("k6", pid)
            asked, profile = LENGTHS & self._plan.load.keys(), self._plan.profile
            generator.wait(LONGEST_LOAD_S if asked else profile.warm_up_s + profile.duration_s + SPARE_S)
        finally:
            generator.close()


@contextmanager
def unjudged(folder: Path) -> Iterator[Path]:
    """An empty folder for what k6 writes: it is no result before the server's side is in it."""
    drafts = folder / UNJUDGED
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir()
    try:
        yield drafts
    finally:
        shutil.rmtree(drafts, ignore_errors=True)


def _document(path: Path, log: Path) -> tuple[dict[str, Any], float]:
    if not path.exists():
        raise GeneratorFailed(f"k6 wrote no {path.name}: see {log}")
    document = msgspec.json.decode(path.read_bytes())
    return document, datetime.fromisoformat(document["started_at"]).timestamp()


def _variables(plan: Plan, name: str, number: int, folder: Path) -> dict[str, str]:
    return {
        "PROFILE": plan.profile_name,
        "COMBINATIONS": plan.combination(name),
        "ROUND": str(number),
        "RESULTS": str(folder),
        "PORT_BASE": str(plan.port_base),
        **plan.load,
    }
