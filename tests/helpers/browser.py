"""Functions that use a report page in a headless Chromium."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The headless shell takes half the time of the whole browser.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in _NAMES if (found := shutil.which(name))), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
LEFT, RULER = 46, 26  # pixels of the canvas to the left of and above the notes


def wait_for(tab: Any, condition: str) -> None:
    """Wait until a condition is true. Playwright's own function evaluates strings, which the page's policy forbids."""
    for _ in range(2000):  # half a minute
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(15)
    raise AssertionError(f"never true: {condition}; {state(tab)}; {tab.inner_text('#status')}")


def ready(tab: Any) -> None:
    wait_for(tab, "document.body.dataset.ready === 'true'")


def state(tab: Any) -> dict[str, str]:
    """Return the state that the page writes to ``document.body.dataset``."""
    painted(tab)
    return dict(tab.evaluate("({...document.body.dataset})"))


def painted(tab: Any) -> None:
    """Wait until all requested changes have been painted."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def point(tab: Any, seconds: float, pitch: float) -> tuple[float, float]:
    """Return the position on the screen of a time in seconds and a pitch."""
    box, found = tab.locator("#canvas").bounding_box(), state(tab)
    x = LEFT + (seconds - float(found["start"])) * float(found["scale"])
    return box["x"] + x, box["y"] + RULER + (float(found["top"]) - pitch) * float(found["tall"])


def drag(tab: Any, start: tuple[float, float], end: tuple[float, float], *, shift: bool = False) -> None:
    """Drag with the mouse; with ``shift``, press the Shift key after the mouse button."""
    tab.mouse.move(*start)
    tab.mouse.down()
    if shift:
        tab.keyboard.down("Shift")
    tab.mouse.move(*end, steps=4)
    tab.mouse.up()
    if shift:
        tab.keyboard.up("Shift")


def chosen(tab: Any) -> str:
    """Return the text on the page that describes the selected note."""
    return str(tab.inner_text("#status"))


def saved(tab: Any, item: str, path: Path) -> Path:
    """Save a file with an item of the Save menu."""
    tab.evaluate("document.getElementById('status').textContent = ''")
    with tab.expect_download() as download:
        if item == "save-session":
            tab.keyboard.press("Control+s")
        else:
            tab.click("#save")
            tab.click(f"#{item}")
    download.value.save_as(path)
    return path


Opener = Callable[..., Any]
