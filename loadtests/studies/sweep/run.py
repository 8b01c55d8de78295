"""Measures a sweep: at each point all combinations take turns; the file is written after each point."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from loadtests.analysis.batches import Cells, void_batches
from loadtests.observe.ledger import changes
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import PASS, Mode
from loadtests.report.numbers import MINUTE_S, time_left
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line, describe_study, read_ledgers
from loadtests.runner.starts import Starts
from loadtests.schema.design import design_of
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.schema.run import Ledgers
from loadtests.schema.sweep import Document, FactorLine
from loadtests.schema.sweep import Point as Measured
from loadtests.studies.sweep.factors import BY_NAME, Options, Point, Setting, titled, weight
from loadtests.studies.sweep.findings import findings, hits_of
from loadtests.targets.k6 import GeneratorFailed, k6_version
from loadtests.targets.local import LocalTarget

MILLISECOND = 0.001
# At most levels the service's core is saturated, where the default of 100 ms would time out on a healthy Redis.
PATIENT = {"CACHE_TIMEOUT": "1"}


class SweepTarget(LocalTarget):
    def __init__(self, stack: Stack, proxy: Proxy) -> None:
        super().__init__(stack)
        self._proxy = proxy
        self._setting = Point().setting

    def begin(self, setting: Setting, names: Sequence[str]) -> None:
        """Starts fresh services with this setting and an empty cache.

        Without the proxy's delay, so that opening connections does not take a second for each.
        """
        self._setting = setting
        self._proxy.switch(PASS)
        self.prepare(names, restore=False)

    def aim(self, point: Point, names: Sequence[str]) -> None:
        """Sets the delay of a point and empties the cache, which has the same pages from another point."""
        for name in names:
            self.forget(name)
        # Half of the round trip in each direction.
        self._proxy.switch(Mode("delay", point.database_ms * MILLISECOND / 2) if point.database_ms else PASS)

    def environment(self, name: str) -> dict[str, str]:
        environment = {**PATIENT, **self._setting.environment}
        if self._setting.behind_proxy:
            address = urlsplit(self._stack.service(name).settings["DATABASE_URL"])
            place = f"{address.username}@{LOOPBACK}:{self._proxy.port}"
            environment["DATABASE_URL"] = urlunsplit(address._replace(netloc=place))
        return environment


@contextmanager
def sweep_target(stack: Stack) -> Iterator[SweepTarget]:
    """With a proxy in front of the database, on cores that the services do not use."""
    with Proxy(stack.database_port, cores=stack.placement.others) as proxy:
        target = SweepTarget(stack, proxy)
        try:
            yield target
        finally:
            target.close()


FILE: Final = "sweep.json"
SETTLE_S: Final = 2.0
# Requests to each service before its turns: more for a service that was just started.
WARM_UP: Final = {True: "600", False: "40"}


class SweepRun:
    """Measures one sweep; `folder` gets sweep.json and the result files of every point."""

    def __init__(self, options: Options, plan: Plan, folder: Path, target: SweepTarget) -> None:
        self._options = options
        self._plan = plan
        self._folder = folder
        self._target = target
        self._starts = Starts(target, plan, folder, k6_version(), SETTLE_S)
        self._comparisons = design_of(plan.axes).simple
        self._started_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._began = time.monotonic()
        self._cells: dict[Point, Cells] = {}
        self._points: list[Measured] = []
        self._run: dict[str, Any] = {}

    def measure(self, groups: Mapping[Setting, Sequence[Point]]) -> Document:
        """Raises TargetError if the comparison is not fair, and GeneratorFailed when two consecutive points fail."""
        for setting, group in groups.items():
            say(f"services with {setting}")
            self._target.begin(setting, self._plan.names)
            ledgers = self._read_ledgers(setting)
            for point in group:
                self._add(point, ledgers, just_started=point is group[0])
                self._save(complete=False)
        return self._save(complete=True)

    def _read_ledgers(self, setting: Setting) -> Ledgers:
        """The whole ledger for the first setting, only differences from it for the others."""
        if not self._run:
            ledgers = read_ledgers(self._target, self._plan, say)
            self._run = describe_study(self._target, self._plan, ledgers) | {"ledger_elsewhere": {}}
            return ledgers
        ledgers = read_ledgers(self._target, self._plan, lambda _: None)
        first: Ledgers = self._run["ledger"]
        apart = {
            name: {change.entry: change.after for change in changes(first[name], ledgers[name])} for name in ledgers
        }
        self._run["ledger_elsewhere"][str(setting)] = apart
        return ledgers

    def _add(self, point: Point, ledgers: Ledgers, just_started: bool) -> None:
        number, names = len(self._points) + 1, self._plan.names
        left = time_left(self._options.minutes * MINUTE_S - (time.monotonic() - self._began))
        say(f"point {number} of {self._options.points}: {titled(point)}; {left}")
        self._target.aim(point, names)
        blank = Measured(settings=point._asdict(), turns_s=round(self._options.turns_s * weight(point), 1))
        load = {"TURNS": f"{blank.turns_s:g}", "WARM_UP_REQUESTS": WARM_UP[just_started], **point.load}
        try:
            cells = self._starts.measure(names, number, ledgers, load, point.injected, fresh=False)
        except GeneratorFailed as error:
            if self._points and not self._points[-1].services:
                raise
            self._points.append(msgspec.structs.replace(blank, void=[str(error)]))
            return
        self._cells[point] = cells
        services = {name: next(iter(result.head_to_head.values())) for name, result in cells.items()}
        # One reason per void batch, from one of the services.
        void = {(batch.phase, batch.batch): f"{batch.combination}: {batch.reason}" for batch in void_batches([cells])}
        hits, reasons = hits_of(cells, names), list(void.values())
        self._points.append(msgspec.structs.replace(blank, services=services, hit_ratio=hits, void=reasons))
        averages = ", ".join(f"{name} {phase.latency_ms.avg or 0:.1f} ms" for name, phase in services.items())
        say(f"  {averages}{f'; {len(void)} void batches, as {reasons[0]}' if void else ''}")

    def _save(self, complete: bool) -> Document:
        names = self._options.factors
        document = Document(
            schema=1,
            kind="sweep",
            started_at=self._started_at,
            command=command_line(),
            complete=complete,
            measured_s=round(time.monotonic() - self._began, 1),
            mix=self._plan.mix,
            factors=[_line(name) for name in names],
            comparisons=self._comparisons,
            findings=findings(self._cells, names, self._comparisons),
            points=list(self._points),
            run=self._run,
        )
        write_json(self._folder / FILE, document)
        return document


def _line(name: str) -> FactorLine:
    factor = BY_NAME[name]
    return FactorLine(name, factor.title, factor.unit, list(factor.levels), factor.around._asdict())
