"""Whether a page is for everybody: by axe-core, and by the width of its window."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WITHOUT_FRAMES = {"exclude": [["iframe"]]}
"""In a frame is somebody's mail, or a page that is looked at for itself."""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, name: str) -> list[str]:
    """Return what a page breaks, by its name; keep a picture in the folder SCREENSHOTS."""
    # A click is done as soon as the next page begins.
    page.wait_for_load_state()
    if folder := os.environ.get("SCREENSHOTS"):
        keep_picture(page, Path(folder), name)
    found = Axe().run(page, context=WITHOUT_FRAMES, options=RULES).response["violations"]
    told = [f"{name}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
    pixels = page.evaluate(TOO_WIDE)
    return [*told, *([f"{name}: {pixels} pixels too wide"] if pixels > 0 else [])]


def keep_picture(page: Page, folder: Path, name: str) -> None:
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    window = f"{page.evaluate('innerWidth')}{'-dark' if is_dark else ''}"
    file = f"{name.replace('/', '_')}-{window}.png"
    page.screenshot(path=folder / file, full_page=True)
