"""A report in a real browser: every chart is drawn, figures are those of the JSON, nothing uses the network."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from loadtests.cli.main import main
from tests.support.browser import Opened, browser, opened
from tests.support.simulated_results import COMBINATIONS, document, save, write_divided_rounds
from tests.support.simulated_turns import write_turns

EXAMPLE = Path(__file__).parents[3] / "loadtests" / "results" / "example"
LATENCIES = {"sync": 170.0, "sync-cached": 4.0, "async": 150.0, "async-cached": 5.0}
# The combinations drawn in each chart of the example; left out ones have a
# line of its own.
CHARTS = {
    "distribution": 4,
    "latency-course": 4,
    "bottleneck": 4,
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed example's report, with its JSON beside it."""
    folder = tmp_path_factory.mktemp("example")
    for path in EXAMPLE.glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert main(["compare", str(folder), "--report"]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of four rounds with slices, one cell of them void."""
    folder = tmp_path_factory.mktemp("rounds")
    write_divided_rounds(folder, LATENCIES, rounds=4, noise=0.02)
    save(folder, document("async", 2, 150.0, failed=3))
    assert main(["compare", str(folder), "--report"]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_report_draws_every_chart_and_requests_nothing(
    chromium: Browser, report: Path, width: int, scheme: str
) -> None:
    with opened(chromium, report, width, scheme) as found:
        assert found.console == []
        assert found.requests == [report.as_uri()]
        for chart, count in CHARTS.items():
            assert sum(trace["combination"] is not None for trace in found.drawn(f"{chart}-0")) == count
        assert len(found.drawn("effects-0")) == 1
        assert _sideways(found) <= width
        serious = [trace for trace in Axe().run(found.page).response["violations"] if trace["impact"] in BAD]
        assert serious == [], [(trace["id"], trace["nodes"][0]["html"]) for trace in serious]


BAD = ("serious", "critical")


def _sideways(found: Opened) -> int:
    return int(found.page.evaluate("document.documentElement.scrollWidth"))


def test_a_combination_can_be_switched_off_everywhere_and_on_again(chromium: Browser, rounds: Path) -> None:
    with opened(chromium, rounds) as found:
        before = {chart: found.drawn(f"{chart}-0") for chart in CHARTS}
        button = found.page.get_by_role("button", name="async", exact=True)
        button.focus()
        found.page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "false"
        for chart in CHARTS:
            assert found.drawn(f"{chart}-0") == [trace for trace in before[chart] if trace["combination"] != "async"]
        button.click()
        assert {chart: found.drawn(f"{chart}-0") for chart in CHARTS} == before


def test_rounds_and_void_cells_are_visible_over_time(chromium: Browser, rounds: Path) -> None:
    with opened(chromium, rounds) as found:
        names = found.page.locator("#latency-course-0 .annotation-text").all_text_contents()
        assert names == [f"start {number}" for number in range(1, 5)]
        assert len(found.drawn("latency-course-0")) == 5
        assert "async, start 2" in found.page.locator("#void").inner_text()


def test_figures_in_the_page_are_those_of_the_json(chromium: Browser, report: Path) -> None:
    kept = json.loads((report.parent / "comparison.json").read_text())
    with opened(chromium, report) as found:
        table = _rows(found)
        figures = found.figures()
    for label, key in (
        ("Average response time", "latency_avg"),
        ("p95 latency", "latency_p95"),
        ("Throughput", "throughput_rps"),
    ):
        assert table[label] == [kept["combinations"][name][key] for name in COMBINATIONS]
    forest = figures["effects-0"]
    labels = forest["layout"]["yaxis"]["ticktext"]
    ratios = {f"<b>{name}</b>": row["latency_avg"]["ratio"] for name, row in kept["effects"]["simple"].items()}
    assert dict(zip(labels, forest["data"][0]["x"], strict=True)).items() >= ratios.items()
    assert len(labels) == len(ratios) * (1 + len(kept["effects"]["routes"]))
    curves = figures["distribution-0"]["data"]
    assert [curve["name"] for curve in curves] == list(COMBINATIONS)
    for curve in curves:
        known = kept["report"]["curves"][curve["name"]]
        assert curve["y"] == [known[name] for name in curve["customdata"]]
    for bar in figures["bottleneck-0"]["data"]:
        shares = kept["bottleneck"][bar["name"]]["shares"]
        drawn = {part: length for part, length in zip(bar["y"], bar["x"], strict=True) if length is not None}
        assert drawn == pytest.approx({part: 100 * share for part, share in shares.items()})


CELLS = """[...document.querySelectorAll('.four tbody tr')].map((row) => [
  row.querySelector('th').innerText,
  [...row.querySelectorAll('td')].map(({dataset}) => dataset.value === undefined ? null : Number(dataset.value)),
])"""


def _rows(found: Opened) -> dict[str, list[float | None]]:
    """The table of the four, by the name of each line."""
    return dict(found.page.evaluate(CELLS))


def test_every_chart_has_its_figures_as_a_table_that_opens_by_keyboard(chromium: Browser, report: Path) -> None:
    with opened(chromium, report) as found:
        pictures = found.page.locator("figure.picture")
        assert pictures.count() == len(found.figures())
        for place in range(pictures.count()):
            details = pictures.nth(place).locator("details")
            details.locator("summary").press("Enter")
            assert details.locator("tbody tr").first.is_visible()


def test_two_runs_stand_side_by_side(chromium: Browser, report: Path, rounds: Path, tmp_path: Path) -> None:
    page = tmp_path / "two.html"
    assert main(["compare", str(report.parent), "--beside", str(rounds.parent), "--html", str(page)]) == 0
    with opened(chromium, page) as found:
        assert found.console == []
        assert len(found.drawn("bottleneck-0")) == len(found.drawn("bottleneck-1")) == 4
        assert "not measured under the same load" in found.page.locator("header").inner_text()


# A4 without its margins.
PAPER = 1016
# Tables that have to be scrolled.
CUT = (
    "[...document.querySelectorAll('.scroll')]"
    ".filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.ariaLabel)"
)
HEIGHTS = "(name) => [...document.querySelectorAll(name)].map((one) => one.getBoundingClientRect().height)"


def test_every_chart_fits_on_a_printed_page(chromium: Browser, tmp_path: Path) -> None:
    write_turns(tmp_path, factors=dict.fromkeys("abcdefgh", 1.0))
    assert main(["compare", str(tmp_path), "--report"]) == 0
    with opened(chromium, tmp_path / "report.html") as found:
        assert max(found.page.evaluate(HEIGHTS, "figure.picture")) > PAPER
        found.page.emulate_media(media="print")
        found.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        found.page.wait_for_timeout(1000)
        assert max(found.page.evaluate(HEIGHTS, "figure.picture")) < PAPER
        assert found.page.evaluate(CUT) == []
        charts, drawn = (found.page.evaluate(HEIGHTS, name) for name in (".chart", ".chart .main-svg:first-child"))
        assert drawn == charts


HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<b>&amp;"


def test_hostile_names_are_shown_as_text_and_never_run(chromium: Browser, tmp_path: Path) -> None:
    for name in ("plain", HOSTILE):
        varies = {"stack": name, "cache": False}
        content = document(
            name, routes={HOSTILE: document("sync")["routes"]["products"]}, varies=varies, profile=HOSTILE
        )
        save(tmp_path, content, f"{len(name)}.round-1.json")
    (tmp_path / "run.json").write_text(
        json.dumps({"host": {HOSTILE: HOSTILE}, "load": {"ROUTES": HOSTILE}, "profile": HOSTILE})
    )
    assert main(["compare", str(tmp_path), "--report"]) == 0
    with opened(chromium, tmp_path / "report.html") as found:
        assert found.console == []
        assert found.page.locator("img").count() == 0
        assert HOSTILE.replace("\u2028", "") in found.page.locator("nav").inner_text().replace("\u2028", "")
        assert found.page.locator("#bottleneck-0 b").count() == 0
