"""One start: fresh services, one k6 that measures all of them, and snapshots of the server's side."""

import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from loadtests.analysis.one_run import ledger_sha256
from loadtests.analysis.shards import SHARDS, pool_folder
from loadtests.observe.idle import LONGEST_S, Settling
from loadtests.observe.ledger import changes_over_cell, read_ledger
from loadtests.observe.snapshot import Snapshots
from loadtests.observe.window import Observation, server_side
from loadtests.runner.turns import Service, add_costs, void_batches
from loadtests.schema.files import UnusableResults, as_json, write_whole
from loadtests.schema.plan import Plan, lasting
from loadtests.schema.result import Result
from loadtests.schema.run import Ledger, Ledgers
from loadtests.schema.server import Change, Server, Settled
from loadtests.targets.base import Say, Target
from loadtests.targets.k6 import GeneratorFailed, VoidStart

# Time that k6 needs besides its settings: startup, warm-up of the head to head, requests in flight at the end of a
# part, the summary.
SPARE_S: Final = 300
UNJUDGED: Final = "unjudged"
# Fields that a result copies from run.json.
FACTS: Final = ("run_id", "host", "commit", "versions")


class Starts:
    """Measures the starts of one run, all with the same plan and load generator.

    Each result names its `run`, the content of run.json; `on_begin` is called with the name of each load or phase that
    begins.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        folder: Path,
        k6: str,
        settle_s: float = LONGEST_S,
        run: Mapping[str, Any] = MappingProxyType({}),
        on_begin: Say = lambda _: None,
    ) -> None:
        self._target = target
        self._plan = plan
        self._folder = folder
        self._k6 = k6
        self._settling = Settling(settle_s)
        self._facts = {name: run[name] for name in FACTS if name in run}
        self._on_begin = on_begin
        self._began: float | None = None
        self.measured_s = 0.0

    def measure_alone(
        self,
        name: str,
        number: int,
        ledgers: Ledgers = MappingProxyType({}),
        variables: Mapping[str, str] = MappingProxyType({}),
        injected: Sequence[str] = (),
        fresh: bool = True,
    ) -> Result:
        """A start of one combination, without a head to head; see `measure`."""
        return self.measure([name], number, ledgers, variables, injected, fresh)[name]

    def measure(
        self,
        names: Sequence[str],
        number: int,
        ledgers: Ledgers = MappingProxyType({}),
        variables: Mapping[str, str] = MappingProxyType({}),
        injected: Sequence[str] = (),
        fresh: bool = True,
    ) -> dict[str, Result]:
        """Measures one start, and writes a result for each combination to the run's folder, all of them or none.

        `ledgers` are the expected ledgers, `variables` change the load, `injected` lists deliberate disturbances;
        without `fresh` processes and cache are kept. Raises GeneratorFailed and TargetError.
        """
        if fresh:
            # The service started first may have an advantage, so the order changes.
            self._target.prepare(random.sample(names, len(names)), self._plan.restores)
        before = {name: read_ledger(self._target, name) for name in names}
        services = {name: self._service(name) for name in names}
        settled = self._settling.settle({pid for each in services.values() for pid in each.programs.values()})
        log = self._folder / f"start-{number}.k6.log"
        with unjudged(self._folder) as drafts:
            seen = self._load({**self._variables(names, number, drafts), **variables}, services, log)
            self._pool(drafts)
            documents = {name: _document(drafts / _file(name, number), log) for name in names}
        for name, document in documents.items():
            now = read_ledger(self._target, name)
            changed = changes_over_cell(ledgers.get(name, before[name]), before[name], now, fresh)
            side = self._side(name, seen, document, now, changed, settled)
            if side is None:
                raise GeneratorFailed(f"k6 did not say when it measured {name}: see {log}")
            document |= {"server": msgspec.to_builtins(side), "injected": list(injected), **self._facts}
            if self._k6:
                document["k6"] = {**document.get("k6", {}), "version": self._k6}
            if name in ledgers:
                document["ledger_sha256"] = ledger_sha256(ledgers[name])
        add_costs(documents, services, seen)
        void_batches(documents, services, seen, self._target.cores.get("k6", 1))
        write_whole({self._folder / _file(name, number): as_json(each) for name, each in documents.items()})
        return {name: msgspec.convert(document, Result) for name, document in documents.items()}

    def _pool(self, drafts: Path) -> None:
        if self._plan.generators == 1:
            return
        try:
            pool_folder(drafts, self._folder / SHARDS)
        except UnusableResults as error:
            raise VoidStart(str(error)) from error

    def _side(
        self,
        name: str,
        seen: Observation,
        document: dict[str, Any],
        ledger: Ledger,
        changed: list[Change],
        settled: Settled,
    ) -> Server | None:
        """Null if the load of a combination was not observed; a head to head alone has no load."""
        observed = seen.load(name)
        if observed:
            return server_side(observed, self._target.cores, document["requests"], ledger, changed, settled)
        return None if document["duration_s"] else Server(settled=settled, ledger_changes=changed)

    def _service(self, name: str) -> Service:
        return Service(self._target.programs(name), self._target.database(name), self._plan.axes[name].cache)

    def _load(self, variables: dict[str, str], services: Mapping[str, Service], log: Path) -> Observation:
        with Snapshots(self._target) as snapshots:
            self._began = self._began or time.time()
            generator = self._target.generator(variables, log)
            programs = {name: service.programs for name, service in services.items()}
            try:
                with Observation(snapshots, programs, log, self._on_begin) as observation:
                    for pid in generator.pids:
                        observation.watch_k6(pid)
                    generator.wait(lasting(variables, len(services)) + SPARE_S)
            finally:
                generator.close()
                self.measured_s = round(time.time() - self._began, 1)
        return observation

    def _variables(self, names: Sequence[str], number: int, folder: Path) -> dict[str, str]:
        return {
            "PROFILE": self._plan.profile_name,
            "COMBINATIONS": self._plan.chosen(names),
            "ROUND": str(number),
            "RESULTS": str(folder),
            "PORT_BASE": str(self._plan.port_base),
            "STACK": self._plan.stack,
            **self._plan.lengths,
            **self._plan.load,
        }


@contextmanager
def unjudged(folder: Path) -> Iterator[Path]:
    """A temporary folder for k6's files, which become results when the server's side is added."""
    drafts = folder / UNJUDGED
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir()
    try:
        yield drafts
    finally:
        shutil.rmtree(drafts, ignore_errors=True)


def _file(name: str, number: int) -> str:
    return f"{name}.round-{number}.json"


def _document(path: Path, log: Path) -> dict[str, Any]:
    if not path.exists():
        raise GeneratorFailed(f"k6 wrote no {path.name}: see {log}")
    document: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return document
