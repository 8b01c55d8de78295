"""The system's Chromium, driven by Playwright, with a page's console messages and requests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
STARTED_MS = 120_000  # the first start after installation reads it from disk
DRAWN_MS = 30_000


class Opened(NamedTuple):
    """An open page, its console messages and errors, and the URLs that it requested."""

    page: Page
    console: list[str]
    requests: list[str]

    def figures(self) -> dict[str, Any]:
        """The embedded figures by the name of their chart."""
        content: dict[str, Any] = self.page.evaluate("JSON.parse(document.getElementById('figures').textContent)")
        return content

    def drawn(self, chart: str) -> list[dict[str, Any]]:
        """The visible series of a chart, as Plotly has drawn them."""
        series: list[dict[str, Any]] = self.page.evaluate(
            "(name) => document.getElementById(name)._fullData.filter((trace) => trace.visible === true)"
            ".map((trace) => ({name: trace.name, combination: (trace.meta || {}).combination || null}))",
            chart,
        )
        return series


@contextmanager
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, f"none of {', '.join(NAMES)} is installed: run tools/system_packages test"
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
    """A report whose charts are drawn; the page is offline."""
    context = running.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    report = Opened(page, [], [])
    page.on("console", lambda message: report.console.append(message.text))
    page.on("pageerror", lambda error: report.console.append(str(error)))
    page.on("request", lambda request: report.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn=yes]", timeout=DRAWN_MS)
    try:
        yield report
    finally:
        context.close()
