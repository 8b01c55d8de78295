"""Checks imports, uses of library internals and state in shared/: `python -m tools.check_folders [DIR]`."""

import argparse
import subprocess
import sys
from pathlib import Path

from tools import private_names, shared_state

ROOT = Path(__file__).resolve().parent.parent
BANS = ROOT / "tools" / "bans"
CONTRACTS = ROOT / "pyproject.toml"
TIMEOUT = 120
CONCISE = ("--quiet", "--output-format", "concise")
EXPLANATION = """\
Modules that a folder must not import, directly or through others, are in [tool.importlinter] of
pyproject.toml. Names inside a library that is allowed are in tools/bans/<folder>.toml.
tools/private_names.py finds uses of library internals by the twins and shared/.
State that shared/ may keep between requests is listed in tools/shared_state.py.

exit status: 0 all folders keep their rules, 1 one does not, 2 a folder is missing
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_folders",
        description="Checks what each folder of the project may import, and what state shared/ may keep.",
        epilog=EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT, metavar="DIR")
    folder = parser.parse_args(arguments).folder
    commands = [_bans(file) for file in sorted(BANS.glob("*.toml"))]
    for name in (command[-1] for command in commands):
        if not (folder / name).is_dir():
            print(f"check_folders: {folder / name}: no such folder", file=sys.stderr)
            return 2
    failed = [_fails(command, folder) for command in [*commands, _contracts()]]
    uses = [fault for name in private_names.OWN for fault in private_names.faults(folder / name)]
    faults = [*uses, *shared_state.faults(folder / "shared")]
    print("\n".join(faults), end="\n" if faults else "")
    return int(any(failed) or bool(faults))


def _bans(file: Path) -> list[str]:
    return [sys.executable, "-m", "ruff", "check", *CONCISE, "--config", str(file), file.stem]


def _contracts() -> list[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return [str(program), "--no-cache", "--no-logo", "--config", str(CONTRACTS)]


def _fails(command: list[str], folder: Path) -> bool:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if run.returncode:
        print(run.stdout + run.stderr)
    return run.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
