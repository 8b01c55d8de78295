"""Takes the screenshot of a report for the README: python -m tools.screenshot [HTML [PNG]]."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Error, ViewportSize, sync_playwright

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "loadtests" / "results" / "example" / "report.html"
PICTURE: Final = ROOT / "docs" / "pictures" / "report.png"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
SIZE: Final[ViewportSize] = {"width": 1160, "height": 1060}
UNUSABLE_INPUT: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 2 without a browser or report."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshot", description=__doc__)
    parser.add_argument(
        "page", nargs="?", type=Path, default=PAGE, help=f"the report (default: {PAGE.name} of the example)"
    )
    parser.add_argument("picture", nargs="?", type=Path, default=PICTURE, help="the PNG (default: the README's)")
    options = parser.parse_args(arguments)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        return _fail("no browser is installed: run tools/system_packages test")
    if not options.page.is_file():
        return _fail(f"{options.page} does not exist: write it with python -m loadtests compare DIR --report")
    try:
        take(program, options.page.resolve(), options.picture)
    except Error as error:
        return _fail(str(error).splitlines()[0])
    print(f"wrote {options.picture}")
    return 0


def take(program: str, page: Path, picture: Path) -> None:
    """Raises playwright's Error."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    # Chromium's sandbox refuses to run as root.
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=words)
        opened = browser.new_page(viewport=SIZE, color_scheme="light")
        opened.goto(page.as_uri())
        opened.wait_for_selector("html[data-drawn=yes]")
        opened.screenshot(path=picture)
        browser.close()


def _fail(line: str) -> int:
    print(f"screenshot: {line}", file=sys.stderr)
    return UNUSABLE_INPUT


if __name__ == "__main__":
    sys.exit(main())
