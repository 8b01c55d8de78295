"""The context of a run's results: host, ledgers, and the findings of capacity and sweep."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from loadtests.analysis.read import read_run_of
from loadtests.analysis.regression import SAME_HOST
from loadtests.schema.capacity import Capacity
from loadtests.schema.capacity import Document as CapacityRun
from loadtests.schema.files import UnusableResults
from loadtests.schema.run import RUN_FILE, Ledger, Ledgers
from loadtests.schema.studies import LinkedStudy, linked_study
from loadtests.schema.sweep import Document as SweepRun

Study: TypeAlias = LinkedStudy[CapacityRun] | LinkedStudy[SweepRun]


class Context(NamedTuple):
    """Host and commit of a run, the ledger of each combination, and the studies; empty where unknown."""

    host: Mapping[str, Any] = {}
    commit: str = ""
    ledgers: Mapping[str, Ledger] = {}
    capacity: LinkedStudy[CapacityRun] | None = None
    sweep: LinkedStudy[SweepRun] | None = None


NO_CONTEXT: Final = Context()


def context_of(folder: Path, files: Sequence[Path] = ()) -> Context:
    """The context of a folder's results, with studies from these files. Raises UnusableResults."""
    run = read_run_of(folder)
    return Context(
        run.host,
        run.commit,
        ledgers_in(folder, run.ledger),
        linked_study(folder, "capacity", CapacityRun, files),
        linked_study(folder, "sweep", SweepRun, files),
    )


def ledgers_in(folder: Path, ledger: Any) -> Ledgers:
    """The ledgers in run.json by combination, empty if there is none; raises UnusableResults."""
    try:
        return msgspec.convert(ledger or {}, dict[str, Ledger])
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{folder / RUN_FILE} holds no ledger that can be read: {error}") from error


def found_elsewhere(context: Context) -> list[str]:
    """A sentence on the capacity run and one on the sweep, if they exist, without full stops."""
    sentences = []
    if context.capacity:
        sentences.append(f"Capacity, {_whose(context, context.capacity)}: {_rates(context.capacity.document)}")
    if context.sweep:
        sentences.append(f"The sweep, {_whose(context, context.sweep)}: {_flips(context.sweep.document)}")
    return sentences


def of_this_host(context: Context, study: Study | None) -> bool:
    """Whether a study was made on the host of these results; false if either host is unknown."""
    host = study.document.run.get("host") if study else None
    if not isinstance(host, Mapping) or not context.host:
        return False
    return all(name in host and host[name] == context.host.get(name) for name in SAME_HOST)


def is_of_these(context: Context, study: Study | None) -> bool:
    """Whether a study is finished and of the same host and commit as these results."""
    if study is None or not study.document.complete or not of_this_host(context, study):
        return False
    return bool(context.commit) and study.document.run.get("commit") == context.commit


def _whose(context: Context, study: Study) -> str:
    """Names a study's run, and says whether host and commit are the same."""
    host = study.document.run.get("host")
    if not isinstance(host, Mapping) or not context.host:
        where = "on a host that is not known to be this one"
    elif of_this_host(context, study):
        where = "on the same host"
    else:
        where = f"on another host ({host.get('cpu', 'unknown')}, {host.get('cores', 'unknown')} cores)"
    whole = "" if study.document.complete else ", not finished"
    return f"a run of its own ({study.place}, {study.document.started_at}, {where}, {_version(context, study)}{whole})"


def _version(context: Context, study: Study) -> str:
    commit = study.document.run.get("commit")
    if not commit or not context.commit:
        return "commit not known to be the same"
    return "the same commit" if commit == context.commit else f"commit {str(commit)[:7]} and not {context.commit[:7]}"


def _rates(run: CapacityRun) -> str:
    """The confirmed rates, and in brackets the rate per core of service CPU."""
    rates = ", ".join(f"{line.combination} {_rate(line)}{_by_core(line)}" for line in run.combinations)
    return (
        f"requests/s that held, and by core of service CPU in brackets: {rates}. "
        "One search each, so without an interval"
    )


def _by_core(line: Capacity) -> str:
    each = line.cost.rps_per_service_core if line.cost else None
    return "" if each is None else f" ({each:.0f})"


def _rate(line: Capacity) -> str:
    if line.rate_rps is None:
        return "none"
    return f"at least {line.rate_rps}" if line.at_least else str(line.rate_rps)


def _flips(run: SweepRun) -> str:
    titles = {factor.name: factor.title for factor in run.factors}
    sentences = [
        f"{titles.get(finding.factor, finding.factor)}: {finding.sentence}"
        for finding in run.findings
        if finding.flip.kind == "flip"
    ]
    return "; ".join(sentences) or "no flip is shown at the levels that it swept"
