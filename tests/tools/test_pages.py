"""Links and paths in the pages: each target exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("async_api", "compose", "docs", "loadtests", "shared", "sync_api", "tests", "tools")
PAGES: Final = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "shared/README.md", ROOT / "compose/database/README.md"}
)
LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
# Folders of both twins: pages name their files once.
TWIN_FOLDERS: Final = ("cache", "database", "http", "service", "shop")
# A path in running text or code, with "*" for any name.
PATH: Final = re.compile(rf"(?<![\w/.*-])(?:\*|{'|'.join(FOLDERS + TWIN_FOLDERS)})/[\w./*-]*[\w*]")
PAGE_IN_CODE: Final = re.compile(r"(?<![\w/])docs/[\w/-]+\.md")
CODE: Final = {".py", ".js", ".yaml", ".sql", ".sh", ".toml", ".j2", ""}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for name, heading in LINK.findall(page.read_text()):
        target = page.parent / name if name else page
        if not target.exists() or (heading and heading not in headings(target)):
            broken.append(f"{name}#{heading}")
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_path_that_a_page_names_exists(page: Path) -> None:
    paths = PATH.findall(page.read_text())
    assert [path for path in paths if not any((*ROOT.glob(path), *ROOT.glob(f"async_api/{path}")))] == []


def test_each_page_that_code_names_exists() -> None:
    missing = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in code()
        for name in PAGE_IN_CODE.findall(file.read_text())
        if not (ROOT / name).exists()
    }
    assert missing == set()


def code() -> Iterator[Path]:
    """Every file that is no page, no result and no data."""
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and file.suffix in CODE and "results" not in file.parts:
                yield file


def headings(page: Path) -> set[str]:
    """The anchors that Markdown makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}
