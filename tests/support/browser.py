"""The system's Chromium, driven by Playwright, and what a page did while it was open."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
STARTED_MS = 120_000  # the first start after its installation reads all of it from the disk
DRAWN_MS = 30_000


class Opened(NamedTuple):
    """A page with what it said on its console and asked of the network."""

    page: Page
    said: list[str]
    asked: list[str]

    def figures(self) -> dict[str, Any]:
        """The figures that the page holds, by the name of their chart."""
        found: dict[str, Any] = self.page.evaluate("JSON.parse(document.getElementById('figures').textContent)")
        return found

    def drawn(self, chart: str) -> list[dict[str, Any]]:
        """The series that a chart shows, as the library has drawn them."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "(name) => document.getElementById(name)._fullData.filter((one) => one.visible === true)"
            ".map((one) => ({name: one.name, combination: (one.meta || {}).combination || null}))",
            chart,
        )
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program, f"none of {', '.join(NAMES)} is there: run tools/system_packages test"
    # Chromium's sandbox refuses to run as root.
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=words, timeout=STARTED_MS)
        try:
            yield running
        finally:
            running.close()


@contextmanager
def opened(running: Browser, path: Path, width: int = 1280, scheme: Any = "light") -> Iterator[Opened]:
    """A report, open and drawn."""
    context = running.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    found = Opened(page, [], [])
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn=yes]", timeout=DRAWN_MS)
    try:
        yield found
    finally:
        context.close()
