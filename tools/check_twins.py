"""Checks that the twins still mirror each other: `python -m tools.check_twins`."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if not __package__:  # run as a file: only this folder is on the path
    sys.path.insert(0, str(ROOT))

from tools.twin_faults import Fault, faults  # noqa: E402
from tools.twin_folders import Twins, read_twins  # noqa: E402
from tools.twin_mirror import Mirror  # noqa: E402
from tools.twin_seams import lines_of_seams  # noqa: E402
from tools.twin_table import UnusableInput, read_table  # noqa: E402

GOOD, FAULTY, UNUSABLE = 0, 1, 2
EXPLANATION = """\
How it works
  From each file of the async twin the words `async` and `await` are removed and the names of the
  table are mapped. The result is formatted, and has to equal the file of the same name in the
  sync twin.

What is a fault
  a differing line, or another number of lines       a file that only one twin has, of any kind
  a rule of [names] that nothing uses                a seam without a written reason
  a seam whose public names or parameters differ     a seam that mirrors its twin after all
  seams that are more than a quarter of a twin         a seam that neither twin has
  a file of variants/ that [variants] does not name, or names without a reason

What to do about a fault
  Change one twin until it reads like the other, or run with --write to derive the sync side from
  the async side. What must differ moves to a seam: a small file, named in [seams] with the reason.

exit status: 0 the twins mirror each other, 1 they do not, 2 the input cannot be used
"""


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    try:
        if options.write:
            _write(_twins(options))
        return _report(_twins(options))
    except UnusableInput as error:
        print(f"check_twins: {error}", file=sys.stderr)
        return UNUSABLE


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_twins",
        description="Checks that the sync twin is the async twin without async and await.",
        epilog=EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folders = (
        ("--async", "async_folder", "async_api", "the folder of the async twin"),
        ("--sync", "sync_folder", "sync_api", "the folder of the sync twin"),
        (
            "--table",
            "table",
            "tools/twins.toml",
            "the names that differ, and the seams with reasons",
        ),
    )
    for option, name, default, what in folders:
        text = f"{what} ({default})"
        parser.add_argument(option, dest=name, type=Path, metavar="PATH", default=_relative(default), help=text)
    text = "first write the sync side of every file that is no seam"
    parser.add_argument("--write", action="store_true", help=text)
    return parser.parse_args(arguments)


def _relative(name: str) -> Path:
    path = ROOT / name
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _twins(options: argparse.Namespace) -> Twins:
    return read_twins(options.async_folder, options.sync_folder, read_table(options.table))


def _write(twins: Twins) -> None:
    for name in sorted(twins.async_texts.keys() - twins.table.seams.keys()):
        text = twins.derived(name, Mirror(twins.table.names))
        if text == twins.sync_texts.get(name):
            continue
        path = twins.sync_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


def _report(twins: Twins) -> int:
    all_faults = faults(twins)
    for fault in all_faults:
        _show(fault)
    if all_faults:
        print(f"check_twins: {len(all_faults)} fault{'s' * (len(all_faults) > 1)}", file=sys.stderr)
        return FAULTY
    lines, most = lines_of_seams(twins.sync_texts, twins.table.seams)
    print(
        f"{len(twins.in_both())} files mirror each other, {len(twins.table.seams)} of them seams "
        f"with {lines} lines of at most {most}"
    )
    return GOOD


def _show(fault: Fault) -> None:
    print(fault.line)
    for line in fault.details:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
