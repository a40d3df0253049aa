"""The generated tables in the docs are current."""

import runpy
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "make_tables.py"


def test_generated_tables_are_current():
    for path, text in runpy.run_path(str(SCRIPT))["pages"]().items():
        assert path.read_text(encoding="utf-8") == text, f"run python docs/make_tables.py: {path.name} is out of date"
