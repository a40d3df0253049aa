"""docs/report.md lists the keys of the report page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_key_of_the_page_is_described():
    keys = (ROOT / "singtrans/formats/page/static/js/keys.js").read_text(encoding="utf-8")
    bound = re.findall(r'^  \["\w+", \[(".*?")\], ', keys, re.MULTILINE)
    names = {name for group in bound for name in re.findall(r'"([^"]+)"', group)}
    described = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs/report.md").read_text(encoding="utf-8")))
    assert len(names) > 40
    assert names <= described
