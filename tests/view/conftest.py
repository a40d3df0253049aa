"""Fixtures that open report pages, all in one browser.

The browser is closed after the tests of this package, because other tests cannot use asyncio while playwright runs.
"""

import pytest

from singtrans import formats
from singtrans.formats import Options
from tests.helpers.browser import ARGUMENTS, CHROMIUM, ready


@pytest.fixture(scope="package")
def playwright():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Return a function that opens a page. The page must make no requests and log no messages."""
    contexts, faults, asked = [], [], []

    def open_page(transcription, options=None, size=(1280, 800), name="a", **settings):
        path = tmp_path / f"{name}.report.html"
        if transcription is not None:
            formats.save(transcription, path, options=options or Options())
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, accept_downloads=True, **settings
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.accept()))
        tab.goto(path.as_uri())
        ready(tab)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
