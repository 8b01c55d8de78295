"""The faults of a pair of twins, one function per kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.twin_folders import Twins
from tools.twin_mirror import Mirror
from tools.twin_seams import has_reason, lines_of_seams


@dataclass(frozen=True)
class Fault:
    """One line with cause and cure, and the diff."""

    line: str
    details: tuple[str, ...] = ()


def faults(twins: Twins) -> list[Fault]:
    """In the order in which to fix them."""
    mirror = Mirror(twins.table.names)
    return [fault for find in _KINDS for fault in find(twins, mirror)]


def _orphans(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    sides = (
        (twins.async_folder, twins.async_texts, twins.sync_folder, twins.sync_texts),
        (twins.sync_folder, twins.sync_texts, twins.async_folder, twins.async_texts),
    )
    for folder, files, other_folder, others in sides:
        for name in sorted(files.keys() - others.keys()):
            yield Fault(f"{folder / name}: has no twin {other_folder / name}; write it or delete this one")


def _unlike_files(twins: Twins, mirror: Mirror) -> Iterator[Fault]:
    for name in twins.in_both():
        if name in twins.table.seams:
            continue
        if lines := twins.difference(name, mirror):
            yield Fault(f"{name}: differs from its twin; fix one of the two", tuple(lines))


def _unlike_seams(twins: Twins, mirror: Mirror) -> Iterator[Fault]:
    for name in _seams(twins):
        if lines := twins.surface_difference(name, mirror):
            yield Fault(f"{name}: a seam with unlike public names or parameters", tuple(lines))


def _seams_of_nothing(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    for name in twins.table.seams.keys() - twins.async_texts.keys() - twins.sync_texts.keys():
        yield Fault(f'[seams] "{name}": neither twin has this file; delete the line')


def _seams_without_reason(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    for name, reason in twins.table.seams.items():
        if not has_reason(reason):
            yield Fault(f'[seams] "{name}": no written reason; explain in a sentence why it differs')


def _variants(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    folder = twins.async_folder.parent / "variants"
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    for name in sorted(files ^ twins.table.variants.keys()):
        yield Fault(f'[variants] "{name}": is in one of {folder} and this table; add it to the other')
    for name, reason in twins.table.variants.items():
        if not has_reason(reason):
            yield Fault(f'[variants] "{name}": no written reason; name the seam that it replaces')


def _needless_seams(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    for name in _seams(twins):
        # A separate mirror, because seams do not count as users of a rule.
        if not twins.difference(name, Mirror(twins.table.names)):
            yield Fault(f'[seams] "{name}": its files mirror each other; delete the line')


def _seams_too_large(twins: Twins, _mirror: Mirror) -> Iterator[Fault]:
    sides = ((twins.async_folder, twins.async_texts), (twins.sync_folder, twins.sync_texts))
    for folder, texts in sides:
        lines, most = lines_of_seams(texts, twins.table.seams)
        if lines > most:
            yield Fault(f"{folder}: seams have {lines} lines, a quarter of this twin is {most}")


def _unused_rules(twins: Twins, mirror: Mirror) -> Iterator[Fault]:
    for name in twins.table.names.keys() - mirror.used:
        yield Fault(f'[names] "{name}": nothing uses this rule; delete it')


def _seams(twins: Twins) -> list[str]:
    return [name for name in twins.in_both() if name in twins.table.seams]


# Rules come last: the comparisons before mark them as used.
_KINDS: tuple[Callable[[Twins, Mirror], Iterator[Fault]], ...] = (
    _orphans,
    _unlike_files,
    _unlike_seams,
    _seams_of_nothing,
    _seams_without_reason,
    _variants,
    _needless_seams,
    _seams_too_large,
    _unused_rules,
)
